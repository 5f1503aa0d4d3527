"""Whose calendar counts, on which day, and what each slot takes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.errors import InvalidArgument
from services.workorder.domain.appointments.slot_calendar import require_templates
from services.workorder.domain.appointments.slots import (
    Asked,
    Calendar,
    ClosedBecause,
    Override,
    OverrideKind,
    Slot,
    Template,
    Timetable,
    at,
    day_of,
    kinds_of,
)
from tests.unit.workorder.patience import PATIENT

#: A Monday.
MONDAY = date(2026, 3, 2)
MORNING = Template(1, 9 * 60, 11 * 60, 4)
NOON = Template(1, 11 * 60, 13 * 60, 2)
CHAOYANG = Asked(("BJ-RING5", "110105", "110100", "110000", "CN"), ("any",))


def calendar(
    territory_code: str = "110105", *templates: Template, kind: str = "any", since: date = MONDAY
) -> Calendar:
    return Calendar(territory_code, kind, since, templates or (MORNING, NOON), 30, 120, 30)


def timetable(*calendars: Calendar, said: Sequence[Override] = ()) -> Timetable:
    versions: dict[tuple[str, str], list[Calendar]] = {}
    for each in calendars:
        versions.setdefault((each.territory_code, each.service_kind), []).append(each)
    return Timetable(versions, said)


def override(territory_code: str, kind: OverrideKind, extra: int = 0, **fields: object) -> Override:
    said = Override(territory_code, "", MONDAY, None, kind, extra, 1)
    return replace(said, **fields)  # type: ignore[arg-type]  # the fields of an override


def of_monday(table: Timetable, asked: Asked = CHAOYANG) -> list[Slot]:
    return list(table.slots_on(asked, MONDAY))


def test_a_slot_begins_and_ends_by_the_clocks_of_shanghai() -> None:
    first, second = of_monday(timetable(calendar()))
    assert first.key.start == datetime(2026, 3, 2, 1, tzinfo=UTC)
    assert first.end == second.key.start == datetime(2026, 3, 2, 3, tzinfo=UTC)
    assert (first.capacity, second.capacity) == (4, 2)


def test_a_slot_may_last_until_midnight() -> None:
    evening = Template(1, 22 * 60, 24 * 60, 1)
    (slot,) = of_monday(timetable(calendar("110105", evening)))
    assert slot.end == datetime(2026, 3, 2, 16, tzinfo=UTC)
    assert day_of(slot.key.start) == MONDAY


@pytest.mark.parametrize(
    ("territories", "wins"),
    [
        (("CN", "110000", "110105", "BJ-RING5"), "BJ-RING5"),
        (("CN", "110000", "110105"), "110105"),
        (("CN", "110000"), "110000"),
        (("CN", "310000"), "CN"),
    ],
)
def test_the_most_specific_territory_with_a_calendar_wins(
    territories: tuple[str, ...], wins: str
) -> None:
    slots = of_monday(timetable(*map(calendar, territories)))
    assert {slot.key.territory_code for slot in slots} == {wins}


def test_where_nobody_has_a_calendar_there_are_no_slots() -> None:
    assert of_monday(timetable(calendar("310000"))) == []


def test_the_works_own_kind_goes_before_any_but_a_nearer_territory_before_both() -> None:
    asked = replace(CHAOYANG, service_kinds=kinds_of("", ["aircon_install", "work_at_height"]))
    city = calendar("110000", kind="aircon_install")
    table = timetable(city, calendar("110000"))
    assert {slot.key.service_kind for slot in of_monday(table, asked)} == {"aircon_install"}
    nearer = timetable(city, calendar("110105"))
    assert {slot.key.territory_code for slot in of_monday(nearer, asked)} == {"110105"}


def test_a_new_version_counts_from_its_day_on_and_the_one_said_later_of_the_same_day() -> None:
    old = calendar("110105", MORNING)
    new = calendar("110105", NOON, since=MONDAY + timedelta(days=7))
    corrected = calendar("110105", replace(NOON, capacity=9), since=new.effective_from)
    table = timetable(old, new, corrected)
    assert [slot.capacity for slot in of_monday(table)] == [4]
    later = list(table.slots_on(CHAOYANG, new.effective_from))
    assert [slot.capacity for slot in later] == [9]


def test_a_version_without_slots_leaves_the_territory_to_the_wider_one() -> None:
    empty = replace(calendar("110105"), templates=())
    slots = of_monday(timetable(calendar("110000", NOON), calendar("110105"), empty))
    assert [slot.key.territory_code for slot in slots] == ["110000"]


def test_a_holiday_of_the_country_closes_every_calendar() -> None:
    table = timetable(calendar(), said=[override("CN", OverrideKind.CLOSED)])
    assert all(slot.closed for slot in of_monday(table))


def test_a_district_may_be_open_on_the_countrys_holiday_with_fewer_hands() -> None:
    said = [
        override("CN", OverrideKind.CLOSED),
        override("110105", OverrideKind.OPEN, -3, number=2),
    ]
    slots = of_monday(timetable(calendar(), said=said))
    assert [(slot.closed, slot.capacity) for slot in slots] == [(False, 1), (False, 0)]


def test_what_was_withdrawn_leaves_the_wider_territorys_word() -> None:
    said = [
        override("CN", OverrideKind.CLOSED),
        override("110105", OverrideKind.OPEN, number=2),
        override("110105", OverrideKind.WITHDRAWN, number=3),
    ]
    assert all(slot.closed for slot in of_monday(timetable(calendar(), said=said)))


def test_what_is_said_of_a_slot_goes_before_what_is_said_of_its_day() -> None:
    said = [
        override("110105", OverrideKind.OPEN, 5, start_minute=9 * 60),
        override("110105", OverrideKind.CLOSED, number=2),
    ]
    slots = of_monday(timetable(calendar(), said=said))
    assert [(slot.closed, slot.capacity) for slot in slots] == [(False, 9), (True, 0)]


def test_only_a_calendars_own_territory_adds_to_it() -> None:
    said = [override("110000", OverrideKind.OPEN, 5), override("BJ-RING5", OverrideKind.OPEN, 7)]
    assert [slot.capacity for slot in of_monday(timetable(calendar(), said=said))] == [4, 2]


def test_a_slot_says_why_it_cannot_be_reserved() -> None:
    table = timetable(calendar())
    slot = of_monday(table)[0]
    start = slot.key.start
    in_time = start - timedelta(minutes=120)
    assert slot.closed_because(3, in_time) is None
    assert slot.closed_because(3, in_time + timedelta(seconds=1)) is ClosedBecause.TOO_LATE
    assert slot.closed_because(4, in_time) is ClosedBecause.FULL
    assert slot.closed_because(5, in_time) is ClosedBecause.FULL
    opens = at(MONDAY - timedelta(days=30), 0)
    assert slot.closed_because(0, opens) is None
    assert slot.closed_because(0, opens - timedelta(seconds=1)) is ClosedBecause.TOO_EARLY
    assert replace(slot, closed=True).closed_because(0, in_time) is ClosedBecause.CLOSED


def test_slots_of_a_span_are_those_that_begin_in_it() -> None:
    table = timetable(calendar())
    begin = at(MONDAY, 9 * 60)
    week = list(table.slots(CHAOYANG, begin, begin + timedelta(days=7)))
    assert len(week) == 2
    assert len(list(table.slots(CHAOYANG, begin, begin + timedelta(days=7, minutes=1)))) == 3
    assert [slot.key.start for slot in week] == [at(MONDAY, 9 * 60), at(MONDAY, 11 * 60)]


def test_a_slot_that_no_calendar_has_any_more_takes_nothing() -> None:
    slot = of_monday(timetable(calendar()))[0]
    assert timetable(calendar()).capacity_of(slot.key) == 4
    assert timetable(calendar("110105", NOON)).capacity_of(slot.key) == 0
    assert timetable().capacity_of(slot.key) == 0


minutes = st.integers(0, 24 * 60)
templates = st.builds(Template, st.integers(1, 7), minutes, minutes, st.integers(0, 50))


@settings(PATIENT)
@given(st.lists(templates, max_size=12))
def test_whatever_calendar_is_taken_its_slots_never_overlap(drawn: list[Template]) -> None:
    try:
        require_templates(drawn)
    except InvalidArgument:
        return
    table = timetable(calendar("110105", *drawn)) if drawn else timetable()
    begin = at(MONDAY, 0)
    found = list(table.slots(CHAOYANG, begin, begin + timedelta(days=7)))
    assert len(found) == len(drawn)
    for one, following in pairwise(found):
        assert one.end <= following.key.start
