"""A part request's life: 配件申请 → approval → allocation → transfer → receipt → use or return.

Every transition takes the request so far and gives the next, with the revision raised by one; a
refusal changes nothing. The order of the states is ``_NEXT``, the only place that tells it; where a
verb leads to depends on nothing but the state, except that a request closes by itself when all that
was received is used or returned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from kit.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from services.workorder.domain.stock.stock_ledger import Line, Movement


class State(StrEnum):
    """Where a part request stands."""

    REQUESTED = "requested"  # 待审批
    APPROVED = "approved"  # 待配货
    REJECTED = "rejected"  # 已拒绝
    ALLOCATED = "allocated"  # 已配货
    DISPATCHED = "dispatched"  # 在途
    RECEIVED = "received"  # 已收货
    CLOSED = "closed"  # 已完结
    CANCELLED = "cancelled"  # 已取消


class Verb(StrEnum):
    """What can be done to a part request."""

    APPROVE = "approve"
    REJECT = "reject"
    ALLOCATE = "allocate"
    EXPIRE = "expire"
    DISPATCH = "dispatch"
    RECEIVE = "receive"
    USE = "use"
    RETURN = "return"
    CLOSE = "close"
    CANCEL = "cancel"


_NEXT: Final[dict[Verb, dict[State, State]]] = {
    Verb.APPROVE: {State.REQUESTED: State.APPROVED},
    Verb.REJECT: {State.REQUESTED: State.REJECTED},
    # Again too: from another stockroom, or for longer.
    Verb.ALLOCATE: {State.APPROVED: State.ALLOCATED, State.ALLOCATED: State.ALLOCATED},
    Verb.EXPIRE: {State.ALLOCATED: State.APPROVED},
    Verb.DISPATCH: {State.ALLOCATED: State.DISPATCHED},
    Verb.RECEIVE: {State.DISPATCHED: State.RECEIVED},
    Verb.USE: {State.RECEIVED: State.RECEIVED},
    Verb.RETURN: {State.RECEIVED: State.RECEIVED},
    Verb.CLOSE: {State.RECEIVED: State.CLOSED},
    Verb.CANCEL: {
        State.REQUESTED: State.CANCELLED,
        State.APPROVED: State.CANCELLED,
        State.ALLOCATED: State.CANCELLED,
        State.RECEIVED: State.CLOSED,
    },
}


@dataclass(frozen=True, slots=True)
class RequestLine:
    """An item that was asked for, and what became of it; each quantity is at most the one before.

    Attributes:
        cost_minor: of all that was dispatched.
    """

    item_code: str
    quantity: int
    approved: int
    dispatched: int = 0
    cost_minor: int = 0
    serial_numbers: tuple[str, ...] = ()
    received: int = 0
    used: int = 0
    returned: int = 0

    @property
    def open_quantity(self) -> int:
        """Received, and neither used nor returned."""
        return self.received - self.used - self.returned


@dataclass(frozen=True, slots=True)
class PartRequest:
    """What the transitions decide on.

    Attributes:
        work_order_id: empty: it fills a stockroom up.
        reserved_until: while it is allocated; others may take it from then on.
    """

    part_request_id: str
    state: State
    revision: int
    to_id: str
    lines: tuple[RequestLine, ...]
    requested_by: str
    needs_approval: bool
    work_order_id: str = ""
    from_id: str = ""
    reserved_until: datetime | None = None
    decided_by: str = ""
    discrepancy_note: str = ""

    @property
    def open_lines(self) -> tuple[RequestLine, ...]:
        """What was received and neither used nor returned."""
        return tuple(line for line in self.lines if line.open_quantity)


def unknown(part_request_id: str) -> NotFound:
    """The refusal for a part request that is not there, or that the actor may not know of."""
    return NotFound(
        "PART_REQUEST_UNKNOWN",
        f"there is no part request {part_request_id!r}",
        field="part_request_id",
    )


def beginning(*, needs_approval: bool) -> State:
    """Where a new one stands: what needs no approval waits for stock at once."""
    return State.REQUESTED if needs_approval else State.APPROVED


def is_over(state: State) -> bool:
    """Whether nothing more happens to it."""
    return not possible(state)


def possible(state: State) -> tuple[Verb, ...]:
    """What can be done in a state."""
    return tuple(verb for verb in Verb if state in _NEXT[verb])


def require_possible(request: PartRequest, verb: Verb) -> State:
    """The state that a verb leads to.

    Raises:
        FailedPrecondition: ``PART_REQUEST_STATE_FORBIDS``.
    """
    after = _NEXT[verb].get(request.state)
    if after is None:
        now_possible = ", ".join(possible(request.state)) or "nothing more"
        raise FailedPrecondition(
            "PART_REQUEST_STATE_FORBIDS",
            f"part request {request.part_request_id} is {request.state}, which does not allow"
            f" {verb}; possible now: {now_possible}",
            field="part_request_id",
            details={"state": request.state, "verb": verb},
        )
    return after


def approve(request: PartRequest, person_id: str, quantities: Mapping[str, int]) -> PartRequest:
    """Allow what was asked for, or less of some items; somebody else than who asked does.

    Raises:
        PermissionDenied: ``PART_REQUEST_OWN_APPROVAL``.
        InvalidArgument: ``PART_REQUEST_QUANTITY_INVALID``.
    """
    after = _advance(request, Verb.APPROVE)
    _require_another(request, person_id)
    asked = {line.item_code: line.quantity for line in request.lines}
    for item_code, quantity in quantities.items():
        if not 0 <= quantity <= asked.get(item_code, -1):
            raise _bad_quantity(
                f"of {item_code} 0 to {asked.get(item_code, 0)} can be approved, not {quantity}",
                "approved_quantities",
            )
    lines = tuple(
        replace(line, approved=quantities.get(line.item_code, line.quantity))
        for line in request.lines
    )
    if not any(line.approved for line in lines):
        raise _bad_quantity("approve some of it, or reject the request", "approved_quantities")
    return replace(after, lines=lines, decided_by=person_id)


def reject(request: PartRequest, person_id: str) -> PartRequest:
    """Refuse all of it; who asked cancels instead (``PART_REQUEST_OWN_APPROVAL``)."""
    after = _advance(request, Verb.REJECT)
    _require_another(request, person_id)
    return replace(after, decided_by=person_id)


def allocate(request: PartRequest, from_id: str, until: datetime) -> PartRequest:
    """All of it is held in one stockroom until an instant.

    Raises:
        InvalidArgument: ``PART_REQUEST_SAME_STOCKROOM``.
    """
    after = _advance(request, Verb.ALLOCATE)
    if from_id == request.to_id:
        raise InvalidArgument(
            "PART_REQUEST_SAME_STOCKROOM",
            f"{from_id} is where the parts are to go; reserve them there instead",
            field="from_stockroom_id",
        )
    return replace(after, from_id=from_id, reserved_until=until)


def expire(request: PartRequest) -> PartRequest:
    """What was held is free again; the request waits for stock as before."""
    return replace(_advance(request, Verb.EXPIRE), reserved_until=None)


def dispatch(request: PartRequest, now: datetime) -> PartRequest:
    """What is held goes on its way, before others may take it; see ``with_dispatched``.

    Raises:
        FailedPrecondition: ``PART_REQUEST_RESERVATION_EXPIRED``.
    """
    after = _advance(request, Verb.DISPATCH)
    if request.reserved_until is not None and now >= request.reserved_until:
        raise FailedPrecondition(
            "PART_REQUEST_RESERVATION_EXPIRED",
            f"the parts were held until {request.reserved_until:%Y-%m-%dT%H:%M:%SZ}; allocate them"
            " again",
            field="part_request_id",
        )
    return replace(after, reserved_until=None)


def consignment(request: PartRequest, named: Mapping[str, Line]) -> tuple[Line, ...]:
    """What is dispatched: all that was approved, with the units that were named.

    Raises:
        InvalidArgument: ``PART_REQUEST_QUANTITY_INVALID``.
    """
    approved = {line.item_code: line.approved for line in request.lines if line.approved}
    for item_code, line in named.items():
        if line.quantity != approved.get(item_code, 0):
            raise _bad_quantity(
                f"{approved.get(item_code, 0)} of {item_code} are approved and dispatched together,"
                f" not {line.quantity}",
                "stock_lines",
            )
    return tuple(
        named.get(item_code, Line(item_code, quantity)) for item_code, quantity in approved.items()
    )


def with_dispatched(request: PartRequest, moved: Mapping[str, Movement]) -> PartRequest:
    """Note what went on its way and what it has cost, by item."""
    lines = tuple(
        replace(
            line,
            dispatched=moved[line.item_code].line.quantity,
            serial_numbers=moved[line.item_code].line.serial_numbers,
            cost_minor=moved[line.item_code].cost_minor,
        )
        if line.item_code in moved
        else line
        for line in request.lines
    )
    return replace(request, lines=lines)


def arrivals(request: PartRequest, told: Mapping[str, Line]) -> dict[str, Line]:
    """What arrived of each item: as it was told, or all of it when nothing was.

    Raises:
        InvalidArgument: ``PART_REQUEST_QUANTITY_INVALID``, also for a unit that was not dispatched.
    """
    sent = {line.item_code: line for line in request.lines if line.dispatched}
    if not told:
        return {
            code: Line(code, line.dispatched, line.serial_numbers) for code, line in sent.items()
        }
    for item_code, line in told.items():
        if item_code not in sent or not 0 <= line.quantity <= sent[item_code].dispatched:
            most = sent[item_code].dispatched if item_code in sent else 0
            raise _bad_quantity(
                f"{most} of {item_code} were dispatched; count what is more on its own",
                "stock_lines",
            )
        serials = sent[item_code].serial_numbers
        named = set(line.serial_numbers)
        if not named <= set(serials) or (serials and len(named) != line.quantity):
            raise _bad_quantity(
                f"name the {line.quantity} units of {item_code} that arrived, of {' '.join(serials)}",
                "stock_lines",
            )
    return {code: told.get(code, Line(code, 0)) for code in sent}


def receive(request: PartRequest, arrived: Mapping[str, Line], note: str) -> PartRequest:
    """What arrived is there; a note says what is missing. To fill a stockroom up ends with that.

    Raises:
        InvalidArgument: ``PART_REQUEST_DISCREPANCY_UNEXPLAINED``.
    """
    after = _advance(request, Verb.RECEIVE)
    lines = tuple(
        replace(line, received=arrived[line.item_code].quantity)
        if line.item_code in arrived
        else line
        for line in request.lines
    )
    missing = [line.item_code for line in lines if line.received < line.dispatched]
    if missing and not note:
        raise InvalidArgument(
            "PART_REQUEST_DISCREPANCY_UNEXPLAINED",
            f"{', '.join(missing)} did not arrive whole; say what happened",
            field="discrepancy_note",
        )
    done = replace(after, lines=lines, discrepancy_note=note)
    if request.work_order_id and done.open_lines:
        return done
    return replace(done, state=State.CLOSED)


def use(request: PartRequest, quantities: Mapping[str, int]) -> PartRequest:
    """So many of what was received are used on the work order."""
    return _spend(request, Verb.USE, quantities)


def give_back(request: PartRequest, quantities: Mapping[str, int]) -> PartRequest:
    """So many of what was received go to another stockroom."""
    return _spend(request, Verb.RETURN, quantities)


def close(request: PartRequest) -> PartRequest:
    """What is left of it stays where it is, for anybody."""
    return _advance(request, Verb.CLOSE)


def cancel(request: PartRequest) -> PartRequest:
    """It is not wanted any more; what was held, or received and not used, is free for anybody. What is
    on its way has to arrive first."""
    return replace(_advance(request, Verb.CANCEL), reserved_until=None)


def _spend(request: PartRequest, verb: Verb, quantities: Mapping[str, int]) -> PartRequest:
    after = _advance(request, verb)
    lines = {line.item_code: line for line in request.lines}
    for item_code, quantity in quantities.items():
        left = lines[item_code].open_quantity if item_code in lines else 0
        if not 0 < quantity <= left:
            raise _bad_quantity(
                f"{left} of {item_code} are left of this request, not {quantity}", "stock_lines"
            )
        line = lines[item_code]
        lines[item_code] = (
            replace(line, used=line.used + quantity)
            if verb is Verb.USE
            else replace(line, returned=line.returned + quantity)
        )
    spent = replace(after, lines=tuple(lines.values()))
    return spent if spent.open_lines else replace(spent, state=State.CLOSED)


def _advance(request: PartRequest, verb: Verb) -> PartRequest:
    state = require_possible(request, verb)
    return replace(request, state=state, revision=request.revision + 1)


def _require_another(request: PartRequest, person_id: str) -> None:
    if request.needs_approval and person_id == request.requested_by:
        raise PermissionDenied(
            "PART_REQUEST_OWN_APPROVAL",
            f"{person_id} asked for these parts; somebody else decides, or cancel the request",
            field="part_request_id",
        )


def _bad_quantity(message: str, field: str) -> InvalidArgument:
    return InvalidArgument("PART_REQUEST_QUANTITY_INVALID", message, field=field)
