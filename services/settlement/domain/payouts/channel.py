"""What a payment channel is asked, and all that it can answer.

A channel moves money once for each of our numbers, however often it is asked. So whatever is not
clear is asked again under the same number, and never under another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Outcome(StrEnum):
    """What an answer amounts to."""

    TOLD = "told"  # where the transfer stands
    UNKNOWN = "unknown"  # the channel has no such number
    REFUSED = "refused"  # it will not be carried out, and was not
    LATER = "later"  # it was not carried out; the same number may be tried later
    UNCLEAR = "unclear"  # nobody knows


class Standing(StrEnum):
    """Where a transfer stands at the channel."""

    UNDER_WAY = "under_way"
    WAITING_FOR_PAYEE = "waiting_for_payee"
    TRANSFERRING = "transferring"
    PAID = "paid"
    RETURNED = "returned"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a channel says of one number.

    Args:
        outcome: what it amounts to.
        standing: of TOLD.
        reason: of a refusal, failure or return, in the channel's words.
        bill_number: the channel's own number, once there is one.
        confirmation_token: with it the payee's app asks them to confirm.
        amount_minor: what the channel moves, where it says so.
    """

    outcome: Outcome
    standing: Standing | None = None
    reason: str = ""
    bill_number: str = ""
    confirmation_token: str = ""
    amount_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """A transfer to carry out."""

    number: str
    channel_payee: str
    amount_minor: int
    remark: str


@dataclass(frozen=True, slots=True)
class Notice:
    """What a channel tells by itself: of which number, and what."""

    notice_id: str
    number: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class SignedNotice:
    """A notification as it came."""

    serial_number: str
    signed_at: str
    nonce: str
    signature: str
    body: bytes


class Channel(Protocol):
    """A way for money to leave. No method raises for what the channel does; all is an answer."""

    async def transfer(self, order: Order) -> Answer:
        """Carry out a transfer, once for its number."""

    async def query(self, number: str) -> Answer:
        """Where a number stands."""

    async def withdraw(self, number: str) -> Answer:
        """Take back what its payee has not confirmed."""

    def open_notice(self, notice: SignedNotice, now: datetime) -> Notice:
        """What a notification says.

        Raises:
            PermissionDenied: ``SETTLEMENT_NOTICE_REFUSED``: not the channel's, altered, or stale.
        """


#: The channels that payouts may use, by their code.
Channels = Mapping[str, Channel]
