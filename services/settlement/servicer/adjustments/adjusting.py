"""The life of adjustments and hold-backs: recorded, posted, told. What other subjects call too."""

from __future__ import annotations

from typing import Final

from kit.authn import SYSTEM_PERSON_ID, current_actor
from kit.clock import SHANGHAI, Clock
from kit.db.session import current_session
from kit.errors import FailedPrecondition
from kit.ids import new_id
from kit.money import Money
from kit.rpc.events import record
from protos.settlement.v1 import adjustment_pb2 as pb
from services.settlement.convert.adjustments import adjustments as protos
from services.settlement.convert.adjustments import holdbacks as holdback_protos
from services.settlement.domain.adjustments.adjustment import (
    EARNERS,
    ENDING,
    AdjustmentKind,
    AdjustmentState,
    PartyShare,
    Proposal,
    check_proposal,
    is_automatic,
)
from services.settlement.domain.adjustments.holdback import HoldbackState, release_at
from services.settlement.domain.adjustments.rule import (
    AdjustmentRule,
    HoldbackTerms,
    RuleKind,
    holdback_rules_for,
    terms_of,
)
from services.settlement.domain.earnings.state import OVER, EarningState
from services.settlement.store.adjustments import adjustments as store
from services.settlement.store.adjustments import holdbacks, posting, rules
from services.settlement.store.earnings import earnings
from services.settlement.tables.adjustments import (
    AdjustmentChangeRow,
    AdjustmentRow,
    HoldbackRow,
)
from services.settlement.tables.earnings import EarningRow

#: Who approved what went by rule.
BY_RULE: Final = "rule"
_POSTED: Final = (EarningState.PAYABLE, EarningState.PAYING, EarningState.PAID)


