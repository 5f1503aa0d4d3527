"""One movement of money, as somebody's bill tells it or as we booked it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kit.money import Money


@dataclass(frozen=True, slots=True)
class Movement:
    """A payment, a refund or a transfer on one side.

    Attributes:
        key: what that side calls it: the line of the bill, or the id of our document.
        numbers: that name this movement and no other: the channel's, and ours that the channel
            was told.
        order_number: of what was ordered, which may have been paid in parts; empty: unknown.
        amount: above zero what came in, below it what went out.
        at: when it happened, as that side says.
    """

    key: str
    numbers: frozenset[str]
    order_number: str
    amount: Money
    at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """A receipt that came in, or a refund that was paid."""

    document_kind: str
    document_id: str
    channel_number: str
    order_number: str
    occurred_at: datetime
    amount: Money

    def movement(self) -> Movement:
        """The entry as it is compared; the channel knows it by its number or by ours."""
        numbers = frozenset(filter(None, (self.channel_number, self.document_id)))
        return Movement(self.document_id, numbers, self.order_number, self.amount, self.occurred_at)
