"""``AnomalyService``: what was raised, what people said of it, and the sweep that raises it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import InvalidArgument
from kit.rpc import events
from kit.rpc.convert import decode_page_token, page_info, page_size
from protos.workorder.v1 import anomaly_pb2 as pb
from services.workorder.convert import anomalies as protos
from services.workorder.domain.anomalies import anomaly
from services.workorder.domain.anomalies.anomaly import State
from services.workorder.domain.anomalies.finding import findings
from services.workorder.domain.orders.intake import require_reason
from services.workorder.servicer.anomaly_rules import READERS, RuleRpcs
from services.workorder.servicer.base import Context
from services.workorder.store import anomalies, anomaly_facts
from services.workorder.tables.anomalies import AnomalyRow

#: Who says what it was.
_DECIDES: Final = ("admin", "hq", "outlet_manager", "supervisor")
_MOST_DAYS: Final = 3_660


class AnomalyServicer(RuleRpcs):
    """Raises what the rules find, each once, and keeps what became of it."""

    async def ListAnomalies(
        self, request: pb.ListAnomaliesRequest, context: Context
    ) -> pb.ListAnomaliesResponse:
        actor, size = current_actor(), page_size(request.page)
        actor.require_role(*READERS)
        if not 0 <= request.days <= _MOST_DAYS:
            raise InvalidArgument("ANOMALY_DAYS_INVALID", f"0 to {_MOST_DAYS} days", field="days")
        (before,) = decode_page_token(request.page, 1) or ("",)
        wanted = anomalies.WantedAnomalies(
            region_codes=actor.region_adcodes,
            kind=protos.kind_from_proto(request.kind) or "",
            state=protos.state_from_proto(request.state) or "",
            severity=protos.severity_from_proto(request.severity) or "",
            technician_id=request.technician_id,
            region_code=request.region_code,
            raised_since=self._clock.now() - timedelta(days=request.days) if request.days else None,
        )
        rows = await anomalies.page(current_session(), wanted, before, size + 1)
        return pb.ListAnomaliesResponse(
            anomalies=[protos.to_proto(row) for row in rows[:size]],
            page=page_info([row.anomaly_id for row in rows], size),
        )

    async def GetAnomaly(self, request: pb.GetAnomalyRequest, context: Context) -> pb.Anomaly:
        actor, session = current_actor(), current_session()
        actor.require_role(*READERS)
        row = await anomalies.read(session, request.anomaly_id, actor.region_adcodes)
        return protos.to_proto(row, await anomalies.evidence_of(session, row.anomaly_id))

    async def AcknowledgeAnomaly(
        self, request: pb.AcknowledgeAnomalyRequest, context: Context
    ) -> pb.Anomaly:
        row, before = await self._deciding(request.anomaly_id, State.ACKNOWLEDGED)
        row.acknowledged_at = self._clock.now()
        row.acknowledged_by_person_id = current_actor().person_id
        return await self._changed_to(row, State.ACKNOWLEDGED, before)

    async def DismissAnomaly(
        self, request: pb.DismissAnomalyRequest, context: Context
    ) -> pb.Anomaly:
        reason = require_reason(request.reason)
        row, before = await self._deciding(request.anomaly_id, State.DISMISSED)
        return await self._decided(row, State.DISMISSED, before, reason)

    async def ConfirmAnomaly(
        self, request: pb.ConfirmAnomalyRequest, context: Context
    ) -> pb.Anomaly:
        reason = require_reason(request.reason)
        row, before = await self._deciding(request.anomaly_id, State.CONFIRMED)
        hours = await anomalies.hours_of(current_session(), row)
        until = anomaly.confirmed_freeze(
            hours, request.freeze_hours, row.frozen_until, self._clock.now()
        )
        if row.place_code:
            row.frozen_until = until
        return await self._decided(row, State.CONFIRMED, before, reason)

    async def SweepAnomalies(
        self, request: pb.SweepAnomaliesRequest, context: Context
    ) -> pb.SweepAnomaliesResponse:
        current_actor().require_role("ops")
        session, now = current_session(), self._clock.now()
        await anomalies.one_at_a_time(session, "anomaly sweep")
        raised: list[AnomalyRow] = []
        for row in await anomalies.rules_in_force(session):
            rule = anomalies.rule_of(row)
            if rule.enabled:
                since = now - rule.window
                facts = await anomaly_facts.facts_of(session, rule.kind, since - rule.window)
                found = findings(rule, facts, since)
                raised += await anomalies.raise_found(session, rule, found, now)
        for each in raised:
            await self._anomaly_told(each, None)
        return pb.SweepAnomaliesResponse(raised_count=len(raised))

    async def _deciding(self, anomaly_id: str, wanted: State) -> tuple[AnomalyRow, State]:
        """An anomaly that may become what is wanted, locked, and what it is."""
        actor = current_actor()
        actor.require_role(*_DECIDES)
        regions = actor.region_adcodes
        row = await anomalies.read(current_session(), anomaly_id, regions, lock=True)
        before = State(row.state)
        anomaly.require_may(anomaly_id, before, wanted)
        return row, before

    async def _decided(
        self, row: AnomalyRow, state: State, before: State, reason: str
    ) -> pb.Anomaly:
        row.decided_at, row.reason = self._clock.now(), reason
        row.decided_by_person_id = current_actor().person_id
        return await self._changed_to(row, state, before)

    async def _changed_to(self, row: AnomalyRow, state: State, before: State) -> pb.Anomaly:
        row.state = state
        await current_session().flush()
        return await self._anomaly_told(row, before)

    async def _anomaly_told(self, row: AnomalyRow, before: State | None) -> pb.Anomaly:
        told = protos.to_proto(row)
        previous = protos.state_to_proto(before) if before else pb.ANOMALY_STATE_UNSPECIFIED
        await events.record(
            pb.AnomalyChanged(anomaly=told, previous_state=previous),
            aggregate=("anomaly", row.anomaly_id),
            occurred_at=self._clock.now(),
        )
        return told
