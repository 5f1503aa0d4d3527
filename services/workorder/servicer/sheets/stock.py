"""Stock that is taken over from files: received in its stockrooms, each file once."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from kit.authn import current_actor
from kit.clock import Clock
from kit.db.session import current_session
from kit.errors import InvalidArgument, NotFound
from kit.spreadsheet.importing import Outcome, Plan, PlannedRow, standing_sha256
from kit.spreadsheet.records import Record, read_records
from kit.spreadsheet.table import Table
from protos.workorder.v1 import registry_pb2 as pb
from protos.workorder.v1 import stock_pb2
from services.workorder.convert.sheets.stock_sheet import LAYOUT, RECEIPTS, receipt_of
from services.workorder.convert.stock import stock as protos
from services.workorder.domain.stock import stock_intake, stockroom
from services.workorder.domain.stock.stock_intake import Item
from services.workorder.domain.stock.stockroom import Stockroom
from services.workorder.servicer.base import Context
from services.workorder.servicer.sheets.base import Planned, Sheet, planned_row
from services.workorder.servicer.stock.stock import StockServicer
from services.workorder.store.stock import stock_imports

_KEEPERS: Final = ("admin", "hq", "warehouse")
_REASON: Final = "期初库存导入 imported"
_NEEDED: Final = ("stockroom_id", "item_code", "quantity")


class StockSheet(Sheet[pb.StockOpening]):
    """What lies where."""

    layout = LAYOUT

    def __init__(self, clock: Clock, person_id: str) -> None:
        super().__init__(clock, person_id)
        self._rooms: Mapping[str, Stockroom] = {}
        self._items: dict[str, Item] = {}
        self._document_id = ""

    def require_keeper(self) -> None:
        """Who keeps the company's stock."""
        current_actor().require_role(*_KEEPERS)

    async def plan(self, table: Table, *, lock: bool) -> Planned[pb.StockOpening]:
        """What a file would receive; nothing when it was received before."""
        session = current_session()
        self._document_id = _document_of(table)
        if lock:
            await stock_imports.hold_still(session, self._document_id)
        reading = read_records(table, LAYOUT.columns, _NEEDED)
        self._rooms = await stock_imports.rooms(session, _named(reading.records, "stockroom_id"))
        self._items = await stock_imports.items(session, _named(reading.records, "item_code"))
        received = await stock_imports.was_received(session, self._document_id)
        rows: list[PlannedRow[pb.StockOpening]] = []
        for record in reading.records:
            key = " ".join(_said(record, name) for name in ("stockroom_id", "item_code"))
            if received and not record.problems:
                rows.append(PlannedRow(record.number, key, None, Outcome.UNCHANGED))
            else:
                rows.append(planned_row(LAYOUT, reading, record, key, None, self._check))
        stands = {room_id: room.currency for room_id, room in self._rooms.items()}
        stands[self._document_id] = str(received)
        return Planned(Plan(tuple(rows), reading.problems), standing_sha256(stands))

    def _check(self, opening: pb.StockOpening) -> None:
        """Refuse what ``ReceiveStock`` would refuse of a row by itself."""
        room = self._rooms.get(opening.stockroom_id)
        if room is None:
            raise NotFound(
                "STOCKROOM_UNKNOWN",
                f"there is no stockroom {opening.stockroom_id!r}",
                field="stockroom_id",
                details={"zh": f"没有库位 {opening.stockroom_id!r}。"},
            )
        stockroom.require_issuing(room)
        try:
            receipt = receipt_of(opening, room.currency)
        except InvalidArgument as error:
            raise InvalidArgument(error.reason, error.message, field="unit_cost") from error
        lines = protos.receipts_from_proto([receipt])
        stock_intake.require_lines(lines, RECEIPTS, once=False)
        item = self._items.get(opening.item_code)
        if item is None:
            if not opening.item_name:
                raise NotFound(
                    "STOCK_ITEM_UNKNOWN",
                    "the stock does not know this item; give it a name",
                    field="item_code",
                    details={"zh": "库存里没有这个备件，请填写名称。"},
                )
            item = Item(opening.item_code, opening.item_name)
            stock_intake.require_item(item)
        stock_intake.require_units_named(lines, {opening.item_code: item}, RECEIPTS)

    async def keep(self, things: Sequence[pb.StockOpening], context: Context) -> None:
        """Receive it all, stockroom by stockroom."""
        servicer = StockServicer(self._clock)
        of_room: defaultdict[str, list[stock_pb2.StockReceipt]] = defaultdict(list)
        for opening in things:
            currency = self._rooms[opening.stockroom_id].currency
            of_room[opening.stockroom_id].append(receipt_of(opening, currency))
        for room_id, receipts in sorted(of_room.items()):
            received = stock_pb2.ReceiveStockRequest(
                stockroom_id=room_id,
                stock_receipts=receipts,
                document_id=self._document_id,
                reason=_REASON,
            )
            await servicer.ReceiveStock(received, context)

    async def exported(
        self, request: pb.ExportRegistryRequest, limit: int
    ) -> list[pb.StockOpening]:
        """Stock goes out by its own lists: a file that imports again would receive it again."""
        raise InvalidArgument(
            "REGISTRY_SHEET_UNKNOWN", "stock is only imported; list its levels", field="sheet"
        )


def _said(record: Record, name: str) -> str:
    return str(record.given.get(name, ""))


def _named(records: Sequence[Record], name: str) -> set[str]:
    return {_said(record, name) for record in records}


def _document_of(table: Table) -> str:
    """What movements of this very table are called: the same rows are the same document."""
    written = json.dumps([[row.number, dict(row.cells)] for row in table.rows], sort_keys=True)
    return f"import-{hashlib.sha256(written.encode()).hexdigest()[:24]}"
