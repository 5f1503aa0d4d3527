"""Earnings: promised, moved on step by step, read by right."""

from __future__ import annotations

from kit.authn import current_actor
from kit.clock import SHANGHAI
from kit.db.session import current_session
from kit.ids import new_id
from protos.settlement.v1 import settlement_pb2 as pb
from services.settlement.convert import earnings as protos
from services.settlement.domain.earnings import state
from services.settlement.domain.earnings.earning import (
    EarningFacts,
    check_origin,
    contract_of,
    promise,
)
from services.settlement.domain.earnings.state import LedgerEffect, Step
from services.settlement.domain.earnings.view import SEE_ALL, viewer_of
from services.settlement.domain.splits.rule import SplitRule, choose_rule
from services.settlement.domain.splits.scheme import undo
from services.settlement.servicer.adjustments.adjusting import Adjusting
from services.settlement.servicer.adjustments.showing import with_adjustments
from services.settlement.servicer.base import CASHIERS, OPERATORS, Context, Rpcs, require_text
from services.settlement.servicer.estimating import with_net_estimate
from services.settlement.servicer.moving import tell
from services.settlement.store.earnings import earnings as store
from services.settlement.store.earnings import posting
from services.settlement.store.earnings.moving import note
from services.settlement.store.payouts import payouts
from services.settlement.store.splits import rules
from services.settlement.tables.earnings import EarningRow


