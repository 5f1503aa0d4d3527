"""The outbox's other end: takes up what is due, sends it, and writes down every answer.

An attempt is written down as unclear, in a transaction of its own, before anything leaves: a
sender that dies in the middle leaves a delivery that is due again after its lease, to be repeated
in the same bytes, which the channel shows once.
"""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from kit.authn import SYSTEM, set_current_actor
from kit.clock import Clock
from kit.db.session import Database
from kit.errors import Unavailable
from kit.rpc.events import record
from kit.telemetry import logger
from protos.notify.v1 import notify_pb2
from services.notify import convert, store
from services.notify.domain.delivery import (
    ATTEMPT_TIMEOUT,
    LEASE,
    Answer,
    DeliveryState,
    Due,
    GiveUp,
    Go,
    Outcome,
    Outgoing,
    Wait,
    after_attempt,
    before_attempt,
)
from services.notify.domain.template import MessageForm
from services.notify.tables import DeliveryAttemptRow, DeliveryRow

_BATCH: Final = 20
_POLL: Final = timedelta(milliseconds=250)
_DATABASE_PAUSE: Final = timedelta(seconds=2)
_log = logger("sender")


class Channel(Protocol):
    """A way to reach people."""

    def compose(self, outgoing: Outgoing) -> bytes:
        """The bytes of one message, kept and repeated as they are."""

    async def send(self, body: bytes) -> Answer:
        """Try once, within ``ATTEMPT_TIMEOUT``; every failure is an answer, never an exception."""


@dataclass(frozen=True)
class Attempt:
    """An attempt that is written down and may now be made."""

    delivery_id: str
    number: int
    body: bytes


class Sender:
    """Delivers the outbox over one channel; several may run at once."""

    def __init__(self, database: Database, channel: Channel, clock: Clock) -> None:
        self._database = database
        self._channel = channel
        self._clock = clock
        self._paused_until = datetime.min.replace(tzinfo=UTC)

    async def run(self) -> None:
        """Deliver until cancelled; a database that is away is waited for."""
        while True:
            try:
                handled = await self.run_once()
            except Unavailable as error:
                _log.warning("outbox_unreachable", reason=error.reason)
                await asyncio.sleep(_DATABASE_PAUSE.total_seconds())
                continue
            if handled < _BATCH:
                await asyncio.sleep(_POLL.total_seconds())

    async def run_once(self) -> int:
        """Handle one batch of what is due; how many deliveries that were."""
        set_current_actor(SYSTEM)
        if self._clock.now() < self._paused_until:
            return 0
        async with self._database.transaction():
            due = await store.claim_due(self._clock.now(), _BATCH)
            attempts = await self._begin(due)
        await asyncio.gather(*(self._make(attempt) for attempt in attempts))
        return len(due)

    async def _begin(self, due: Sequence[DeliveryRow]) -> list[Attempt]:
        now = self._clock.now()
        userids = await store.wecom_userids({row.recipient_person_id for row in due})
        arrivals = await store.arrivals(set(userids.values()), now)
        attempts = []
        for row in due:
            userid = userids.get(row.recipient_person_id, "")
            facts = Due(row.queued_at, _first_unclear_at(row), userid)
            match before_attempt(facts, arrivals.get(userid, ()), now):
                case Go():
                    arrivals[userid].append(now + ATTEMPT_TIMEOUT)
                    attempts.append(self._write_down(row, userid, now))
                case Wait() as wait:
                    _postpone(row, wait, userid, now)
                case GiveUp(reason):
                    await self._end(row, DeliveryState.FAILED, reason)
        return attempts

    def _write_down(self, row: DeliveryRow, userid: str, now: datetime) -> Attempt:
        if row.request_body is None:
            row.request_body = self._channel.compose(_outgoing(row, userid))
        attempt = _attempt_row(row, userid, now, Outcome.UNCLEAR, "no answer is known")
        row.attempts.append(attempt)
        row.next_attempt_at = now + LEASE
        return Attempt(row.delivery_id, attempt.attempt_number, row.request_body)

    async def _make(self, attempt: Attempt) -> None:
        answer = await self._channel.send(attempt.body)
        now = self._clock.now()
        if answer.pause:
            self._paused_until = max(self._paused_until, now + answer.pause)
        async with self._database.transaction():
            row = await store.lock_delivery(attempt.delivery_id)
            made = row.attempts[attempt.number - 1]
            made.outcome = answer.outcome
            made.error_code = answer.error_code
            made.error_message = answer.error_message
            if answer.outcome is Outcome.SENT:
                made.arrived_by = min(made.arrived_by, now)
            # An attempt that outlived its lease may find that a later one has settled it.
            if row.state == DeliveryState.QUEUED:
                await self._follow(row, answer, now)

    async def _follow(self, row: DeliveryRow, answer: Answer, now: datetime) -> None:
        tried = sum(made.outcome != Outcome.LIMITED for made in row.attempts)
        match after_attempt(answer, tried, now, secrets.randbelow(1000) / 1000):
            case None:
                await self._end(row, DeliveryState.SENT, "")
            case Wait(until, reason):
                row.next_attempt_at, row.last_error = until, reason
            case GiveUp(reason):
                await self._end(row, DeliveryState.FAILED, reason)

    async def _end(self, row: DeliveryRow, state: DeliveryState, reason: str) -> None:
        now = self._clock.now()
        row.state = state
        row.next_attempt_at = None
        row.sent_at = now if state is DeliveryState.SENT else None
        row.last_error = reason
        if state is DeliveryState.FAILED:
            _log.warning("delivery_failed", delivery_id=row.delivery_id, reason=reason)
        await record(
            notify_pb2.DeliveryChanged(delivery=convert.delivery_to_proto(row)),
            aggregate=("delivery", row.delivery_id),
            occurred_at=now,
            case_id=row.message.case_id,
        )


def _postpone(row: DeliveryRow, wait: Wait, userid: str, now: datetime) -> None:
    row.next_attempt_at, row.last_error = wait.until, wait.reason
    # Waiting for the limiter is written down once, however long it lasts.
    waits_already = bool(row.attempts) and row.attempts[-1].outcome == wait.outcome
    if wait.outcome and not waits_already:
        row.attempts.append(_attempt_row(row, userid, now, wait.outcome, wait.reason))


def _attempt_row(
    row: DeliveryRow, userid: str, now: datetime, outcome: Outcome, message: str
) -> DeliveryAttemptRow:
    return DeliveryAttemptRow(
        attempt_number=len(row.attempts) + 1,
        wecom_userid=userid,
        attempted_at=now,
        arrived_by=now + ATTEMPT_TIMEOUT,
        outcome=outcome,
        error_code=0,
        error_message=message,
    )


def _first_unclear_at(row: DeliveryRow) -> datetime | None:
    unclear = (made.attempted_at for made in row.attempts if made.outcome == Outcome.UNCLEAR)
    return min(unclear, default=None)


def _outgoing(row: DeliveryRow, userid: str) -> Outgoing:
    return Outgoing(
        delivery_id=row.delivery_id,
        wecom_userid=userid,
        form=MessageForm(row.message.form),
        title=row.message.title,
        body=row.message.body,
        url=row.message.url,
    )
