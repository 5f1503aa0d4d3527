"""Settlement cycles: periods tile time, also where the cycle changes."""

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.clock import SHANGHAI
from kit.errors import FailedPrecondition, InvalidArgument
from services.settlement.domain.statements.closing import next_period
from services.settlement.domain.statements.cycle import (
    Cycle,
    CycleKind,
    Scope,
    check_cycle,
    cycle_of,
    period_around,
    period_at,
    periods,
)

LONG_AGO = date(2020, 1, 1)
TODAY = date(2026, 11, 20)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def cycle(kind: CycleKind, from_day: date = LONG_AGO, delay: int = 0, **scope: str) -> Cycle:
    delay = delay or (1 if kind is CycleKind.T_PLUS else 0)
    return Cycle(Scope(**scope), kind, delay, from_day, 1)


kinds = st.sampled_from(CycleKind)
days = st.dates(date(2024, 1, 1), date(2029, 12, 31))


@st.composite
def versions(draw: st.DrawFn) -> list[Cycle]:
    starts = sorted(draw(st.sets(days, min_size=1, max_size=6)))
    return [
        cycle(kind, day, draw(st.integers(1, 9)) if kind is CycleKind.T_PLUS else 0)
        for day, kind in zip(starts, (draw(kinds) for _ in starts), strict=True)
    ]


@given(versions(), days)
def test_periods_tile_time_without_gap_or_overlap_whatever_changes(
    held: list[Cycle], day: date
) -> None:
    start = period_around(held, datetime(day.year, day.month, day.day, 15, tzinfo=SHANGHAI)).start
    made = list(periods(held, start, start + timedelta(days=400)))
    assert made
    assert made[0].start == start
    for before, after in pairwise(made):
        assert before.end == after.start
    for each in made:
        assert each.start < each.end <= each.closes_at
        assert each.end - each.start <= timedelta(days=31)
        assert (each.end.hour, each.end.minute) == (0, 0)


@given(versions(), days)
def test_the_period_around_an_instant_holds_it(held: list[Cycle], day: date) -> None:
    instant = datetime(day.year, day.month, day.day, 23, 59, tzinfo=SHANGHAI)
    period = period_around(held, instant)
    assert period.start <= instant < period.end


@pytest.mark.parametrize(
    ("kind", "instant", "start", "end"),
    [
        (CycleKind.WEEKLY, "2026-11-22 10:00", "2026-11-16", "2026-11-23"),
        (CycleKind.HALF_MONTH, "2026-11-15 23:59", "2026-11-01", "2026-11-16"),
        (CycleKind.HALF_MONTH, "2026-12-16 00:00", "2026-12-16", "2027-01-01"),
        (CycleKind.MONTHLY, "2028-02-29 12:00", "2028-02-01", "2028-03-01"),
        (CycleKind.T_PLUS, "2026-11-20 08:00", "2026-11-20", "2026-11-21"),
    ],
)
def test_each_kind_has_its_period(kind: CycleKind, instant: str, start: str, end: str) -> None:
    period = period_around([cycle(kind)], at(instant))
    assert (period.start, period.end) == (at(start), at(end))


def test_t_plus_three_closes_a_day_three_days_after_it() -> None:
    period = period_at([cycle(CycleKind.T_PLUS, delay=3)], at("2026-11-20"))
    assert period.end == at("2026-11-21")
    assert period.closes_at == at("2026-11-23")


def test_a_change_cuts_the_period_that_runs() -> None:
    held = [cycle(CycleKind.MONTHLY), cycle(CycleKind.WEEKLY, date(2026, 11, 20))]
    made = list(periods(held, at("2026-11-01"), at("2026-12-01")))
    assert [each.end for each in made] == [at("2026-11-20"), at("2026-11-23"), at("2026-11-30")]


def test_an_outlet_beats_a_region_and_a_district_its_city() -> None:
    known = [
        cycle(CycleKind.MONTHLY),
        cycle(CycleKind.WEEKLY, region_adcode="510100"),
        cycle(CycleKind.HALF_MONTH, region_adcode="510104"),
        cycle(CycleKind.T_PLUS, outlet_id="ou_1"),
    ]

    def of(outlet: str, region: str) -> CycleKind:
        return cycle_of(known, outlet, region)[0].kind

    assert of("ou_1", "510104") is CycleKind.T_PLUS
    assert of("ou_2", "510104") is CycleKind.HALF_MONTH
    assert of("ou_2", "510107") is CycleKind.WEEKLY
    assert of("ou_2", "110101") is CycleKind.MONTHLY
    assert cycle_of(known[1:], "ou_2", "110101") == []


def test_a_period_follows_the_last_one_else_it_is_the_one_of_the_first_credit() -> None:
    known = [cycle(CycleKind.MONTHLY)]
    assert next_period(known, "", "", None, None) is None
    first = next_period(known, "", "", None, at("2026-11-20"))
    assert first is not None
    assert first.start == at("2026-11-01")
    after = next_period(known, "", "", at("2026-11-16"), None)
    assert after is not None
    assert (after.start, after.end) == (at("2026-11-16"), at("2026-12-01"))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (Cycle(Scope("510104", "ou_1"), CycleKind.WEEKLY, 0, date(2027, 1, 1)), "region_adcode"),
        (Cycle(Scope("51"), CycleKind.WEEKLY, 0, date(2027, 1, 1)), "region_adcode"),
        (Cycle(Scope(), CycleKind.T_PLUS, 0, date(2027, 1, 1)), "delay_days"),
        (Cycle(Scope(), CycleKind.MONTHLY, 2, date(2027, 1, 1)), "delay_days"),
    ],
)
def test_a_cycle_that_means_nothing_names_its_field(wrong: Cycle, field: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        check_cycle(wrong, TODAY)
    assert refused.value.field == field


def test_a_cycle_never_changes_what_has_begun() -> None:
    with pytest.raises(FailedPrecondition):
        check_cycle(cycle(CycleKind.WEEKLY, TODAY), TODAY)
    check_cycle(cycle(CycleKind.WEEKLY, TODAY + timedelta(days=1)), TODAY)
