"""When two customers may be made one, and until when that can be undone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from kit.errors import FailedPrecondition, InvalidArgument

#: Long enough to notice a mistake.
UNDO_WITHIN: Final = timedelta(days=30)
_LONGEST_REASON: Final = 200


def check_reason(reason: str) -> str:
    """Why something is done about a customer, without spaces around.

    Raises:
        InvalidArgument: ``CUSTOMER_REASON_INVALID``.
    """
    stripped = reason.strip()
    if not 0 < len(stripped) <= _LONGEST_REASON:
        raise InvalidArgument(
            "CUSTOMER_REASON_INVALID",
            f"say why, in 1 to {_LONGEST_REASON} characters; it stands in the audit",
            field="reason",
        )
    return stripped


def check_two(first_customer_id: str, second_customer_id: str, field: str) -> None:
    """Refuse to speak of one customer as of two.

    Raises:
        InvalidArgument: ``CUSTOMER_MERGE_INVALID``.
    """
    if first_customer_id == second_customer_id:
        raise InvalidArgument(
            "CUSTOMER_MERGE_INVALID",
            f"{first_customer_id!r} is the same already; name two customers",
            field=field,
        )


def check_types(survivor_type: str, merged_type: str) -> None:
    """Refuse to make a shop and a person one.

    Raises:
        FailedPrecondition: ``CUSTOMER_TYPES_DIFFER``.
    """
    if survivor_type != merged_type:
        raise FailedPrecondition(
            "CUSTOMER_TYPES_DIFFER",
            f"one is a {survivor_type}, the other a {merged_type}: make them of one type first,"
            " or link them by a parent company or a contact",
            field="merged_customer_id",
        )


def undo_until(merged_at: datetime) -> datetime:
    """Until when a merge can be undone."""
    return merged_at + UNDO_WITHIN


def check_undo(merged_at: datetime, undone_at: datetime | None, now: datetime) -> None:
    """Refuse to undo a merge twice or too late.

    Raises:
        FailedPrecondition: ``CUSTOMER_MERGE_UNDONE``, ``CUSTOMER_MERGE_SETTLED``.
    """
    if undone_at is not None:
        raise FailedPrecondition(
            "CUSTOMER_MERGE_UNDONE", "this merge was undone already", field="merge_id"
        )
    if now > undo_until(merged_at):
        raise FailedPrecondition(
            "CUSTOMER_MERGE_SETTLED",
            f"a merge can be undone for {UNDO_WITHIN.days} days; register the other customer anew",
            field="merge_id",
        )
