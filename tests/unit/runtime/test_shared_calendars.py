"""Cases that pin the same calendar hold it once."""

from dataclasses import replace
from datetime import date

from kit.calendar import BusinessCalendar
from workflows.runtime.state import CaseState, dump_state, load_state

STANDARD = BusinessCalendar(
    code="standard",
    version_hash="h1",
    weekly=(((540, 1080),),) * 5 + ((), ()),
    days={date(2026, 10, 1): ()},
)


def test_cases_with_the_same_calendar_share_it() -> None:
    handed_over = dump_state(CaseState(calendar=STANDARD))
    first, second = load_state(handed_over), load_state(handed_over)
    assert first.calendar == STANDARD
    assert first.calendar is second.calendar


def test_other_years_of_the_same_calendar_are_not_mistaken_for_it() -> None:
    longer = replace(STANDARD, days={**STANDARD.days, date(2027, 10, 1): ()})
    first = load_state(dump_state(CaseState(calendar=STANDARD)))
    second = load_state(dump_state(CaseState(calendar=longer)))
    assert (first.calendar, second.calendar) == (STANDARD, longer)
