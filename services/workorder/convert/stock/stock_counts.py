"""Counts on the wire."""

from __future__ import annotations

from typing import Final

from kit.rpc.convert import instant_to_proto
from protos.workorder.v1 import stock_count_pb2 as pb
from services.workorder.domain.stock.stock_count import State
from services.workorder.tables.stock_counts import StockCountRow

STATES: Final = {
    state: pb.StockCountState.Value(f"STOCK_COUNT_STATE_{state.name}") for state in State
}


def to_proto(row: StockCountRow, *, needs_four_eyes: bool) -> pb.StockCount:
    """A count as it stands, and whether who counted may post it."""
    return pb.StockCount(
        stock_count_id=row.stock_count_id,
        stockroom_id=row.stockroom_id,
        state=STATES[State(row.state)],
        note=row.note,
        stock_count_lines=[
            pb.StockCountLine(
                item_code=line.item_code,
                item_name=line.item.name,
                book_quantity=line.book_quantity,
                counted_quantity=line.counted_quantity,
                missing_serials=line.missing_serials,
                surplus_serials=line.surplus_serials,
                reason=line.reason,
                counted_at=instant_to_proto(line.counted_at),
                counted_by_person_id=line.counted_by_person_id,
            )
            for line in row.lines
        ],
        opened_at=instant_to_proto(row.opened_at),
        opened_by_person_id=row.opened_by_person_id,
        closed_at=instant_to_proto(row.closed_at),
        closed_by_person_id=row.closed_by_person_id or "",
        needs_four_eyes=needs_four_eyes,
    )
