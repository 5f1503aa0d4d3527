"""Price modes: one key for a scope, and the return by itself."""

from __future__ import annotations

from kit.authn import SYSTEM_PERSON_ID, current_actor
from kit.clock import Clock
from kit.db.session import current_session
from kit.errors import Unavailable
from kit.ids import new_id
from kit.rpc.convert import page_info, page_size
from kit.rpc.events import record
from protos.pricing.v1 import policy_pb2 as pb
from protos.pricing.v1.policy_pb2_grpc import PolicyServiceServicer
from services.pricing.convert.policies import (
    instant_of,
    switch_from_row,
    switch_to_proto,
    term_of,
)
from services.pricing.domain.policies.price_modes import (
    check_mode,
    check_span,
    check_undo,
    mode_at,
)
from services.pricing.domain.policies.terms import check_reason
from services.pricing.servicer.base import KEEPS_PRICES, QUOTES, Context, page_start
from services.pricing.store import price_modes
from services.pricing.tables import PriceModeRow, PriceModeSwitchRow


class PriceModeRpcs(PolicyServiceServicer):
    """Modes, and the switches between them."""

    _clock: Clock

    async def PutPriceMode(self, request: pb.PutPriceModeRequest, context: Context) -> pb.PriceMode:
        current_actor().require_role(*KEEPS_PRICES)
        mode = request.price_mode
        check_mode(mode.mode_code, mode.label)
        row = PriceModeRow(mode_code=mode.mode_code, label=mode.label.strip())
        await price_modes.put(current_session(), row)
        kept = pb.PriceMode(mode_code=row.mode_code, label=row.label)
        await record(
            pb.PriceModePut(price_mode=kept),
            aggregate=("price_mode", row.mode_code),
            occurred_at=self._clock.now(),
        )
        return kept

    async def ListPriceModes(
        self, request: pb.ListPriceModesRequest, context: Context
    ) -> pb.ListPriceModesResponse:
        current_actor().require_role(*QUOTES)
        rows = await price_modes.modes(current_session())
        modes = [pb.PriceMode(mode_code=row.mode_code, label=row.label) for row in rows]
        return pb.ListPriceModesResponse(price_modes=modes)

    async def SwitchPriceMode(
        self, request: pb.SwitchPriceModeRequest, context: Context
    ) -> pb.PriceModeSwitch:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role(*KEEPS_PRICES)
        mode = await price_modes.mode(session, request.mode_code)
        begins_at = instant_of(request, "begins_at") or now
        ends_at = instant_of(request, "ends_at")
        check_span(begins_at, ends_at, now)
        row = PriceModeSwitchRow(
            switch_id=new_id("pm", now),
            mode_code=mode.mode_code,
            place_code=request.scope.place_code,
            sales_channel=request.scope.sales_channel,
            cooperation_mode=request.scope.cooperation_mode,
            begins_at=begins_at,
            ends_at=ends_at,
            reason=check_reason(request.reason),
            recorded_at=now,
            recorded_by_person_id=actor.person_id,
            ended_by_person_id="",
            end_reason="",
        )
        await price_modes.add_switch(session, row)
        switched = switch_to_proto(row)
        await record(
            pb.PriceModeSwitched(mode_switch=switched, mode_label=mode.label),
            aggregate=("price_mode_switch", row.switch_id),
            occurred_at=now,
        )
        return switched

    async def PreviewPriceModeSwitch(
        self, request: pb.PreviewPriceModeSwitchRequest, context: Context
    ) -> pb.PriceModeReach:
        current_actor().require_role(*QUOTES)
        session, now, scope = current_session(), self._clock.now(), request.scope
        await price_modes.mode(session, request.mode_code)
        rows = await price_modes.switches_of_scope(session, scope.place_code, now)
        present = mode_at(
            map(switch_from_row, rows),
            now,
            now,
            places=[scope.place_code],
            sales_channel=scope.sales_channel,
            cooperation_mode=scope.cooperation_mode,
        )
        return pb.PriceModeReach(
            present_mode_code=present,
            books=[
                pb.PriceModeReach.Book(**found._asdict())
                for found in await price_modes.reach(session, request.mode_code)
            ],
        )

    async def UndoPriceModeSwitch(
        self, request: pb.UndoPriceModeSwitchRequest, context: Context
    ) -> pb.PriceModeSwitch:
        actor, now = current_actor(), self._clock.now()
        actor.require_role(*KEEPS_PRICES)
        row = await price_modes.locked_switch(current_session(), request.switch_id)
        check_undo(term_of(row), now)
        row.ended_at, row.ended_by_person_id = now, actor.person_id
        row.end_reason = check_reason(request.reason)
        return await self._returned(row)

    async def ListPriceModeSwitches(
        self, request: pb.ListPriceModeSwitchesRequest, context: Context
    ) -> pb.ListPriceModeSwitchesResponse:
        current_actor().require_role(*QUOTES)
        size = page_size(request.page)
        wanted = price_modes.Wanted(
            request.mode_code,
            request.place_code,
            request.switched_by_person_id,
            instant_of(request, "holding_at"),
        )
        rows = await price_modes.switches(
            current_session(), wanted, page_start(request.page), size + 1
        )
        return pb.ListPriceModeSwitchesResponse(
            switches=[switch_to_proto(row) for row in rows[:size]],
            page=page_info([row.switch_id for row in rows], size),
        )

    async def RecordPriceModeReturn(
        self, request: pb.RecordPriceModeReturnRequest, context: Context
    ) -> pb.PriceModeSwitch:
        current_actor().require_role("ops")
        row = await price_modes.locked_switch(current_session(), request.switch_id)
        if row.ended_at is not None:
            return switch_to_proto(row)
        if row.ends_at is None or self._clock.now() < row.ends_at:
            raise not_due("switch_id")
        row.ended_at, row.ended_by_person_id = row.ends_at, SYSTEM_PERSON_ID
        row.end_reason = "到期自动恢复"
        return await self._returned(row)

    async def _returned(self, row: PriceModeSwitchRow) -> pb.PriceModeSwitch:
        await current_session().flush()
        returned = switch_to_proto(row)
        assert row.ended_at is not None, "it was ended just now"
        await record(
            pb.PriceModeReturned(mode_switch=returned),
            aggregate=("price_mode_switch", row.switch_id),
            occurred_at=row.ended_at,
        )
        return returned


def not_due(field: str) -> Unavailable:
    """It has not ended by our clock, which may be behind the one of whoever tells it."""
    return Unavailable("PRICING_NOT_DUE", "it has not ended yet; tell it again later", field=field)
