"""Why what was planned cannot be kept; and which regions lie in which."""

from datetime import UTC, datetime, timedelta

import pytest

from services.workorder.domain.orders.work_order import State
from services.workorder.domain.planning.accepting import Planned
from services.workorder.domain.planning.affected import Affected, affected
from services.workorder.domain.planning.regions import lies_within
from services.workorder.domain.registry.working_hours import Absence, Stretch

#: Nine on a Monday in Shanghai.
NINE = datetime(2026, 11, 23, 1, tzinfo=UTC)
VISIT = Planned("pe_1", NINE, NINE + timedelta(hours=1))
MONDAY = [Stretch(1, 8 * 60, 18 * 60)]


def why(
    hours: list[Stretch] | None = MONDAY,
    *absences: Absence,
    now: datetime = NINE,
    state: State = State.CREATED,
) -> Affected | None:
    return affected(VISIT, state, hours, absences, now)


def test_each_reason_is_told() -> None:
    assert why() is None
    assert why(None) is Affected.TECHNICIAN_INACTIVE
    assert why(MONDAY, Absence(NINE + timedelta(minutes=59), None)) is Affected.ABSENT
    assert why([Stretch(1, 10 * 60, 18 * 60)]) is Affected.OFF_DUTY
    assert why(now=NINE + timedelta(minutes=31)) is Affected.NOT_STARTED


def test_whoever_keeps_no_hours_is_there_and_half_an_hour_is_waited() -> None:
    assert why([]) is None
    assert why(now=NINE + timedelta(minutes=30)) is None
    before = Absence(NINE - timedelta(hours=2), NINE)
    after = Absence(NINE + timedelta(hours=1), None)
    assert why(MONDAY, before, after) is None


@pytest.mark.parametrize("state", [State.IN_PROGRESS, State.COMPLETED, State.CANCELLED])
def test_what_has_begun_or_is_over_is_not_affected_any_more(state: State) -> None:
    assert why(None, now=NINE + timedelta(days=1), state=state) is None


def test_a_district_whose_code_ends_in_nought_is_not_its_neighbours() -> None:
    assert lies_within("500112", ["500000"])
    assert lies_within("500112", ["500100"])
    assert lies_within("500110", ["500110"])
    assert not lies_within("500112", ["500110"])
    assert not lies_within("510100", ["500000"])
    assert not lies_within("", ["500000"])
