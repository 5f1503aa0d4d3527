from datetime import UTC, datetime, timedelta

import pytest

from kit.errors import FailedPrecondition, InvalidArgument
from services.directory.domain.people import (
    Leaving,
    check_active,
    check_leaving,
    check_person,
    leaving_as_put,
)

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
LEFT = Leaving(NOW - timedelta(days=30), "pe_heir")


def test_a_role_that_does_not_exist_is_named_with_its_place() -> None:
    with pytest.raises(InvalidArgument) as refusal:
        check_person("王芳", ["technician", "wizard"], [])
    assert refusal.value.reason == "PERSON_ROLE_UNKNOWN"
    assert refusal.value.field == "person.roles[1]"


def test_nobody_is_in_a_department_twice() -> None:
    with pytest.raises(InvalidArgument, match="PERSON_DEPARTMENT_REPEATED") as refusal:
        check_person("王芳", [], ["dp_a", "dp_b", "dp_a"])
    assert refusal.value.field == "person.department_ids[2]"


@pytest.mark.parametrize(
    ("left_at", "successor", "reason", "field"),
    [
        (NOW + timedelta(seconds=1), "pe_b", "resigned", "left_at"),
        (NOW, "pe_a", "resigned", "successor_person_id"),
        (NOW, "", " ", "reason"),
        (NOW, "", "x" * 201, "reason"),
    ],
)
def test_a_leaving_that_cannot_be_names_what_is_wrong(
    left_at: datetime, successor: str, reason: str, field: str
) -> None:
    with pytest.raises(InvalidArgument, match="PERSON_LEAVING_INVALID") as refusal:
        check_leaving("pe_a", left_at, successor, reason, NOW)
    assert refusal.value.field == field


def test_whoever_left_is_not_one_who_is_here() -> None:
    check_active("pe_a", None, "proxy")
    with pytest.raises(FailedPrecondition, match="PERSON_LEFT") as refusal:
        check_active("pe_a", LEFT, "proxy")
    assert refusal.value.field == "proxy"


def test_a_person_put_without_a_state_stays_as_they_are() -> None:
    assert leaving_as_put("", None, NOW) is None
    assert leaving_as_put("", LEFT, NOW) == LEFT


def test_a_person_put_as_left_leaves_now_or_has_left_before() -> None:
    assert leaving_as_put("left", None, NOW) == Leaving(NOW, None)
    assert leaving_as_put("left", LEFT, NOW) == LEFT


def test_a_person_put_as_active_is_back_and_has_no_successor() -> None:
    assert leaving_as_put("active", LEFT, NOW) is None
