"""SettlementService: parse, load, decide, save, reply."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from grpc.aio import ServicerContext

from kit.authn import current_actor
from kit.clock import Clock
from kit.db.session import current_session
from kit.errors import InvalidArgument
from kit.ids import new_id
from kit.rpc.convert import decode_page_token, page_info, page_size
from kit.rpc.events import record
from protos.settlement.v1 import settlement_pb2 as pb
from protos.settlement.v1 import settlement_pb2_grpc
from services.settlement import convert
from services.settlement.domain import state
from services.settlement.domain.earning import check_origin, contract_of, promise
from services.settlement.domain.rule import check_rule, choose_rule, next_version
from services.settlement.domain.split import give_back
from services.settlement.domain.state import Step
from services.settlement.domain.view import SEE_ALL, viewer_of
from services.settlement.store import earnings, ledger, rules, verify
from services.settlement.tables import EarningChangeRow, EarningRow

Context = ServicerContext[Any, Any]

_RULE_MAKERS: Final = ("finance", "hq", "admin")
_OPERATORS: Final = ("finance", "supervisor", "admin")
_CASHIERS: Final = ("finance", "admin")
_LEDGER_READERS: Final = ("finance", "hq", "admin")


class SettlementServicer(settlement_pb2_grpc.SettlementServiceServicer):
    """Earnings from promise to payout, their splits and the ledger."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def PutSplitRule(self, request: pb.PutSplitRuleRequest, context: Context) -> pb.SplitRule:
        current_actor().require_role(*_RULE_MAKERS)
        asked = convert.rule_from_proto(request.split_rule)
        check_rule(asked)
        session = current_session()
        await rules.lock_rules(session)
        known = {rule.split_rule_code: rule for rule in await rules.current_rules(session)}
        newest = known.get(asked.split_rule_code)
        rule = replace(asked, version=next_version(asked, newest))
        if newest == replace(rule, version=rule.version - 1):
            return convert.rule_to_proto(newest)
        await rules.put_rule(session, rule, self._clock.now(), current_actor().person_id)
        return convert.rule_to_proto(rule)

    async def ListSplitRules(
        self, request: pb.ListSplitRulesRequest, context: Context
    ) -> pb.ListSplitRulesResponse:
        current_actor().require_role(*SEE_ALL)
        found = await rules.current_rules(current_session())
        return pb.ListSplitRulesResponse(
            split_rules=[convert.rule_to_proto(rule) for rule in found]
        )

    async def PreviewEarning(
        self, request: pb.PreviewEarningRequest, context: Context
    ) -> pb.Earning:
        current_actor().require_role(*SEE_ALL)
        facts = convert.facts_from_proto(request.facts)
        session = current_session()
        rule = choose_rule(await rules.current_rules(session), facts.cooperation_mode)
        carry = await rules.look_at_carry(session, contract_of(rule, facts))
        promised, _ = promise(rule, facts, carry)
        row = convert.earning_row("", facts, rule, promised, self._clock.now())
        return convert.earning_to_proto(row, viewer_of(current_actor()))

    async def PromiseEarning(
        self, request: pb.PromiseEarningRequest, context: Context
    ) -> pb.Earning:
        current_actor().require_role(*_OPERATORS)
        facts = convert.facts_from_proto(request.facts)
        check_origin(facts)
        session = current_session()
        rule = choose_rule(await rules.current_rules(session), facts.cooperation_mode)
        contract = contract_of(rule, facts)
        promised, carry = promise(rule, facts, await rules.lock_carry(session, contract))
        await rules.remember(session, contract, carry)
        now = self._clock.now()
        row = convert.earning_row(new_id("ea", now), facts, rule, promised, now)
        await earnings.add(session, row)
        return await self._changed(row, "", "派单报价时承诺")

    async def LockEarning(self, request: pb.LockEarningRequest, context: Context) -> pb.Earning:
        current_actor().require_role(*_OPERATORS)
        row = await earnings.lock(current_session(), request.earning_id)
        return await self._take(row, state.lock(row.earning_state), "客户已验收")

    async def PostEarning(self, request: pb.PostEarningRequest, context: Context) -> pb.Earning:
        current_actor().require_role(*_OPERATORS)
        row = await earnings.lock(current_session(), request.earning_id)
        return await self._take(row, state.post(row.earning_state), "审核通过，入账")

    async def StartPayout(self, request: pb.StartPayoutRequest, context: Context) -> pb.Earning:
        current_actor().require_role(*_CASHIERS)
        row = await earnings.lock(current_session(), request.earning_id)
        return await self._take(row, state.start_payout(row.earning_state), "提交打款")

    async def ConfirmPayout(self, request: pb.ConfirmPayoutRequest, context: Context) -> pb.Earning:
        current_actor().require_role(*_CASHIERS)
        _require_text(request.payout_reference, "payout_reference", "the bank's own number")
        row = await earnings.lock(current_session(), request.earning_id)
        step = state.confirm_payout(row.earning_state)
        row.payout_reference = request.payout_reference
        return await self._take(row, step, f"已到账，打款单号 {request.payout_reference}")

    async def CancelEarning(self, request: pb.CancelEarningRequest, context: Context) -> pb.Earning:
        current_actor().require_role(*_OPERATORS)
        _require_text(request.reason, "reason", "why it is cancelled")
        session = current_session()
        row = await earnings.lock(session, request.earning_id)
        step = state.cancel(row.earning_state)
        if step is None:
            return convert.earning_to_proto(row, viewer_of(current_actor()))
        contract = convert.contract_of(row)
        carry = await rules.lock_carry(session, contract)
        shares = [share.amount for share in convert.shares_of(row)]
        await rules.remember(session, contract, give_back(carry, shares))
        return await self._take(row, step, request.reason)

    async def GetEarning(self, request: pb.GetEarningRequest, context: Context) -> pb.Earning:
        viewer = viewer_of(current_actor())
        row = await earnings.find(current_session(), request.earning_id, viewer)
        return convert.earning_to_proto(row, viewer)

    async def ListEarnings(
        self, request: pb.ListEarningsRequest, context: Context
    ) -> pb.ListEarningsResponse:
        viewer = viewer_of(current_actor())
        wanted = earnings.Wanted(
            request.technician_id, request.case_id, convert.state_name(request.state)
        )
        size = page_size(request.page)
        (before,) = decode_page_token(request.page, 1) or ("",)
        rows = await earnings.page(current_session(), wanted, viewer, before, size)
        return pb.ListEarningsResponse(
            earnings=[convert.earning_to_proto(row, viewer) for row in rows[:size]],
            page=page_info([row.earning_id for row in rows], size),
        )

    async def ListLedgerTransfers(
        self, request: pb.ListLedgerTransfersRequest, context: Context
    ) -> pb.ListLedgerTransfersResponse:
        current_actor().require_role(*_LEDGER_READERS)
        size = page_size(request.page)
        (after,) = decode_page_token(request.page, 1) or ("0",)
        rows = await ledger.transfers(
            current_session(),
            request.earning_id,
            request.ledger_account,
            after,
            size,
        )
        return pb.ListLedgerTransfersResponse(
            transfers=[convert.transfer_to_proto(row) for row in rows[:size]],
            page=page_info([str(row.transfer_number) for row in rows], size),
        )

    async def GetLedgerBalances(
        self, request: pb.GetLedgerBalancesRequest, context: Context
    ) -> pb.GetLedgerBalancesResponse:
        current_actor().require_role(*_LEDGER_READERS)
        rows = await ledger.balances(current_session(), request.ledger_account_prefix)
        return pb.GetLedgerBalancesResponse(balances=convert.balances_to_proto(rows))

    async def VerifyLedger(
        self, request: pb.VerifyLedgerRequest, context: Context
    ) -> pb.VerifyLedgerResponse:
        current_actor().require_role(*_LEDGER_READERS)
        found = await verify.verify(current_session())
        return pb.VerifyLedgerResponse(
            sound=not found.findings,
            transfer_count=found.transfer_count,
            findings=found.findings,
            chain_head=found.chain_head,
        )

    async def _take(self, row: EarningRow, step: Step, reason: str) -> pb.Earning:
        """Move an earning one step on, in its row and in the ledger."""
        previous = row.state
        row.state = step.to.value
        row.revision += 1
        shares = convert.shares_of(row)
        await ledger.record(current_session(), row, step.effect, shares, self._clock.now())
        return await self._changed(row, previous, reason)

    async def _changed(self, row: EarningRow, previous_state: str, reason: str) -> pb.Earning:
        """Tell the audit and the world that an earning changed, and answer with it."""
        now = self._clock.now()
        row.changes.append(
            EarningChangeRow(
                revision=row.revision,
                changed_at=now,
                previous_state=previous_state,
                new_state=row.state,
                reason=reason,
                acting_person_id=current_actor().person_id,
            )
        )
        await record(
            convert.event_of(row, previous_state),
            aggregate=("earning", row.earning_id),
            occurred_at=now,
            case_id=row.case_id,
        )
        return convert.earning_to_proto(row, viewer_of(current_actor()))


def _require_text(value: str, field: str, what: str) -> None:
    if not value.strip():
        raise InvalidArgument("SETTLEMENT_TEXT_MISSING", f"give {field}: {what}", field=field)