class Adjusting:
    """Moves adjustments and hold-backs on, each in the ledger and in the audit."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def propose(
        self,
        proposal: Proposal,
        rule: AdjustmentRule | None = None,
        outlet_id: str = "",
        refunded_minor: int = 0,
    ) -> AdjustmentRow:
        """Record an adjustment; what its rule lets through is approved and posted on the way.

        Raises:
            InvalidArgument: as ``check_proposal``.
            AlreadyExists: ``SETTLEMENT_ADJUSTMENT_EXISTS``.
        """
        check_proposal(proposal)
        actor, now = current_actor(), self._clock.now()
        limit = rule.automatic_limit_minor if rule else None
        automatic = is_automatic(proposal, actor.is_system, limit)
        row = protos.adjustment_row(
            new_id("aj", now),
            proposal,
            outlet_id,
            refunded_minor,
            now,
            actor.person_id,
            BY_RULE if automatic else "",
        )
        await store.add(current_session(), row)
        await self._changed(row, "", proposal.reason)
        if automatic:
            await self.post_if_it_can(row)
        return row

    async def move(self, row: AdjustmentRow, to: AdjustmentState, reason: str) -> None:
        """Move an adjustment one step on."""
        previous, row.state = row.state, to.value
        row.revision += 1
        if to is AdjustmentState.POSTED:
            row.posted_at = self._clock.now()
        await current_session().flush()
        await self._changed(row, previous, reason)

    async def post_if_it_can(self, row: AdjustmentRow) -> None:
        """Post what is approved, reject it when its earning is over; otherwise it waits."""
        session = current_session()
        if row.kind in ENDING:
            await self._end_by_right(row)
        elif row.earning_id:
            earning = await earnings.lock(session, row.earning_id)
            if earning.earning_state in OVER:
                await self.move(row, AdjustmentState.REJECTED, "收益已取消")
            elif earning.earning_state in _POSTED:
                await self._post(row)
        else:
            await self._post(row)

    async def reject(self, row: AdjustmentRow, reason: str) -> None:
        """An adjustment is not to be; the hold-back it spoke for is free again."""
        await self.move(row, AdjustmentState.REJECTED, reason)
        if row.holdback_id:
            kept = await holdbacks.lock(current_session(), row.holdback_id)
            if kept.adjustment_id == row.adjustment_id and kept.state == HoldbackState.HELD:
                kept.adjustment_id = ""
                await current_session().flush()

    async def reverse(self, row: AdjustmentRow, reason: str) -> None:
        """Undo what was posted."""
        row.reversed_by_person_id = current_actor().person_id
        await self.move(row, AdjustmentState.REVERSED, reason)
        await posting.reverse(current_session(), row, self._clock.now(), reason)
        await self._offset_all(row)

    async def offset(
        self, party: tuple[str, str], currency: str, earning: EarningRow | None = None
    ) -> bool:
        """Let a party's balance pay its debt, by an adjustment that says so; whether it did."""
        session, now = current_session(), self._clock.now()
        minor = await posting.can_offset(session, party, currency, now)
        if minor == 0:
            return False
        proposal = Proposal(
            kind=AdjustmentKind.DEBT_OFFSET,
            shares=(PartyShare(*party, Money(currency, -minor)),),
            reason="以后续收益抵扣欠款" if minor > 0 else "多抵的欠款退回",
            explanation=f"欠款 → 余额 {Money(currency, abs(minor))}",
            earning_id=earning.earning_id if earning else "",
            case_id=earning.case_id if earning else "",
            work_order_id=earning.work_order_id if earning else "",
        )
        outlet = earning.outlet_id if earning else (party[1] if party[0] == "outlet" else "")
        row = protos.adjustment_row(
            new_id("aj", now), proposal, outlet, 0, now, SYSTEM_PERSON_ID, BY_RULE
        )
        await store.add(session, row)
        await self._changed(row, "", proposal.reason)
        await self.move(row, AdjustmentState.POSTED, proposal.reason)
        await posting.offset(session, row, now)
        return True

    async def earning_posted(self, earning: EarningRow) -> None:
        """An earning has become payable: what a rule keeps of it is put apart, then it pays debts."""
        await self._keep(earning)
        for share in earning.shares:
            if share.party_kind in EARNERS and share.amount_minor > 0:
                await self.offset((share.party_kind, share.party_id), earning.currency, earning)

    async def before_reversal(self, earning: EarningRow) -> None:
        """An earning that was posted is about to be reversed: what is kept of it goes back first.

        Raises:
            FailedPrecondition: ``SETTLEMENT_EARNING_CLAWED_BACK`` when parts of it were taken back
                already: the rest is to be taken back likewise.
        """
        session = current_session()
        if any((await store.taken_of(session, earning)).by_share):
            raise FailedPrecondition(
                "SETTLEMENT_EARNING_CLAWED_BACK",
                f"parts of earning {earning.earning_id} were taken back already; claw back the rest"
                " instead of reversing it",
                field="earning_id",
            )
        for row in await holdbacks.held_of(session, earning.earning_id):
            await self._reject_pending(row, "收益已冲正")
            await self._end(row, HoldbackState.RETURNED, "收益已冲正")

    async def release(self, row: HoldbackRow, reason: str) -> None:
        """Let a hold-back that is due go back to its party, which then pays its debts."""
        await self._reject_pending(row, "到期已释放")
        await self._end(row, HoldbackState.RELEASED, reason)
        await self.offset((row.party_kind, row.party_id), row.currency)

    async def _post(self, row: AdjustmentRow) -> None:
        await self.move(row, AdjustmentState.POSTED, "已入账")
        await posting.post(current_session(), row, self._clock.now())
        await self._offset_all(row)

    async def _offset_all(self, row: AdjustmentRow) -> None:
        for party in {(s.party_kind, s.party_id) for s in row.shares if s.party_kind in EARNERS}:
            await self.offset(party, row.currency)

    async def _end_by_right(self, row: AdjustmentRow) -> None:
        """End the hold-back that an approved adjustment speaks for."""
        kept = await holdbacks.lock(current_session(), row.holdback_id or "")
        await self.move(row, AdjustmentState.POSTED, "已入账")
        early = row.kind == AdjustmentKind.EARLY_RELEASE
        to = HoldbackState.RELEASED if early else HoldbackState.FORFEITED
        await self._end(kept, to, row.reason)
        if early:
            await self.offset((kept.party_kind, kept.party_id), kept.currency)

    async def _end(self, row: HoldbackRow, to: HoldbackState, reason: str) -> None:
        session, now = current_session(), self._clock.now()
        row.state, row.ended_at, row.end_reason = to.value, now, reason
        await session.flush()
        await posting.end_holdback(session, row, now, forfeited=to is HoldbackState.FORFEITED)
        if to is HoldbackState.RELEASED:
            told = pb.HoldbackReleased(holdback=holdback_protos.holdback_to_proto(row))
            await record(
                told,
                aggregate=("holdback", row.holdback_id),
                occurred_at=now,
                case_id=row.case_id,
            )

    async def _reject_pending(self, row: HoldbackRow, reason: str) -> None:
        """A proposal to end a hold-back comes too late."""
        if row.adjustment_id:
            pending = await store.lock(current_session(), row.adjustment_id)
            await self.move(pending, AdjustmentState.REJECTED, reason)
            row.adjustment_id = ""

    async def _keep(self, earning: EarningRow) -> None:
        session, now = current_session(), self._clock.now()
        today = now.astimezone(SHANGHAI).date()
        known = await rules.versions(session, RuleKind.HOLDBACK)
        for party_kind, rule in holdback_rules_for(known, earning.cooperation_mode, today).items():
            terms = terms_of(rule)
            if not isinstance(terms, HoldbackTerms) or rule.currency != earning.currency:
                continue
            for share in earning.shares:
                kept = terms.kept_of(Money(earning.currency, share.amount_minor))
                if share.party_kind != party_kind or kept.amount_minor == 0:
                    continue
                row = holdback_protos.holdback_row(
                    new_id("hb", now),
                    earning,
                    (share.party_kind, share.party_id),
                    kept.amount_minor,
                    rule,
                    now,
                    release_at(today, terms.release_after_days),
                )
                await holdbacks.add(session, row)
                await posting.begin_holdback(session, row, now)
                await record(
                    pb.HoldbackKept(holdback=holdback_protos.holdback_to_proto(row)),
                    aggregate=("holdback", row.holdback_id),
                    occurred_at=now,
                    case_id=row.case_id,
                )

    async def _changed(self, row: AdjustmentRow, previous_state: str, reason: str) -> None:
        """Tell the audit and the world that an adjustment moved on."""
        now = self._clock.now()
        row.changes.append(
            AdjustmentChangeRow(
                revision=row.revision,
                changed_at=now,
                previous_state=previous_state,
                new_state=row.state,
                reason=reason,
                acting_person_id=current_actor().person_id,
            )
        )
        await record(
            protos.event_of(row, previous_state),
            aggregate=("adjustment", row.adjustment_id),
            occurred_at=now,
            case_id=row.case_id,
        )
