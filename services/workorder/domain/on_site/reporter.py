"""As whose doing a report counts."""

from __future__ import annotations

from collections.abc import Sequence

from kit.authn import Actor
from kit.errors import FailedPrecondition
from services.workorder.domain import access


def reporter(actor: Actor, holders: Sequence[str], work_order_id: str) -> str:
    """The technician as whose doing a report counts: whoever has, had or shares the work order,
    reporting for themselves; of the dispatchers, who has it now.

    Args:
        actor: who reports.
        holders: who accepted the work order, the last one first, and who shares it.
        work_order_id: of which work order.

    Raises:
        FailedPrecondition: ``ON_SITE_NOBODY_SENT`` when nobody ever accepted it.
        PermissionDenied: ``WORK_ORDER_NOT_YOURS`` or ``ROLE_REQUIRED``.
    """
    if actor.person_id in holders:
        return actor.person_id
    access.require_technician(actor, "", *access.DISPATCH)
    if not holders:
        raise FailedPrecondition(
            "ON_SITE_NOBODY_SENT",
            f"nobody has accepted work order {work_order_id}, so nobody is on site",
            field="work_order_id",
        )
    return holders[0]
