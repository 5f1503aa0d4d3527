"""Rules of anomalies: their versions, and what another one would have raised."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import InvalidArgument
from kit.rpc import events
from kit.rpc.convert import decode_page_token, page_info, page_size
from protos.common.v1 import page_pb2
from protos.workorder.v1 import anomaly_pb2 as pb
from protos.workorder.v1.anomaly_pb2_grpc import AnomalyServiceServicer
from services.workorder.convert import anomalies as protos
from services.workorder.domain import access
from services.workorder.domain.anomalies.finding import findings
from services.workorder.servicer.base import Context, Rpcs
from services.workorder.store import anomalies, anomaly_facts

#: Who sees what was raised.
READERS: Final = access.FAIRNESS_READERS
_TRIED_DAYS: Final = 30
_MOST_DAYS: Final = 366
_MOST_TOLD: Final = 200


class RuleRpcs(Rpcs, AnomalyServiceServicer):
    """What is looked for."""

    async def ListAnomalyRules(
        self, request: pb.ListAnomalyRulesRequest, context: Context
    ) -> pb.ListAnomalyRulesResponse:
        current_actor().require_role(*READERS)
        session, size = current_session(), page_size(request.page)
        kind = protos.kind_from_proto(request.kind)
        if kind is None:
            in_force = await anomalies.rules_in_force(session)
            return pb.ListAnomalyRulesResponse(
                rules=map(protos.rule_to_proto, in_force), page=page_pb2.PageInfo()
            )
        rows = await anomalies.versions(session, kind, _before(request.page), size + 1)
        return pb.ListAnomalyRulesResponse(
            rules=[protos.rule_to_proto(row) for row in rows[:size]],
            page=page_info([str(row.version) for row in rows], size),
        )

    async def PutAnomalyRule(
        self, request: pb.PutAnomalyRuleRequest, context: Context
    ) -> pb.AnomalyRule:
        actor, now = current_actor(), self._clock.now()
        actor.require_role(*access.POLICY_KEEPERS)
        rule = protos.rule_from_proto(request.rule)
        row = await anomalies.put_rule(current_session(), rule, now, actor.person_id)
        put = protos.rule_to_proto(row)
        await events.record(
            pb.AnomalyRulePut(rule=put), aggregate=("anomaly_rule", rule.kind), occurred_at=now
        )
        return put

    async def TryAnomalyRule(
        self, request: pb.TryAnomalyRuleRequest, context: Context
    ) -> pb.TryAnomalyRuleResponse:
        actor, session = current_actor(), current_session()
        actor.require_role(*access.POLICY_KEEPERS)
        rule = protos.rule_from_proto(request.rule)
        since = self._clock.now() - _days(request.days or _TRIED_DAYS)
        facts = await anomaly_facts.facts_of(session, rule.kind, since - rule.window)
        found = findings(rule, facts, since)
        if actor.region_adcodes:
            known = await anomalies.within_regions(session, found, actor.region_adcodes)
            found = [each for each in found if each.key in known]
        newest = sorted(found, key=lambda each: each.evidence[-1].fact.at, reverse=True)
        return pb.TryAnomalyRuleResponse(
            anomalies=[
                protos.tried_to_proto(rule, each, anomalies.evidence_rows("", each))
                for each in newest[:_MOST_TOLD]
            ],
            anomaly_count=len(found),
        )


def _before(page: page_pb2.PageRequest) -> int | None:
    (token,) = decode_page_token(page, 1) or ("",)
    if token and not token.isdecimal():
        raise InvalidArgument(
            "PAGE_TOKEN_INVALID", "pass next_page_token as it was given", field="page.page_token"
        )
    return int(token) if token else None


def _days(days: int) -> timedelta:
    if not 1 <= days <= _MOST_DAYS:
        raise InvalidArgument("ANOMALY_DAYS_INVALID", f"1 to {_MOST_DAYS} days", field="days")
    return timedelta(days=days)
