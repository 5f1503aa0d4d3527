"""Split rules: put by one, approved by another, tried on an amount."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Final

from kit.authn import current_actor
from kit.clock import SHANGHAI
from kit.db.session import current_session
from kit.errors import InvalidArgument
from kit.rpc.convert import money_from_proto
from protos.settlement.v1 import settlement_pb2 as pb
from services.settlement.convert import splits
from services.settlement.convert.money import amount
from services.settlement.domain.earnings.view import SEE_ALL
from services.settlement.domain.splits.rule import (
    RuleState,
    SplitRule,
    check_decision,
    check_rule,
    check_scope,
    next_version,
)
from services.settlement.domain.splits.scheme import fresh_memory, split
from services.settlement.servicer.base import RULE_MAKERS, Context, Rpcs, require_text
from services.settlement.store.splits import rules

_MOST_TIMES: Final = 100


class SplitRuleRpcs(Rpcs):
    """How earnings are split."""

    async def PutSplitRule(self, request: pb.PutSplitRuleRequest, context: Context) -> pb.SplitRule:
        actor, session = current_actor(), current_session()
        actor.require_role(*RULE_MAKERS)
        asked = splits.rule_from_proto(request.split_rule, self._today())
        check_rule(asked)
        await rules.lock_rules(session)
        known = {row.split_rule_code: row for row in await rules.newest(session)}
        before = known.get(asked.split_rule_code)
        newest = rules.rule_of(before) if before else None
        rule = replace(asked, version=next_version(asked, newest))
        check_scope(rule, newest)
        if before and newest and _says_the_same(rule, newest, request.split_rule.effective_from):
            return splits.rule_to_proto(before)
        now = self._clock.now()
        row = splits.version_row(rule, now, actor.person_id)
        if actor.is_system:
            # The installation's own rules, there before anybody who could approve them.
            row.state, row.decided_at = RuleState.APPROVED.value, now
            row.decided_by_person_id = actor.person_id
        await rules.put_rule(session, row)
        return splits.rule_to_proto(row)

    async def DecideSplitRule(
        self, request: pb.DecideSplitRuleRequest, context: Context
    ) -> pb.SplitRule:
        actor, session = current_actor(), current_session()
        actor.require_role(*RULE_MAKERS)
        if not request.approve:
            require_text(request.reason, "reason", "why it is not to hold")
        row = await rules.version(session, request.split_rule_code, request.version, lock=True)
        check_decision(RuleState(row.state), row.put_by_person_id, actor.person_id)
        row.state = (RuleState.APPROVED if request.approve else RuleState.REJECTED).value
        row.decided_at, row.decided_by_person_id = self._clock.now(), actor.person_id
        row.decision_reason = request.reason
        await session.flush()
        return splits.rule_to_proto(row)

    async def ListSplitRules(
        self, request: pb.ListSplitRulesRequest, context: Context
    ) -> pb.ListSplitRulesResponse:
        current_actor().require_role(*SEE_ALL)
        session, code = current_session(), request.split_rule_code
        found = await (rules.versions(session, code) if code else rules.newest(session))
        return pb.ListSplitRulesResponse(split_rules=[splits.rule_to_proto(row) for row in found])

    async def TrySplitRule(
        self, request: pb.TrySplitRuleRequest, context: Context
    ) -> pb.TrySplitRuleResponse:
        current_actor().require_role(*SEE_ALL)
        if not 0 <= request.times <= _MOST_TIMES:
            raise InvalidArgument(
                "SETTLEMENT_TIMES_INVALID", f"0 (once) to {_MOST_TIMES} times", field="times"
            )
        whole = money_from_proto(request.amount, "amount")
        if whole.amount_minor < 0:
            raise InvalidArgument(
                "SETTLEMENT_AMOUNT_NEGATIVE", "what is split is not negative", field="amount"
            )
        rule, shown = await self._tried(request)
        memory, last, sums = (
            fresh_memory(rule.scheme),
            (0,) * len(rule.terms),
            [0] * len(rule.terms),
        )
        for _ in range(request.times or 1):
            dealing, memory = split(rule.scheme, whole.amount_minor, memory)
            last = dealing.shares
            sums = [a + b for a, b in zip(sums, last, strict=True)]
        return pb.TrySplitRuleResponse(
            split_rule=shown,
            shares=[
                pb.TriedShare(
                    party_kind=term.party_kind,
                    party_id=term.party_id,
                    amount=amount(share, whole.currency),
                    sum=amount(total, whole.currency),
                )
                for term, share, total in zip(rule.terms, last, sums, strict=True)
            ],
        )

    async def _tried(self, request: pb.TrySplitRuleRequest) -> tuple[SplitRule, pb.SplitRule]:
        if request.HasField("draft"):
            rule = splits.rule_from_proto(request.draft, self._today())
            check_rule(rule)
            return rule, request.draft
        session, code, number = current_session(), request.split_rule_code, request.version
        if not number:
            number = max((row.version for row in await rules.versions(session, code)), default=0)
        row = await rules.version(session, code, number)
        return rules.rule_of(row), splits.rule_to_proto(row)

    def _today(self) -> date:
        return self._clock.now().astimezone(SHANGHAI).date()


def _says_the_same(rule: SplitRule, newest: SplitRule, stated_day: str) -> bool:
    """Whether a version that is put says what the newest says already, whenever that was put."""
    day = rule.effective_from if stated_day else newest.effective_from
    return replace(rule, version=newest.version, effective_from=day) == newest
