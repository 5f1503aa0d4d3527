"""Cycles, and the periods that end by them."""

from __future__ import annotations

from datetime import datetime, timedelta

from kit.authn import current_actor
from kit.clock import SHANGHAI
from kit.db.session import current_session
from kit.errors import FailedPrecondition
from kit.rpc import events
from kit.rpc.convert import instant_from_proto, instant_to_proto
from protos.settlement.v1 import statement_pb2 as pb
from services.settlement.convert import statements as protos
from services.settlement.convert.days import day_from_proto
from services.settlement.domain.statements.closing import next_period
from services.settlement.domain.statements.cycle import Cycle, Scope, check_cycle
from services.settlement.servicer.base import LEDGER_READERS, Context
from services.settlement.servicer.statements.base import CLOSERS, StatementRpcs
from services.settlement.store.statements import closing, cycles
from services.settlement.tables.statements import SettlementCycleRow


class ClosingRpcs(StatementRpcs):
    """Periods are closed, each once."""

    async def PutSettlementCycle(
        self, request: pb.PutSettlementCycleRequest, context: Context
    ) -> pb.SettlementCycle:
        actor, now = current_actor(), self._clock.now()
        actor.require_role(*CLOSERS)
        today = now.astimezone(SHANGHAI).date()
        kind = protos.cycle_kind(request.cycle_kind)
        from_day = day_from_proto(request.from_day, today + timedelta(days=1), "from_day")
        scope = Scope(request.region_adcode, request.outlet_id)
        check_cycle(Cycle(scope, kind, request.delay_days, from_day), today)
        row = SettlementCycleRow(
            region_adcode=scope.region_adcode,
            outlet_id=scope.outlet_id,
            cycle_kind=kind.value,
            delay_days=request.delay_days,
            from_day=from_day,
            put_at=now,
            put_by_person_id=actor.person_id,
        )
        await cycles.add(current_session(), row)
        return protos.cycle_to_proto(row)

    async def ListSettlementCycles(
        self, request: pb.ListSettlementCyclesRequest, context: Context
    ) -> pb.ListSettlementCyclesResponse:
        current_actor().require_role(*LEDGER_READERS, "supervisor", "outlet_manager", "technician")
        found = await cycles.rows(current_session())
        return pb.ListSettlementCyclesResponse(cycles=[protos.cycle_to_proto(row) for row in found])

    async def CloseDuePeriods(
        self, request: pb.CloseDuePeriodsRequest, context: Context
    ) -> pb.CloseDuePeriodsResponse:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role(*CLOSERS)
        watermark = await closing.turn(session, now)
        due = await self._due(now)
        if not due:
            return pb.CloseDuePeriodsResponse()
        end = min(due)
        if request.HasField("period_end") and instant_from_proto(request.period_end) != end:
            raise FailedPrecondition(
                "SETTLEMENT_PERIOD_NOT_NEXT",
                f"the next period to be closed ended {end.astimezone(SHANGHAI):%Y-%m-%d %H:%M};"
                " look at it again",
                field="period_end",
            )
        made = await closing.close(session, due[end], end, watermark, now, actor.person_id)
        told = pb.PeriodClosed(period_end=instant_to_proto(end), statement_count=len(made))
        await events.record(told, aggregate=("settlement_period", end.isoformat()), occurred_at=now)
        more = len(due) > 1 or bool(await self._due(now))
        return pb.CloseDuePeriodsResponse(
            more=more, statement_count=len(made), period_end=instant_to_proto(end)
        )

    async def PreviewClosing(
        self, request: pb.PreviewClosingRequest, context: Context
    ) -> pb.PreviewClosingResponse:
        current_actor().require_role(*LEDGER_READERS)
        due = await self._due(self._clock.now())
        if not due:
            return pb.PreviewClosingResponse()
        end = min(due)
        found = await closing.preview(current_session(), due[end], end)
        return pb.PreviewClosingResponse(
            period_end=instant_to_proto(end),
            statement_count=found.statement_count,
            item_count=found.item_count,
        )

    async def _due(self, now: datetime) -> dict[datetime, list[closing.Chosen]]:
        """Groups whose next period is to be closed by now, by its end."""
        session = current_session()
        known = await cycles.every(session)
        due: dict[datetime, list[closing.Chosen]] = {}
        for group in await closing.groups(session):
            period = next_period(
                known, group.outlet_id, group.region_adcode, group.last_end, group.first_at
            )
            if period is not None and period.closes_at <= now:
                chosen = closing.Chosen(group, period.start)
                due.setdefault(period.end, []).append(chosen)
        return due