class EarningRpcs(Rpcs):
    """Earnings from promise to payout."""

    async def PreviewEarning(
        self, request: pb.PreviewEarningRequest, context: Context
    ) -> pb.Earning:
        current_actor().require_role(*SEE_ALL)
        facts = protos.facts_from_proto(request.facts)
        session, now = current_session(), self._clock.now()
        rule = await self._rule_for(facts)
        memory = await rules.look_at_memory(session, contract_of(rule, facts), rule.scheme)
        promised, _ = promise(rule, facts, memory)
        row = protos.earning_row("", facts, rule, promised, now)
        return await with_net_estimate(
            protos.earning_to_proto(row, viewer_of(current_actor())), now
        )

    async def PromiseEarning(
        self, request: pb.PromiseEarningRequest, context: Context
    ) -> pb.Earning:
        current_actor().require_role(*OPERATORS)
        facts = protos.facts_from_proto(request.facts)
        check_origin(facts)
        row = await self._promise(facts, await self._rule_for(facts))
        return await self._changed(row, "", "派单报价时承诺")

    async def _rule_for(self, facts: EarningFacts) -> SplitRule:
        today = self._clock.now().astimezone(SHANGHAI).date()
        known = await rules.in_force(current_session(), today)
        mode, region, outlet = facts.cooperation_mode, facts.region_adcode, facts.outlet_id
        return choose_rule(known, mode, region, outlet)

    async def _promise(self, facts: EarningFacts, rule: SplitRule) -> EarningRow:
        """Record a promise as a rule splits it."""
        session, now = current_session(), self._clock.now()
        contract = contract_of(rule, facts)
        memory = await rules.lock_memory(session, contract, rule.scheme)
        promised, memory = promise(rule, facts, memory)
        await rules.remember(session, contract, memory)
        row = protos.earning_row(new_id("ea", now), facts, rule, promised, now)
        await store.add(session, row)
        return row

    async def ReviewEarning(self, request: pb.ReviewEarningRequest, context: Context) -> pb.Earning:
        current_actor().require_role(*OPERATORS)
        row = await store.lock(current_session(), request.earning_id)
        state.check_reviewable(row.earning_state)
        if row.reviewed_at is None:
            self._review(row)
            row.revision += 1
            await self._changed(row, row.state, f"已审核：{request.comment}".rstrip("："))
        return protos.earning_to_proto(row, viewer_of(current_actor()))

    def _review(self, row: EarningRow) -> None:
        state.check_reviewer(row.technician_id, current_actor().person_id)
        row.reviewed_at = self._clock.now()
        row.reviewed_by_person_id = current_actor().person_id

    async def LockEarning(self, request: pb.LockEarningRequest, context: Context) -> pb.Earning:
        current_actor().require_role(*OPERATORS)
        row = await store.lock(current_session(), request.earning_id)
        return await self._take(row, state.lock(row.earning_state), "客户已验收")

    async def PostEarning(self, request: pb.PostEarningRequest, context: Context) -> pb.Earning:
        current_actor().require_role(*OPERATORS)
        row = await store.lock(current_session(), request.earning_id)
        step = state.post(row.earning_state)
        if row.review_required and row.reviewed_at is None:
            state.check_review(by_person=not current_actor().is_system)
            self._review(row)
        return await self._take(row, step, "审核通过，入账")

    async def StartPayout(self, request: pb.StartPayoutRequest, context: Context) -> pb.Earning:
        current_actor().require_role(*CASHIERS)
        row = await store.lock(current_session(), request.earning_id)
        return await self._take(row, state.start_payout(row.earning_state), "提交打款")

    async def ConfirmPayout(self, request: pb.ConfirmPayoutRequest, context: Context) -> pb.Earning:
        current_actor().require_role(*CASHIERS)
        require_text(request.payout_reference, "payout_reference", "the bank's own number")
        row = await store.lock(current_session(), request.earning_id)
        step = state.confirm_payout(row.earning_state)
        await payouts.require_by_hand(current_session(), row.earning_id)
        row.payout_reference = request.payout_reference
        return await self._take(row, step, f"已到账，打款单号 {request.payout_reference}")

    async def CancelEarning(self, request: pb.CancelEarningRequest, context: Context) -> pb.Earning:
        current_actor().require_role(*OPERATORS)
        require_text(request.reason, "reason", "why it is cancelled")
        session = current_session()
        row = await store.lock(session, request.earning_id)
        step = state.cancel(row.earning_state)
        if step is None:
            return protos.earning_to_proto(row, viewer_of(current_actor()))
        contract, rule = protos.contract_of(row), await self._recorded_rule(row)
        memory = await rules.lock_memory(session, contract, rule.scheme)
        await rules.remember(session, contract, undo(rule.scheme, protos.dealing_of(row), memory))
        return await self._take(row, step, request.reason)

    async def GetEarning(self, request: pb.GetEarningRequest, context: Context) -> pb.Earning:
        viewer = viewer_of(current_actor())
        row = await store.find(current_session(), request.earning_id, viewer)
        told = await with_adjustments(protos.earning_to_proto(row, viewer), viewer)
        return await with_net_estimate(told, self._clock.now())

    async def _recorded_rule(self, row: EarningRow) -> SplitRule:
        """The version that split an earning, whatever has changed since."""
        found = await rules.version(current_session(), row.split_rule_code, row.split_rule_version)
        return rules.rule_of(found)

    async def _take(self, row: EarningRow, step: Step, reason: str) -> pb.Earning:
        """Move an earning one step on, in its row and in the ledger."""
        adjusting, previous = Adjusting(self._clock), row.state
        if step.effect is LedgerEffect.REVERSE_SHARES:
            await adjusting.before_reversal(row)
        row.state = step.to.value
        row.revision += 1
        shares = protos.shares_of(row)
        await posting.record(current_session(), row, step.effect, shares, self._clock.now())
        if step.effect is LedgerEffect.POST_SHARES:
            await adjusting.earning_posted(row)
        return await self._changed(row, previous, reason)

    async def _changed(self, row: EarningRow, previous_state: str, reason: str) -> pb.Earning:
        """Tell the audit and the world that an earning changed, and answer with it."""
        now = self._clock.now()
        note(row, previous_state, reason, current_actor().person_id, now)
        await tell(row, previous_state, now)
        return protos.earning_to_proto(row, viewer_of(current_actor()))
