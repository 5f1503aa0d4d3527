"""Adjustment rules: put by one, decided by another, tried on a time that is past."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final

from kit.authn import current_actor
from kit.clock import SHANGHAI
from kit.db.session import current_session
from kit.errors import InvalidArgument
from protos.settlement.v1 import adjustment_pb2 as pb
from services.settlement.convert.adjustments import rules as protos
from services.settlement.domain.adjustments.rule import (
    RuleState,
    check_decision,
    check_rule,
    month_before,
)
from services.settlement.domain.earnings.view import SEE_ALL
from services.settlement.servicer.adjustments.base import AdjustmentRpcs
from services.settlement.servicer.adjustments.trying import tried
from services.settlement.servicer.base import RULE_MAKERS, Context, require_text
from services.settlement.store.adjustments import rules
from services.settlement.store.adjustments.trials import Span

_SHOWN: Final = 50


class RuleRpcs(AdjustmentRpcs):
    """By which adjustments are made."""

    async def PutAdjustmentRule(
        self, request: pb.PutAdjustmentRuleRequest, context: Context
    ) -> pb.AdjustmentRule:
        actor, session = current_actor(), current_session()
        actor.require_role(*RULE_MAKERS)
        await rules.lock(session)
        before = await rules.newest(session, request.rule.rule_code)
        version = before.version + 1 if before else 1
        rule = protos.rule_from_proto(request.rule, version, actor.person_id)
        check_rule(rule)
        if before is not None and before.rule_kind != rule.rule_kind:
            raise InvalidArgument(
                "SETTLEMENT_ADJUSTMENT_RULE_INVALID",
                f"{rule.rule_code} is a {before.rule_kind} rule; give another kind another code",
                field="rule.rule_code",
            )
        row = protos.rule_row(rule, self._clock.now())
        session.add(row)
        await session.flush()
        return protos.rule_to_proto(row)

    async def DecideAdjustmentRule(
        self, request: pb.DecideAdjustmentRuleRequest, context: Context
    ) -> pb.AdjustmentRule:
        actor, session = current_actor(), current_session()
        actor.require_role(*RULE_MAKERS)
        if not request.approve:
            require_text(request.reason, "reason", "why it is not to hold")
        row = await rules.lock_version(session, request.rule_code, request.version)
        check_decision(rules.rule_of(row), actor.person_id)
        row.state = (RuleState.APPROVED if request.approve else RuleState.REJECTED).value
        row.decided_at, row.decided_by_person_id = self._clock.now(), actor.person_id
        row.decision_reason = request.reason
        await session.flush()
        return protos.rule_to_proto(row)

    async def ListAdjustmentRules(
        self, request: pb.ListAdjustmentRulesRequest, context: Context
    ) -> pb.ListAdjustmentRulesResponse:
        current_actor().require_role(*SEE_ALL, "technician", "outlet_manager")
        found = await rules.rows(
            current_session(), request.rule_code, newest_only=not request.rule_code
        )
        return pb.ListAdjustmentRulesResponse(rules=[protos.rule_to_proto(row) for row in found])

    async def TryAdjustmentRule(
        self, request: pb.TryAdjustmentRuleRequest, context: Context
    ) -> pb.TryAdjustmentRuleResponse:
        current_actor().require_role(*RULE_MAKERS)
        rule = rules.rule_of(
            await rules.find(current_session(), request.rule_code, request.version)
        )
        first, last = month_before(self._today())
        if request.first_day or request.last_day:
            first = protos.day_from_proto(request.first_day, "first_day")
            last = protos.day_from_proto(request.last_day, "last_day")
        span = Span(_midnight(first), _midnight(last + timedelta(days=1)))
        found, looked_at = await tried(rule, span)
        return protos.trials_to_proto(found, looked_at, rule.currency, first, last, _SHOWN)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)
