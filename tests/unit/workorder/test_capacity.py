from datetime import UTC, datetime

import pytest

from kit.errors import FailedPrecondition
from services.workorder.domain.registry.capacity import Workday, day_of, require_room


def test_the_day_goes_from_midnight_to_midnight_in_shanghai() -> None:
    just_before = datetime(2026, 3, 1, 15, 59, 59, tzinfo=UTC)
    midnight = datetime(2026, 3, 1, 16, 0, tzinfo=UTC)
    assert day_of(just_before) == (datetime(2026, 2, 28, 16, tzinfo=UTC), midnight)
    assert day_of(midnight) == (midnight, datetime(2026, 3, 2, 16, tzinfo=UTC))


def test_the_last_place_of_a_day_can_be_taken_once() -> None:
    require_room(Workday("zhang", True, 4, 3), more=1)
    with pytest.raises(FailedPrecondition) as refused:
        require_room(Workday("zhang", True, 4, 4), more=1)
    assert refused.value.reason == "TECHNICIAN_CAPACITY_REACHED"
    assert "4 of 4" in refused.value.message


def test_who_takes_no_work_is_offered_none() -> None:
    with pytest.raises(FailedPrecondition) as refused:
        require_room(Workday("zhang", False, 4, 0), more=1)
    assert (refused.value.reason, refused.value.field) == ("TECHNICIAN_INACTIVE", "technician_id")
