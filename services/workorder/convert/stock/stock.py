"""Stockrooms, items, levels, movements and reservations on the wire."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeVar

from kit.money import Money
from kit.rpc.convert import instant_to_proto, money_from_proto, money_to_proto
from protos.common.v1 import money_pb2
from protos.workorder.v1 import stock_pb2 as pb
from services.workorder.domain.stock import stock_intake
from services.workorder.domain.stock.reorder import suggested_quantity
from services.workorder.domain.stock.reservation import Outcome
from services.workorder.domain.stock.stock_intake import invalid
from services.workorder.domain.stock.stock_ledger import Key, Level, Line, MovementKind
from services.workorder.domain.stock.stockroom import StockroomKind
from services.workorder.tables.stock import (
    ReorderPointRow,
    StockFindingRow,
    StockItemRow,
    StockLevelRow,
    StockMovementRow,
    StockReservationRow,
    StockroomRow,
    StockUnitRow,
)

E = TypeVar("E", bound=StrEnum)

ROOM_KINDS: Final = {
    kind: pb.StockroomKind.Value(f"STOCKROOM_KIND_{kind.name}") for kind in StockroomKind
}
MOVEMENT_KINDS: Final = {
    kind: pb.StockMovementKind.Value(f"STOCK_MOVEMENT_KIND_{kind.name}") for kind in MovementKind
}
_OUTCOMES: Final = {
    outcome: pb.StockReservationState.Value(f"STOCK_RESERVATION_STATE_{outcome.name}")
    for outcome in Outcome
}


def chosen(numbers: Mapping[E, int], number: int, field: str) -> E | None:
    """What a number of an enum stands for; None when none was given (``STOCK_INVALID``)."""
    for member, known in numbers.items():
        if known == number:
            return member
    if number == 0:
        return None
    raise invalid(f"{field} has no value {number}", field)


def room_row(message: pb.Stockroom, room_id: str, now: datetime, person_id: str) -> StockroomRow:
    """The row of a stockroom as it was put (``STOCK_INVALID``)."""
    kind = chosen(ROOM_KINDS, message.kind, "stockroom.kind")
    if kind is None:
        raise invalid("say what kind of stockroom it is", "stockroom.kind")
    return StockroomRow(
        stockroom_id=room_id,
        stockroom_kind=kind,
        name=message.name.strip(),
        outlet_id=message.outlet_id,
        technician_id=message.technician_id,
        destination_id=None,
        place_codes=sorted(set(message.place_codes)),
        currency=message.currency or "CNY",
        four_eyes_above_minor=message.four_eyes_above_minor,
        active=message.active,
        put_at=now,
        put_by_person_id=person_id,
    )


def room_to_proto(row: StockroomRow) -> pb.Stockroom:
    """A stockroom as it stands."""
    return pb.Stockroom(
        stockroom_id=row.stockroom_id,
        kind=ROOM_KINDS[StockroomKind(row.stockroom_kind)],
        name=row.name,
        outlet_id=row.outlet_id,
        technician_id=row.technician_id,
        place_codes=row.place_codes,
        currency=row.currency,
        four_eyes_above_minor=row.four_eyes_above_minor,
        active=row.active,
    )


def item_row(item: stock_intake.Item, now: datetime, person_id: str) -> StockItemRow:
    """The row of an item."""
    return StockItemRow(
        item_code=item.item_code,
        name=item.name,
        serial_tracked=item.serial_tracked,
        needs_approval=item.needs_approval,
        core_return_days=item.core_return_days,
        put_at=now,
        put_by_person_id=person_id,
    )


def item_from_proto(message: pb.StockItem) -> stock_intake.Item:
    """An item as it was put."""
    return stock_intake.Item(
        item_code=message.item_code.strip(),
        name=message.name.strip(),
        serial_tracked=message.serial_tracked,
        needs_approval=message.needs_approval,
        core_return_days=message.core_return_days,
    )


def item_to_proto(row: StockItemRow) -> pb.StockItem:
    """An item as the stock knows it."""
    return pb.StockItem(
        item_code=row.item_code,
        name=row.name,
        serial_tracked=row.serial_tracked,
        needs_approval=row.needs_approval,
        core_return_days=row.core_return_days,
    )


def lines_from_proto(messages: Iterable[pb.StockLine]) -> tuple[Line, ...]:
    """Lines of parts as they were given."""
    return tuple(
        Line(each.item_code, each.quantity, tuple(each.serial_numbers)) for each in messages
    )


def receipts_from_proto(messages: Sequence[pb.StockReceipt]) -> tuple[Line, ...]:
    """What comes in."""
    return tuple(
        Line(each.item_code.strip(), each.quantity, tuple(each.serial_numbers)) for each in messages
    )


def unit_cost(message: money_pb2.Money, *, present: bool, currency: str, field: str) -> int:
    """What one costs, in minor units of the stockroom's currency; 0 when nothing is said.

    Raises:
        InvalidArgument: ``STOCK_INVALID`` or a ``MONEY_…``.
    """
    if not present:
        return 0
    money = money_from_proto(message, field)
    if money.currency != currency or money.amount_minor < 0:
        raise invalid(f"{field} is 0 or more, in {currency} as the stockroom's stock", field)
    return money.amount_minor


def level_to_proto(
    row: StockLevelRow,
    room: StockroomRow,
    item: StockItemRow,
    expired: int,
    in_transit: int,
    *,
    costs: bool,
) -> pb.StockLevel:
    """A level as it is now: what is expired is not reserved any more."""
    reserved = row.reserved - int(expired)
    return pb.StockLevel(
        stockroom_id=row.stockroom_id,
        stockroom_name=room.name,
        stockroom_kind=ROOM_KINDS[StockroomKind(room.stockroom_kind)],
        item_code=row.item_code,
        item_name=item.name,
        on_hand=row.on_hand,
        reserved=reserved,
        free=row.on_hand - reserved,
        in_transit=int(in_transit),
        stock_value=money_to_proto(Money(room.currency, row.value_minor)) if costs else None,
    )


def unit_to_proto(row: StockUnitRow) -> pb.StockUnit:
    """A unit, and where it is."""
    return pb.StockUnit(
        item_code=row.item_code,
        serial_number=row.serial_number,
        stockroom_id=row.stockroom_id or "",
    )


def movement_to_proto(row: StockMovementRow, *, costs: bool) -> pb.StockMovement:
    """A line of the ledger."""
    return pb.StockMovement(
        movement_id=row.movement_id,
        kind=MOVEMENT_KINDS[MovementKind(row.movement_kind)],
        item_code=row.item_code,
        quantity=row.quantity,
        from_stockroom_id=row.from_stockroom_id or "",
        to_stockroom_id=row.to_stockroom_id or "",
        cost=money_to_proto(Money(row.currency, row.cost_minor)) if costs else None,
        serial_numbers=row.serial_numbers,
        document_id=row.document_id,
        work_order_id=row.work_order_id,
        reason=row.reason,
        moved_at=instant_to_proto(row.moved_at),
        moved_by_person_id=row.moved_by_person_id,
    )


def finding_to_proto(row: StockFindingRow) -> pb.StockFinding:
    """A level that is not what its ledger says."""
    return pb.StockFinding(
        stockroom_id=row.stockroom_id,
        item_code=row.item_code,
        on_hand=row.on_hand,
        moved_quantity=row.moved_quantity,
        value_minor=row.value_minor,
        moved_cost_minor=row.moved_cost_minor,
        reserved=row.reserved,
        reservation_quantity=row.reservation_quantity,
        unit_count=row.unit_count,
    )


def reservation_to_proto(row: StockReservationRow, now: datetime) -> pb.StockReservation:
    """A reservation as it is now: over from its instant on, whether or not it was closed."""
    over = row.expires_at is not None and row.expires_at <= now
    state = pb.STOCK_RESERVATION_STATE_EXPIRED if over else pb.STOCK_RESERVATION_STATE_HELD
    return pb.StockReservation(
        reservation_id=row.reservation_id,
        stockroom_id=row.stockroom_id,
        state=_OUTCOMES[Outcome(row.outcome)] if row.outcome else state,
        case_id=row.case_id,
        work_order_id=row.work_order_id,
        part_request_id=row.part_request_id,
        stock_reservation_lines=[
            pb.StockReservationLine(
                item_code=line.item_code,
                quantity=line.quantity,
                open_quantity=0 if over else line.open_quantity,
            )
            for line in row.lines
        ],
        reserved_at=instant_to_proto(row.reserved_at),
        reserved_by_person_id=row.reserved_by_person_id,
        expires_at=instant_to_proto(row.expires_at),
    )


def point_to_proto(row: ReorderPointRow) -> pb.ReorderPoint:
    """A reorder point."""
    return pb.ReorderPoint(
        stockroom_id=row.stockroom_id,
        item_code=row.item_code,
        reorder_at=row.reorder_at,
        order_up_to=row.order_up_to,
    )


def suggestion_to_proto(
    row: ReorderPointRow, room: StockroomRow, item: StockItemRow, free: int, on_the_way: int
) -> pb.ReorderSuggestion:
    """A reorder point with what is there, and how much to order."""
    return pb.ReorderSuggestion(
        reorder_point=point_to_proto(row),
        stockroom_name=room.name,
        item_name=item.name,
        free=int(free),
        on_the_way=int(on_the_way),
        suggested_quantity=suggested_quantity(
            int(free), int(on_the_way), row.reorder_at, row.order_up_to
        ),
    )


def changed_to_proto(key: Key, level: Level) -> pb.StockChanged:
    """The event of a level that changed."""
    stockroom_id, item_code = key
    return pb.StockChanged(
        stockroom_id=stockroom_id,
        item_code=item_code,
        on_hand=level.on_hand,
        reserved=level.reserved,
    )
