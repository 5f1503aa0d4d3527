"""Payouts on their way: handed to the channel, asked for, taken back, told of.

Nothing here holds a transaction while a channel is spoken to. What is about to happen is committed
first, then the channel is asked, then its answer is written down; a kill anywhere in between is
followed by a question under the same number.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kit.authn import current_actor
from kit.clock import Clock
from kit.db.session import Database, current_database, current_session
from kit.errors import FailedPrecondition, ServiceError, Unavailable
from kit.telemetry import logger
from protos.settlement.v1 import payout_pb2 as pb
from services.settlement.convert import payouts as protos
from services.settlement.domain.payouts.channel import (
    Answer,
    Channel,
    Channels,
    Order,
    Outcome,
    SignedNotice,
)
from services.settlement.domain.payouts.state import (
    FINAL,
    HANDED_OVER,
    NOT_KNOWN_THERE,
    PayoutState,
    after,
)
from services.settlement.servicer.base import CASHIERS, Context, require_text
from services.settlement.servicer.payouts import steps
from services.settlement.servicer.payouts.batches import BatchRpcs
from services.settlement.store.payouts import payouts as store
from services.settlement.store.payouts import settings
from services.settlement.tables.payouts import PayoutNoticeRow, PayoutRow

_REMARK = "安装服务报酬"
_log = logger("payouts")


@dataclass(frozen=True, slots=True)
class _Turn:
    """What a payout was when its turn came.

    Args:
        begun_now: it was held in the ledger a moment ago: no channel has heard of it yet.
    """

    row: PayoutRow
    begun_now: bool


class AdvancingRpcs(BatchRpcs):
    """What speaks to channels."""

    def __init__(self, clock: Clock, channels: Channels) -> None:
        super().__init__(clock)
        self._channels = channels

    async def AdvancePayout(self, request: pb.AdvancePayoutRequest, context: Context) -> pb.Payout:
        current_actor().require_role(*CASHIERS)
        database = current_database()
        turn = await self._begin(database, request.payout_id)
        if turn.row.payout_state not in HANDED_OVER:
            return protos.payout_to_proto(turn.row)
        answer = await self._ask(turn)
        return await self._write_down(database, request.payout_id, answer)

    async def WithdrawPayout(
        self, request: pb.WithdrawPayoutRequest, context: Context
    ) -> pb.Payout:
        current_actor().require_role(*CASHIERS)
        require_text(request.reason, "reason", "why it is taken back")
        database, now = current_database(), self._clock.now()
        async with database.transaction() as session:
            row = await store.lock(session, request.payout_id)
            if row.payout_state is PayoutState.APPROVED:
                await steps.change(row, PayoutState.CANCELLED, request.reason, now)
        if row.payout_state not in HANDED_OVER:
            return protos.payout_to_proto(row)
        channel = self._channel(row.channel_code)
        refusal = await channel.withdraw(row.channel_number)
        answer = await channel.query(row.channel_number)
        told = await self._write_down(database, request.payout_id, answer)
        if refusal.outcome is not Outcome.TOLD:
            raise FailedPrecondition(
                "SETTLEMENT_PAYOUT_NOT_WITHDRAWN",
                f"the channel does not take it back: {refusal.reason}",
                field="payout_id",
                details={"state": protos.state_name(told.state)},
            )
        return told

    async def TakePayoutNotice(
        self, request: pb.TakePayoutNoticeRequest, context: Context
    ) -> pb.TakePayoutNoticeResponse:
        now, session = self._clock.now(), current_session()
        if not current_actor().is_system:
            current_actor().require_role("ops")
        signed = SignedNotice(
            request.serial_number,
            request.signed_at,
            request.nonce,
            request.signature,
            request.body,
        )
        notice = self._channel(request.channel_code).open_notice(signed, now)
        kept = await store.keep_notice(
            session,
            PayoutNoticeRow(
                channel_code=request.channel_code,
                notice_id=notice.notice_id,
                channel_number=notice.number,
                standing=notice.answer.standing or "",
                received_at=now,
            ),
        )
        row = await store.lock_number(session, request.channel_code, notice.number)
        if row is None:
            _log.warning("payout_notice_of_nobody", channel_number=notice.number)
        if not kept or row is None:
            return pb.TakePayoutNoticeResponse(applied=False)
        before = row.revision
        await self._apply(row, notice.answer, now)
        return pb.TakePayoutNoticeResponse(applied=row.revision != before)

    async def _begin(self, database: Database, payout_id: str) -> _Turn:
        """Commit that a payout is about to be handed over; what cannot be begun has failed."""
        try:
            async with database.transaction() as session:
                row = await store.lock(session, payout_id)
                if row.payout_state is PayoutState.DRAWN:
                    raise FailedPrecondition(
                        "SETTLEMENT_PAYOUT_NOT_APPROVED", "two others approve it first"
                    )
                if row.payout_state is not PayoutState.APPROVED:
                    return _Turn(row, begun_now=False)
                self._channel(row.channel_code)
                least = (await settings.limits(session)).least_minor
                await steps.begin(row, least, self._clock.now())
                return _Turn(row, begun_now=True)
        except ServiceError as error:
            if error.retryable or error.reason == "SETTLEMENT_PAYOUT_NOT_APPROVED":
                raise
            return await self._failed(database, payout_id, error)

    async def _failed(self, database: Database, payout_id: str, error: ServiceError) -> _Turn:
        async with database.transaction() as session:
            row = await store.lock(session, payout_id)
            if row.payout_state is PayoutState.APPROVED:
                row.fail_reason = error.reason
                now = self._clock.now()
                await steps.change(row, PayoutState.FAILED, error.message, now)
            return _Turn(row, begun_now=False)

    async def _ask(self, turn: _Turn) -> Answer:
        """Have the channel carry it out, unless it has: what was begun before is asked for first."""
        row, channel = turn.row, self._channel(turn.row.channel_code)
        if not turn.begun_now:
            answer = await channel.query(row.channel_number)
            if answer.outcome is not Outcome.UNKNOWN or row.payout_state not in NOT_KNOWN_THERE:
                return answer
        order = Order(row.channel_number, row.channel_payee, row.net_minor or 0, _REMARK)
        answer = await channel.transfer(order)
        if answer.outcome is not Outcome.REFUSED:
            return answer
        # A refusal counts once the channel says that it has nothing under this number.
        known = await channel.query(row.channel_number)
        return answer if known.outcome is Outcome.UNKNOWN else known

    async def _write_down(self, database: Database, payout_id: str, answer: Answer) -> pb.Payout:
        async with database.transaction() as session:
            row = await store.lock(session, payout_id)
            await self._apply(row, answer, self._clock.now())
            return protos.payout_to_proto(row)

    async def _apply(self, row: PayoutRow, answer: Answer, now: datetime) -> None:
        """What an answer makes of a payout that is locked."""
        state = row.payout_state
        to = after(state, answer, row.net_minor or 0)
        if state not in HANDED_OVER:
            if answer.outcome is Outcome.TOLD and state in FINAL:
                _log.info("payout_told_late", payout_id=row.payout_id, told=answer.standing)
            return
        if answer.outcome is Outcome.TOLD and to is not PayoutState.DOUBTFUL:
            row.channel_bill_number = answer.bill_number or row.channel_bill_number
            row.confirmation_token = answer.confirmation_token or row.confirmation_token
        if to is state:
            await current_session().flush()
            return
        if to in (PayoutState.FAILED, PayoutState.RETURNED):
            row.fail_reason = answer.reason or "unknown"
        if to in FINAL:
            await steps.end(row, to, answer.reason, now)
        else:
            await steps.change(row, to, answer.reason, now)

    def _channel(self, code: str) -> Channel:
        channel = self._channels.get(code)
        if channel is None:
            raise Unavailable(
                "SETTLEMENT_CHANNEL_MISSING",
                f"the channel {code!r} is not set up in this process; see docs/payouts.md",
            )
        return channel
