"""What the RPCs about part requests share: read and locked by scope, saved and told; and what is held
for them, given back."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from kit.authn import current_actor
from kit.db.session import current_session
from kit.rpc import events
from protos.workorder.v1 import part_pb2 as pb
from services.workorder.convert.stock import part_requests as protos
from services.workorder.domain.stock import part_request, stockroom
from services.workorder.domain.stock.part_request import PartRequest, State, Verb
from services.workorder.domain.stock.reservation import Draw, Outcome
from services.workorder.domain.stock.stock_ledger import Key, Shelves
from services.workorder.servicer.stock.stock_base import StockRpcs
from services.workorder.store.stock import part_requests, reservations, stock_ledger, stockrooms
from services.workorder.tables.parts import PartRequestRow


class PartRequestKeeping(StockRpcs):
    """Part requests, found and changed."""

    async def _read_request(self, part_request_id: str) -> PartRequestRow:
        """The request, if the actor may know of it."""
        return await self._if_known(await part_requests.read(current_session(), part_request_id))

    async def _locked_request(self, part_request_id: str) -> PartRequestRow:
        """The request, locked, if the actor may know of it."""
        return await self._if_known(await part_requests.lock(current_session(), part_request_id))

    async def _if_known(self, row: PartRequestRow) -> PartRequestRow:
        actor = current_actor()
        scope = stockroom.scope_of(actor)
        if actor.person_id == row.requested_by_person_id:
            return row
        for stockroom_id in filter(None, (row.to_stockroom_id, row.from_stockroom_id)):
            room = await stockrooms.find(current_session(), stockroom_id)
            if room is not None and scope.covers(stockrooms.room_of(room)):
                return row
        raise part_request.unknown(row.part_request_id)

    async def _changed_request(
        self,
        row: PartRequestRow,
        after: PartRequest,
        verb: Verb,
        reason: str = "",
        *,
        case_id: str | None = None,
    ) -> pb.PartRequest:
        """Save what a transition made, tell the world, reply."""
        previous = protos.STATES[State(row.state)]
        change = part_requests.Change(verb, self._clock.now(), current_actor().person_id, reason)
        await part_requests.save(current_session(), row, after, change)
        return await self._told_request(row, previous, case_id=case_id)

    async def _told_request(
        self,
        row: PartRequestRow,
        previous: pb.PartRequestState.ValueType,
        *,
        case_id: str | None = None,
    ) -> pb.PartRequest:
        told = protos.to_proto(row)
        await events.record(
            pb.PartRequestChanged(part_request=told, previous_state=previous),
            aggregate=("part_request", row.part_request_id),
            occurred_at=self._clock.now(),
            case_id=row.case_id if case_id is None else case_id,
        )
        return told

    async def _held_shelves(
        self,
        reservation_ids: Collection[str],
        now: datetime,
        more: Collection[Key] = (),
        incoming: Collection[Key] = (),
    ) -> Shelves:
        """The levels of which reservations hold a part, and others, held still."""
        session = current_session()
        keys = await reservations.keys_of(session, reservation_ids)
        return await stock_ledger.hold(session, {*keys, *more}, now, incoming)

    async def _give_back(
        self, shelves: Shelves, reservation_ids: Collection[str], outcome: Outcome
    ) -> None:
        """All that reservations still hold is free, or about to be moved."""
        session = current_session()
        held = await reservations.held_by(session, reservation_ids)
        draws = [Draw(line, line.open_quantity) for line in held]
        await self._draw(shelves, draws, outcome)
        await reservations.end(session, reservation_ids, outcome, self._clock.now())

    async def _draw(self, shelves: Shelves, draws: Collection[Draw], outcome: Outcome) -> None:
        """Take out of what is held; it is free on the shelves, for whoever drew it."""
        await reservations.take(current_session(), draws, outcome, self._clock.now())
        for each in draws:
            shelves.reserve(each.line.stockroom_id, each.line.item_code, -each.quantity)
