"""Split rules: put in versions, listed."""

from __future__ import annotations

from dataclasses import replace

from kit.authn import current_actor
from kit.db.session import current_session
from protos.settlement.v1 import settlement_pb2 as pb
from services.settlement.convert import splits
from services.settlement.domain.earnings.view import SEE_ALL
from services.settlement.domain.splits.rule import check_rule, next_version
from services.settlement.servicer.base import RULE_MAKERS, Context, Rpcs
from services.settlement.store.splits import rules


class SplitRuleRpcs(Rpcs):
    """How earnings are split."""

    async def PutSplitRule(self, request: pb.PutSplitRuleRequest, context: Context) -> pb.SplitRule:
        current_actor().require_role(*RULE_MAKERS)
        asked = splits.rule_from_proto(request.split_rule)
        check_rule(asked)
        session = current_session()
        await rules.lock_rules(session)
        known = {rule.split_rule_code: rule for rule in await rules.current_rules(session)}
        newest = known.get(asked.split_rule_code)
        rule = replace(asked, version=next_version(asked, newest))
        if newest == replace(rule, version=rule.version - 1):
            return splits.rule_to_proto(newest)
        await rules.put_rule(session, rule, self._clock.now(), current_actor().person_id)
        return splits.rule_to_proto(rule)

    async def ListSplitRules(
        self, request: pb.ListSplitRulesRequest, context: Context
    ) -> pb.ListSplitRulesResponse:
        current_actor().require_role(*SEE_ALL)
        found = await rules.current_rules(current_session())
        return pb.ListSplitRulesResponse(split_rules=[splits.rule_to_proto(rule) for rule in found])
