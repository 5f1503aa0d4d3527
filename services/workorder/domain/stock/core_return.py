"""旧件返还: old parts that are owed for new ones, until they came back or were waived."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from kit.errors import FailedPrecondition, InvalidArgument, NotFound


class State(StrEnum):
    """Where the return of an old part stands."""

    OWED = "owed"  # 待返还
    RECEIVED = "received"  # 已返还
    WAIVED = "waived"  # 已免还
    VOID = "void"  # 已失效


@dataclass(frozen=True, slots=True)
class CoreReturn:
    """What somebody owes us."""

    core_return_id: str
    state: State
    quantity: int
    received: int

    @property
    def left(self) -> int:
        """What has not come back."""
        return self.quantity - self.received


def unknown(core_return_id: str) -> NotFound:
    """The refusal for one that is not there, or that the actor may not know of."""
    return NotFound(
        "CORE_RETURN_UNKNOWN",
        f"there is no core return {core_return_id!r}",
        field="core_return_id",
    )


def receive(core: CoreReturn, quantity: int) -> CoreReturn:
    """So many came back, 0 for all that are owed; the last one closes it.

    Raises:
        FailedPrecondition: ``CORE_RETURN_STATE_FORBIDS``.
        InvalidArgument: ``CORE_RETURN_QUANTITY_INVALID``.
    """
    _require_owed(core)
    quantity = quantity or core.left
    if not 0 < quantity <= core.left:
        raise InvalidArgument(
            "CORE_RETURN_QUANTITY_INVALID",
            f"{core.left} are owed, not {quantity}",
            field="quantity",
        )
    received = core.received + quantity
    state = State.RECEIVED if received == core.quantity else State.OWED
    return replace(core, received=received, state=state)


def waive(core: CoreReturn) -> CoreReturn:
    """What is still owed will not come (``CORE_RETURN_STATE_FORBIDS``)."""
    _require_owed(core)
    return replace(core, state=State.WAIVED)


def undo(core: CoreReturn) -> CoreReturn:
    """The new part was not used after all: nothing is owed, unless old parts came back already.

    Raises:
        FailedPrecondition: ``CORE_RETURN_STATE_FORBIDS``.
    """
    if core.received:
        raise _forbids(core, "old parts came back for it")
    return replace(core, state=State.VOID) if core.state is State.OWED else core


def is_overdue(state: State, due_at: datetime, now: datetime) -> bool:
    """Whether it is owed and due."""
    return state is State.OWED and due_at <= now


def _require_owed(core: CoreReturn) -> None:
    if core.state is not State.OWED:
        raise _forbids(core, "nothing is owed any more")


def _forbids(core: CoreReturn, why: str) -> FailedPrecondition:
    return FailedPrecondition(
        "CORE_RETURN_STATE_FORBIDS",
        f"core return {core.core_return_id} is {core.state}: {why}",
        field="core_return_id",
    )
