"""Waiting is charged to whoever blocked (X11), by the started hour."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import InvalidArgument
from kit.money import Money
from services.settlement.domain.adjustments.penalty import (
    BLOCKERS,
    Interval,
    PenaltyTerms,
    blocked_by,
    check_intervals,
    penalties,
)
from services.settlement.domain.adjustments.wording import penalty_words

EIGHT = datetime(2026, 3, 2, 0, tzinfo=UTC)
TERMS = PenaltyTerms(30, Money("CNY", 20_00), Money("CNY", 100_00))


def blocked(party: str, begin: int, end: int, party_id: str = "x") -> Interval:
    """An interval in minutes after eight."""
    return Interval(
        party,
        party_id,
        EIGHT + timedelta(minutes=begin),
        EIGHT + timedelta(minutes=end),
        reference="pause-1",
    )


@pytest.mark.parametrize(
    ("minutes", "hours", "amount"),
    [(30, 0, 0), (31, 1, 20_00), (90, 1, 20_00), (91, 2, 40_00), (1000, 17, 100_00)],
)
def test_started_hours_beyond_the_free_time_cost_up_to_the_cap(
    minutes: int, hours: int, amount: int
) -> None:
    found = penalties([blocked("warehouse", 0, minutes)], TERMS)
    assert [(p.hours, p.amount.amount_minor) for p in found] == ([(hours, amount)] if hours else [])


def test_waiting_for_parts_is_the_warehouses_and_never_the_technicians() -> None:
    found = penalties(
        [blocked("warehouse", 0, 180), blocked("technician", 0, 180), blocked("outlet", 60, 120)],
        TERMS,
    )
    assert [(p.party_kind, p.hours) for p in found] == [("warehouse", 3)]


def test_a_technicians_own_delay_counts_where_nobody_else_blocked() -> None:
    found = penalties([blocked("customer", 60, 120), blocked("technician", 0, 240)], TERMS)
    assert {p.party_kind: p.waited for p in found} == {
        "customer": timedelta(minutes=60),
        "technician": timedelta(minutes=180),
    }


def test_the_same_minute_written_down_twice_counts_once() -> None:
    (found,) = penalties([blocked("designer", 0, 90), blocked("designer", 30, 120)], TERMS)
    assert found.waited == timedelta(minutes=120)
    assert penalty_words(found, TERMS) == (
        "阻塞 2 小时 0 分，免 30 分钟，计 2 小时 × ¥20.00（封顶 ¥100.00） → ¥40.00"
    )


@given(
    st.lists(
        st.tuples(st.sampled_from(BLOCKERS), st.integers(0, 600), st.integers(1, 300)),
        min_size=1,
        max_size=10,
    )
)
def test_each_party_is_charged_its_own_minutes_and_who_waits_never_those_of_others(
    given_intervals: list[tuple[str, int, int]],
) -> None:
    intervals = [blocked(party, begin, begin + length) for party, begin, length in given_intervals]

    def minutes(parties: tuple[str, ...]) -> set[int]:
        return {
            minute
            for party, begin, length in given_intervals
            if party in parties
            for minute in range(begin, begin + length)
        }

    upstream = minutes(("warehouse", "customer", "designer"))
    for (party, _), spans in blocked_by(intervals).items():
        own = minutes((party,))
        expected = own - upstream if party in ("technician", "outlet") else own
        waited = sum((end - begin for begin, end in spans), timedelta(0))
        assert waited == timedelta(minutes=len(expected))


@pytest.mark.parametrize(
    ("intervals", "field"),
    [
        ([], "intervals"),
        ([blocked("platform", 0, 1)], "intervals[0].party_kind"),
        ([blocked("customer", 0, 1), blocked("customer", 2, 2)], "intervals[1].blocked_to"),
        ([Interval("customer", "x", EIGHT, EIGHT + timedelta(1))], "intervals[0].reference"),
    ],
)
def test_what_charges_nobody_or_proves_nothing_is_refused(
    intervals: list[Interval], field: str
) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        check_intervals(intervals)
    assert (refusal.value.reason, refusal.value.field) == ("SETTLEMENT_INTERVAL_INVALID", field)
