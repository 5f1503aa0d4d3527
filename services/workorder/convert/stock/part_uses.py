"""Uses of parts and old parts on the wire."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from kit.money import Money
from kit.rpc.convert import instant_to_proto, money_to_proto
from protos.workorder.v1 import part_pb2 as pb
from services.workorder.domain.stock.core_return import State, is_overdue
from services.workorder.domain.stock.stock_ledger import Line
from services.workorder.tables.parts import CoreReturnRow, PartUseLineRow, PartUseRow

CORE_STATES: Final = {
    state: pb.CoreReturnState.Value(f"CORE_RETURN_STATE_{state.name}") for state in State
}


def lines_from_proto(messages: Sequence[pb.UsedPart]) -> tuple[Line, ...]:
    """What was used, line by line."""
    return tuple(
        Line(each.item_code, each.quantity, tuple(each.serial_numbers)) for each in messages
    )


def to_proto(row: PartUseRow, *, costs: bool) -> pb.PartUse:
    """A use as it stands."""
    return pb.PartUse(
        part_use_id=row.part_use_id,
        work_order_id=row.work_order_id,
        technician_id=row.technician_id,
        stockroom_id=row.stockroom_id,
        part_use_lines=[_line_to_proto(line, costs=costs) for line in row.lines],
        used_at=instant_to_proto(row.used_at),
        recorded_at=instant_to_proto(row.recorded_at),
        recorded_by_person_id=row.recorded_by_person_id,
        reversed_at=instant_to_proto(row.reversed_at),
        reversed_by_person_id=row.reversed_by_person_id or "",
        reverse_reason=row.reverse_reason,
    )


def _line_to_proto(line: PartUseLineRow, *, costs: bool) -> pb.PartUseLine:
    moved = line.movement
    return pb.PartUseLine(
        line_number=line.line_number,
        item_code=moved.item_code,
        quantity=moved.quantity,
        serial_numbers=moved.serial_numbers,
        in_warranty=line.in_warranty,
        movement_id=moved.movement_id,
        cost=money_to_proto(Money(moved.currency, moved.cost_minor)) if costs else None,
        core_return_id=line.core_return.core_return_id if line.core_return else "",
    )


def cost_line_to_proto(
    item_code: str, in_warranty: bool, currency: str, quantity: int, cost_minor: int
) -> pb.PartsCostLine:
    """What so many of an item have cost."""
    return pb.PartsCostLine(
        item_code=item_code,
        quantity=int(quantity),
        in_warranty=in_warranty,
        cost=money_to_proto(Money(currency, int(cost_minor))),
    )


def core_to_proto(row: CoreReturnRow, now: datetime) -> pb.CoreReturn:
    """Old parts that are or were owed."""
    state = State(row.state)
    return pb.CoreReturn(
        core_return_id=row.core_return_id,
        state=CORE_STATES[state],
        part_use_id=row.part_use_id,
        work_order_id=row.work_order_id,
        item_code=row.item_code,
        owed_by_person_id=row.owed_by_person_id,
        quantity=row.quantity,
        received_quantity=row.received_quantity,
        serial_numbers=row.serial_numbers,
        due_at=instant_to_proto(row.due_at),
        overdue=is_overdue(state, row.due_at, now),
        note=row.note,
        closed_at=instant_to_proto(row.closed_at),
        closed_by_person_id=row.closed_by_person_id or "",
    )
