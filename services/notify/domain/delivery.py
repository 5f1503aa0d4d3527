"""The life of one delivery: queued until it is sent or given up, and why it waits meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.notify.domain.limiter import next_free_instant
from services.notify.domain.template import MessageForm

#: A message that nobody got within a day is no longer news.
GIVE_UP_AFTER = timedelta(hours=24)
#: Within it the channel recognises a repetition of the same bytes and shows it once.
DUPLICATE_WINDOW = timedelta(minutes=30)
#: How long one attempt may take in all; after it, the message has arrived or never will.
ATTEMPT_TIMEOUT = timedelta(seconds=10)
#: A claimed delivery whose sender vanished is taken up again after this.
LEASE = ATTEMPT_TIMEOUT + timedelta(seconds=5)

_FIRST_PAUSE = timedelta(seconds=1)
_LONGEST_PAUSE = timedelta(minutes=5)
_PAUSE_FOR_USERID = timedelta(seconds=15)


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"


class Outcome(StrEnum):
    """What is known after an attempt."""

    SENT = "sent"
    REFUSED = "refused"  # the channel answered no
    UNREACHABLE = "unreachable"  # the channel never got it
    UNCLEAR = "unclear"  # it may or may not have arrived
    LIMITED = "limited"  # not tried: the member may not get more now


@dataclass(frozen=True)
class Answer:
    """What a channel said to one attempt.

    ``final`` means that trying again cannot help. ``pause`` asks for silence towards the whole
    channel: it is misconfigured, or we call too often.
    """

    outcome: Outcome
    error_code: int = 0
    error_message: str = ""
    final: bool = False
    pause: timedelta = timedelta()


@dataclass(frozen=True)
class Due:
    """A queued delivery whose time has come."""

    queued_at: datetime
    first_unclear_at: datetime | None
    wecom_userid: str


@dataclass(frozen=True)
class Go:
    """Send it now."""


@dataclass(frozen=True)
class Wait:
    """Try again at an instant, for a reason that people can read."""

    until: datetime
    reason: str
    outcome: Outcome | None = None


@dataclass(frozen=True)
class GiveUp:
    """Never send it; people can read why."""

    reason: str


def before_attempt(due: Due, arrivals: Sequence[datetime], now: datetime) -> Go | Wait | GiveUp:
    """Whether a due delivery may go out now, given what its member received lately."""
    if due.first_unclear_at and now + ATTEMPT_TIMEOUT > due.first_unclear_at + DUPLICATE_WINDOW:
        return GiveUp("unclear whether it arrived, and too late to repeat without showing it twice")
    if now > due.queued_at + GIVE_UP_AFTER:
        return GiveUp(f"not delivered within {GIVE_UP_AFTER // timedelta(hours=1)} hours")
    if not due.wecom_userid:
        return Wait(now + _PAUSE_FOR_USERID, "no WeCom userid is known for this person yet")
    free_at = next_free_instant(arrivals, now)
    if free_at > now:
        return Wait(free_at, "the member may not get more messages now", Outcome.LIMITED)
    return Go()


def after_attempt(
    answer: Answer, attempt_number: int, now: datetime, jitter: float
) -> Wait | GiveUp | None:
    """What follows an answer: nothing more when sent, another attempt later, or the end.

    Args:
        answer: what the channel said.
        attempt_number: 1 for the first attempt.
        now: the present.
        jitter: 0 to 1, spreads attempts that failed together.
    """
    if answer.outcome is Outcome.SENT:
        return None
    reason = f"{answer.outcome}: {answer.error_message}"
    if answer.final:
        return GiveUp(reason)
    doubled = _FIRST_PAUSE * 2 ** min(attempt_number - 1, 16)
    pause = max(min(doubled, _LONGEST_PAUSE), answer.pause)
    return Wait(now + pause * (1 + jitter / 2), reason)


@dataclass(frozen=True)
class Outgoing:
    """What a channel needs to show one delivery to one member."""

    delivery_id: str
    wecom_userid: str
    form: MessageForm
    title: str
    body: str
    url: str
