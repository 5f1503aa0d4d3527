"""Promises changed by listed events, and shared with a crew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kit.authn import current_actor
from kit.db.session import current_session
from protos.settlement.v1 import settlement_pb2 as pb
from services.settlement.convert import earnings as protos
from services.settlement.domain.earnings.earning import SettlementLine
from services.settlement.domain.earnings.revision import (
    ChangeKind,
    CrewMember,
    Standing,
    check_added,
    check_changeable,
    check_crew,
    check_shareable,
    handed_over,
    parts_of_crew,
    revision,
)
from services.settlement.domain.earnings.state import EarningState, LedgerEffect
from services.settlement.domain.earnings.view import viewer_of
from services.settlement.servicer.base import OPERATORS, Context, require_text
from services.settlement.servicer.earnings import EarningRpcs
from services.settlement.store.earnings import earnings as store
from services.settlement.store.earnings import posting, revisions
from services.settlement.store.splits import rules
from services.settlement.tables.earnings import EarningRow


class EarningChangeRpcs(EarningRpcs):
    """What happens to a promise before it is payable."""

    async def ChangeEarning(self, request: pb.ChangeEarningRequest, context: Context) -> pb.Earning:
        current_actor().require_role(*OPERATORS)
        kind = protos.change_kind(request.change_kind)
        require_text(request.reason, "reason", "why the earning changes")
        require_text(request.evidence_reference, "evidence_reference", "by what it happened")
        added = protos.lines_from_proto(request.lines, "lines")
        row = await store.lock(current_session(), request.earning_id)
        check_changeable(row.earning_state)
        check_added(added, row.currency)
        await self._revise(row, kind, request.evidence_reference, request.reason, added)
        return protos.earning_to_proto(row, viewer_of(current_actor()))

    async def ShareEarning(
        self, request: pb.ShareEarningRequest, context: Context
    ) -> pb.ShareEarningResponse:
        current_actor().require_role(*OPERATORS)
        row = await store.lock(current_session(), request.earning_id)
        crew = [CrewMember(each.technician_id, each.share_basis_points) for each in request.crew]
        check_shareable(row.earning_state, len(row.revisions))
        check_crew(crew, row.technician_id)
        parts = parts_of_crew(protos.settlement_lines_of(row), crew)
        reason = request.reason or "班组按份额分摊"
        rule, facts = await self._recorded_rule(row), protos.facts_of(row)
        await self._revise(row, ChangeKind.CREW, row.work_order_id, reason, handed_over(parts))
        earnings = [row]
        for member, lines in zip(crew[1:], parts[1:], strict=True):
            theirs = replace(facts, technician_id=member.technician_id, lines=lines)
            made = await self._promise(theirs, rule)
            await self._changed(made, "", reason)
            earnings.append(made)
        viewer = viewer_of(current_actor())
        return pb.ShareEarningResponse(
            earnings=[protos.earning_to_proto(each, viewer) for each in earnings]
        )

    async def _revise(
        self,
        row: EarningRow,
        kind: ChangeKind,
        evidence_reference: str,
        reason: str,
        added: Sequence[SettlementLine],
    ) -> None:
        """Add lines to an earning, in its rows, its contract's memory and the ledger."""
        session, now = current_session(), self._clock.now()
        contract, rule = protos.contract_of(row), await self._recorded_rule(row)
        memory = await rules.lock_memory(session, contract, rule.scheme)
        standing = Standing(protos.settlement_lines_of(row), protos.dealing_of(row))
        made, memory = revision(rule, standing, added, memory)
        await rules.remember(session, contract, memory)
        locked = row.earning_state is EarningState.LOCKED
        if locked:
            was = protos.shares_of(row)
            await posting.record(session, row, LedgerEffect.VOID_SHARES, was, now)
        person_id = current_actor().person_id
        rows = protos.revision_rows(row, made, kind, evidence_reference, reason, now, person_id)
        await revisions.add(session, row, *rows)
        if locked:
            is_now = protos.shares_of(row)
            await posting.record(session, row, LedgerEffect.HOLD_SHARES, is_now, now)
        row.revision += 1
        await self._changed(row, row.state, reason)
