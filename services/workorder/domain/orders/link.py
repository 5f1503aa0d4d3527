"""Work orders that follow from others: second visits, reworks, parts of larger ones."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from kit.errors import FailedPrecondition, InvalidArgument
from services.workorder.domain.orders.work_order import Progress, State


class BlamedParty(StrEnum):
    """Whose doing it is that somebody has to come again."""

    CUSTOMER = "customer"
    TECHNICIAN = "technician"
    OUTLET = "outlet"
    COMPANY = "company"
    NOBODY = "nobody"


class LinkKind(StrEnum):
    """Why a work order follows from another."""

    SECOND_VISIT = "second_visit"  # 二次上门
    REWORK = "rework"  # 返工
    PART_OF = "part_of"  # 子工单


_DONE: Final = (State.COMPLETED, State.ACCEPTED_BY_CUSTOMER)
#: In which states of the parent each may follow.
_FOLLOWS: Final[dict[LinkKind, tuple[State, ...]]] = {
    LinkKind.SECOND_VISIT: (State.IN_PROGRESS, *_DONE),
    LinkKind.REWORK: _DONE,
    LinkKind.PART_OF: tuple(state for state in State if state not in (*_DONE, State.CANCELLED)),
}


def require_link(kind: LinkKind | None, parent: Progress, blamed: BlamedParty | None) -> LinkKind:
    """A work order may follow from its parent in this way.

    Raises:
        InvalidArgument: ``WORK_ORDER_LINK_INVALID``, naming the field.
        FailedPrecondition: ``WORK_ORDER_LINK_FORBIDDEN`` in this state of the parent.
    """
    if kind is None:
        raise InvalidArgument(
            "WORK_ORDER_LINK_INVALID",
            "say how it follows from its parent: second visit, rework or part of it",
            field="link_kind",
        )
    if kind is not LinkKind.PART_OF and blamed is None:
        raise InvalidArgument(
            "WORK_ORDER_LINK_INVALID",
            "say whose doing it is that somebody has to come again; nobody's is an answer, too",
            field="blamed_party",
        )
    if parent.state not in _FOLLOWS[kind]:
        raise FailedPrecondition(
            "WORK_ORDER_LINK_FORBIDDEN",
            f"work order {parent.work_order_id} is {parent.state}; a {kind.replace('_', ' ')}"
            f" follows from one that is {' or '.join(_FOLLOWS[kind])}",
            field="parent_work_order_id",
        )
    return kind
