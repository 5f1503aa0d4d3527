from datetime import UTC, datetime, timedelta

import pytest

from kit.errors import FailedPrecondition, InvalidArgument, PermissionDenied
from services.directory.domain.merging import check_reason, check_types, check_undo
from services.directory.domain.shredding import check_shredding, inactive_years

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def test_a_merge_is_undone_within_thirty_days_and_once() -> None:
    check_undo(NOW - timedelta(days=30), None, NOW)
    with pytest.raises(FailedPrecondition, match="CUSTOMER_MERGE_SETTLED"):
        check_undo(NOW - timedelta(days=30, seconds=1), None, NOW)
    with pytest.raises(FailedPrecondition, match="CUSTOMER_MERGE_UNDONE"):
        check_undo(NOW, NOW, NOW)


def test_a_person_and_a_shop_are_never_the_same() -> None:
    check_types("shop", "shop")
    with pytest.raises(FailedPrecondition, match="CUSTOMER_TYPES_DIFFER"):
        check_types("shop", "person")


@pytest.mark.parametrize("reason", ["", "  ", "长" * 201])
def test_without_a_reason_nothing_is_done(reason: str) -> None:
    with pytest.raises(InvalidArgument, match="CUSTOMER_REASON_INVALID"):
        check_reason(reason)


def test_shredding_takes_two_people_and_waits_for_what_is_under_way() -> None:
    check_shredding("pe_1", "pe_2", [], despite=False)
    check_shredding("pe_1", "pe_2", ["wo_1"], despite=True)
    with pytest.raises(PermissionDenied, match="SHREDDING_NEEDS_ANOTHER"):
        check_shredding("pe_1", "pe_1", [], despite=True)
    with pytest.raises(FailedPrecondition, match="CUSTOMER_WORK_OPEN") as refusal:
        check_shredding("pe_1", "pe_2", ["wo_2", "wo_1"], despite=False)
    assert "wo_1, wo_2" in refusal.value.message


def test_a_customer_is_inactive_after_three_years_unless_it_is_said_otherwise() -> None:
    assert (inactive_years(0), inactive_years(7)) == (3, 7)
    with pytest.raises(InvalidArgument, match="INACTIVE_YEARS_INVALID"):
        inactive_years(31)
