"""What an amount of a balance is in another currency, and what the rate's movement gained or lost.

A balance was earned bit by bit, each bit booked at the rate of its instant. What is converted first
is what was earned first; what it was booked at, less what it is now, is the company's gain. Sums
are exact; each is rounded once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Final

from kit.errors import FailedPrecondition, InvalidArgument
from kit.money import MINOR_DIGITS, Money, Rounding, round_minor
from services.settlement.domain.currency.rates import Rate, converted, rate_at
from services.settlement.domain.ledger.transfers import (
    CLEARING,
    EXCHANGE,
    LedgerAccount,
    Transfer,
)
from services.settlement.domain.tax.profile import PARTY_KINDS

#: Declared for every currency; one that needs another rounding stands here beside it.
ROUNDINGS: Final = dict.fromkeys(MINOR_DIGITS, Rounding.HALF_UP)
#: What transfers of a conversion are for.
TRANSFER_KIND: Final = "exchange"


@dataclass(frozen=True, slots=True)
class Lot:
    """A bit of a balance, in minor units, and the instant it was earned."""

    amount_minor: int
    earned_at: datetime


@dataclass(frozen=True, slots=True)
class BookedLot:
    """A lot that is converted, at the rate of when it was earned."""

    lot: Lot
    rate: Rate
    booked: Money


@dataclass(frozen=True, slots=True)
class Conversion:
    """A conversion computed.

    Args:
        converted: what the party gives.
        received: what the party gets, at the rate of now.
        lots: what is given, the oldest first.
    """

    converted: Money
    received: Money
    rate: Rate
    rounding: Rounding
    lots: tuple[BookedLot, ...]

    @property
    def booked(self) -> Money:
        """What the amount was when it was earned."""
        whole = sum(each.booked.amount_minor for each in self.lots)
        return Money(self.received.currency, whole)

    @property
    def gain(self) -> Money:
        """What the company gained by the rate's movement; below zero it lost."""
        return self.booked - self.received


def oldest(lots: Sequence[Lot], gone_minor: int, amount_minor: int) -> tuple[Lot, ...]:
    """Of lots in the order they were earned, those that an amount takes when so much of them is gone
    already.

    Raises:
        FailedPrecondition: ``SETTLEMENT_BALANCE_TOO_SMALL`` when there is less.
    """
    taken: list[Lot] = []
    wanted, skipped = amount_minor, gone_minor
    for lot in lots:
        left = max(0, lot.amount_minor - skipped)
        skipped = max(0, skipped - lot.amount_minor)
        if (part := min(left, wanted)) > 0:
            taken.append(Lot(part, lot.earned_at))
            wanted -= part
    if wanted:
        raise FailedPrecondition(
            "SETTLEMENT_BALANCE_TOO_SMALL",
            f"{wanted} minor units more are asked for than the balance has; convert less",
            field="amount.amount_minor",
        )
    return tuple(taken)


def convert(
    amount: Money, to_currency: str, lots: Sequence[Lot], rates: Iterable[Rate], at: datetime
) -> Conversion:
    """Compute a conversion.

    Args:
        amount: what is converted, above zero.
        lots: what it consists of, as ``oldest`` gives it; they sum to the amount.
        rates: of the two currencies, all that are known.
        at: the instant of conversion.

    Raises:
        InvalidArgument: ``SETTLEMENT_CONVERSION_INVALID``.
        FailedPrecondition: ``SETTLEMENT_EXCHANGE_RATE_MISSING``.
    """
    check(amount, to_currency)
    rates = list(rates)
    rounding = ROUNDINGS[to_currency]
    now = rate_at(rates, amount.currency, to_currency, at)
    booked: list[BookedLot] = []
    exact, so_far = Fraction(0), 0
    for lot in lots:
        rate = rate_at(rates, amount.currency, to_currency, lot.earned_at)
        exact += rate.value(lot.amount_minor)
        # The sum is rounded, not each: a lot gets what it adds to the rounded sum.
        upto = round_minor(exact, rounding)
        booked.append(BookedLot(lot, rate, Money(to_currency, upto - so_far)))
        so_far = upto
    return Conversion(amount, converted(amount, now, rounding), now, rounding, tuple(booked))


def owner_of(party_kind: str, party_id: str) -> LedgerAccount:
    """The account of what a party owns (``SETTLEMENT_CONVERSION_INVALID``)."""
    if party_kind not in PARTY_KINDS:
        raise _invalid(f"one of {', '.join(PARTY_KINDS)}", "party_kind")
    if not party_id.strip():
        raise _invalid("say whose balance it is", "party_id")
    return LedgerAccount(party_kind, party_id, "earning")


def check(amount: Money, to_currency: str) -> None:
    """Refuse what is no conversion (``SETTLEMENT_CONVERSION_INVALID``)."""
    if amount.amount_minor <= 0:
        raise _invalid("convert an amount above zero", "amount.amount_minor")
    if to_currency not in MINOR_DIGITS:
        raise _invalid(f"{to_currency!r} is none of {', '.join(MINOR_DIGITS)}", "to_currency")
    if to_currency == amount.currency:
        raise _invalid(f"it is in {to_currency} already", "to_currency")


def legs(conversion: Conversion, owner: LedgerAccount, memo: str) -> list[Transfer]:
    """What a conversion moves, of which no leg is empty.

    The party gives the amount back to where distributed money comes from and gets there what it was
    booked at; what it gets more is the company's loss, what it gets less its gain. So the clearing
    account stands as if the money had been earned in the other currency at once.
    """
    gain, rule_id = conversion.gain.amount_minor, conversion.rate.exchange_rate_id
    currency = conversion.received.currency
    from_clearing = min(conversion.booked.amount_minor, conversion.received.amount_minor)
    moved = [
        (owner, CLEARING, conversion.converted, "given"),
        (CLEARING, owner, Money(currency, from_clearing), "received"),
        (CLEARING, EXCHANGE, Money(currency, max(0, gain)), "gain"),
        (EXCHANGE, owner, Money(currency, max(0, -gain)), "loss"),
    ]
    return [
        Transfer(debit, credit, amount, TRANSFER_KIND, leg, rule_id=rule_id, memo=memo)
        for debit, credit, amount, leg in moved
        if amount.amount_minor
    ]


def _invalid(message: str, field: str) -> InvalidArgument:
    return InvalidArgument("SETTLEMENT_CONVERSION_INVALID", message, field=field)
