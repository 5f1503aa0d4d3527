"""What the RPCs about parts share: stockrooms by scope, lines checked, the ledger posted and told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from kit.authn import current_actor
from kit.db.session import current_session
from kit.rpc import events
from kit.rpc.convert import decode_page_token
from protos.common.v1 import page_pb2
from services.workorder.convert.stock import stock as protos
from services.workorder.domain.stock import stock_intake, stockroom
from services.workorder.domain.stock.stock_intake import Item
from services.workorder.domain.stock.stock_ledger import Key, Line, Shelves
from services.workorder.domain.stock.stockroom import Stockroom, StockroomKind, StockScope
from services.workorder.servicer.base import Rpcs
from services.workorder.store.stock import stock_ledger, stockrooms
from services.workorder.store.stock.stock_ledger import Document
from services.workorder.tables.stock import StockMovementRow

#: Between the two keys that some lists are sorted by.
_BETWEEN: Final = "\x1f"


def keys_at(room_id: str, lines: Iterable[Line]) -> set[Key]:
    """The levels of some lines in one stockroom."""
    return {(room_id, line.item_code) for line in lines}


def quantities_at(room_id: str, lines: Iterable[Line]) -> dict[Key, int]:
    """How much some lines take of each level in one stockroom."""
    wanted: dict[Key, int] = {}
    for line in lines:
        key = (room_id, line.item_code)
        wanted[key] = wanted.get(key, 0) + line.quantity
    return wanted


def pair_token(*keys: str) -> str:
    """Two sort keys as one, for ``page_info``; ``pair_after`` takes them apart."""
    return _BETWEEN.join(keys)


def pair_after(page: page_pb2.PageRequest) -> tuple[str, ...]:
    """The two sort keys that a page starts after (``PAGE_TOKEN_INVALID``)."""
    return decode_page_token(page, 2) or ("", "")


def single_key(page: page_pb2.PageRequest) -> str:
    """The sort key that a page starts after, empty for the first (``PAGE_TOKEN_INVALID``)."""
    (key,) = decode_page_token(page, 1) or ("",)
    return key


class StockRpcs(Rpcs):
    """What a noun's RPCs about parts are served with."""

    async def _room(self, stockroom_id: str, field: str = "stockroom_id") -> Stockroom:
        """The stockroom, if the actor may know of it."""
        scope = stockroom.scope_of(current_actor())
        return await stockrooms.read(current_session(), stockroom_id, scope, field)

    async def _stockroom(self, stockroom_id: str) -> Stockroom:
        """A stockroom that a document names, whether or not the actor may know of it."""
        return await stockrooms.read(current_session(), stockroom_id, StockScope())

    async def _own_room(self, stockroom_id: str, field: str = "stockroom_id") -> Stockroom:
        """The stockroom, if it is in the actor's hands."""
        room = await self._room(stockroom_id, field)
        stockroom.require_holder(current_actor(), room, field)
        return room

    async def _room_or_vehicle(
        self, stockroom_id: str, technician_id: str, field: str = "stockroom_id"
    ) -> Stockroom:
        """The stockroom that is named, or else the technician's vehicle."""
        if technician_id and not stockroom_id:
            stockroom_id = await stockrooms.vehicle_of(current_session(), technician_id)
        room = await self._room(stockroom_id, field)
        stockroom.require_issuing(room, field)
        return room

    async def _known(
        self, lines: Sequence[Line], field: str, *, once: bool = True
    ) -> dict[str, Item]:
        """The items of lines that make sense, by code."""
        stock_intake.require_lines(lines, field, once=once)
        items = await stockrooms.items(current_session(), {line.item_code for line in lines})
        stock_intake.require_known(lines, items, field)
        return items

    async def _units_here(self, room: Stockroom, lines: Sequence[Line], field: str) -> None:
        """Every unit that lines name is in the stockroom, which is held still. Old parts have no
        numbers of ours."""
        if room.kind is StockroomKind.RETURNS:
            return
        places = await stock_ledger.unit_places(current_session(), lines)
        here = {unit for unit, place in places.items() if place == room.stockroom_id}
        stock_intake.require_units_here(lines, here, field)

    def _document(
        self, room: Stockroom, document_id: str, reason: str = "", work_order_id: str = ""
    ) -> Document:
        """What movements that happen now are part of."""
        return Document(
            document_id=document_id,
            moved_at=self._clock.now(),
            person_id=current_actor().person_id,
            currency=room.currency,
            work_order_id=work_order_id,
            reason=reason,
        )

    async def _posted(self, shelves: Shelves, document: Document) -> list[StockMovementRow]:
        """Post what was made of the shelves, and tell the world which levels changed."""
        rows = await stock_ledger.post(current_session(), shelves.movements, document)
        await self._told_levels(shelves)
        return rows

    async def _told_levels(self, shelves: Shelves) -> None:
        changed = [
            (f"{room_id}/{item_code}", protos.changed_to_proto((room_id, item_code), level))
            for (room_id, item_code), level in shelves.changed().items()
        ]
        await events.record_all("stock", changed, occurred_at=self._clock.now())
