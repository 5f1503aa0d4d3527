"""What a technician is promised: their share of a settlement, line by line, to the fen.

A promise is computed once, at the offer, and never again: lines, shares and the rule's version
are recorded, and what is recorded is what is posted, paid or reversed later.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

from kit.errors import InvalidArgument
from kit.money import Money, sum_money
from services.settlement.domain.apportion import apportion
from services.settlement.domain.splits.rule import Contract, SplitRule
from services.settlement.domain.splits.split import Carry, PartyKind, Portion, split_recurring

#: The platform is one party, the company itself.
PLATFORM_ID: Final = "platform"

# Ids stand between colons in ledger accounts.
_ID: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class LineKind(StrEnum):
    """What a line is for, as the technician reads it."""

    BASE = "base"
    PREMIUM = "premium"
    COEFFICIENT = "coefficient"
    SURCHARGE = "surcharge"
    SUBSIDY = "subsidy"
    DEDUCTION = "deduction"
    #: Tax on the settlement price that pricing computed beside it (价外税).
    TAX = "tax"
    #: The part of a tax that is paid back, always negative (可退税费).
    REFUNDABLE_TAX = "refundable_tax"


#: Lines of taxes: no part of what is split as commission, unless the rule's base says so.
TAX_KINDS: Final = (LineKind.TAX, LineKind.REFUNDABLE_TAX)

_NEVER_NEGATIVE: Final = {LineKind.BASE, LineKind.SURCHARGE, LineKind.SUBSIDY, LineKind.TAX}
_NEVER_POSITIVE: Final = {
    LineKind.DEDUCTION: "a deduction is negative; write a subsidy to add something",
    LineKind.REFUNDABLE_TAX: "what is paid back of a tax is negative; write a tax to add one",
}


@dataclass(frozen=True, slots=True)
class SettlementLine:
    """One settlement step of the quote, over all parties."""

    line_kind: str
    label: str
    amount: Money
    rule_id: str
    explanation: str


@dataclass(frozen=True, slots=True)
class EarningFacts:
    """What an earning is computed from."""

    case_id: str
    work_order_id: str
    technician_id: str
    outlet_id: str
    agent_id: str
    cooperation_mode: str
    quote_id: str
    lines: tuple[SettlementLine, ...]


@dataclass(frozen=True, slots=True)
class EarningLine:
    """The technician's part of one settlement line."""

    line_kind: str
    label: str
    settlement_amount: Money
    amount: Money
    rule_id: str
    share_basis_points: int
    explanation: str


@dataclass(frozen=True, slots=True)
class Share:
    """What one party gets."""

    party_kind: PartyKind
    party_id: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Promise:
    """An earning as it will be recorded."""

    settlement_total: Money
    lines: tuple[EarningLine, ...]
    shares: tuple[Share, ...]
    total: Money


def check_origin(facts: EarningFacts) -> None:
    """Raise ``InvalidArgument`` (``SETTLEMENT_ORIGIN_MISSING``) unless the facts say what a
    promise is made for."""
    origin = {
        "case_id": facts.case_id,
        "work_order_id": facts.work_order_id,
        "quote_id": facts.quote_id,
    }
    for name, value in origin.items():
        if not value:
            raise InvalidArgument(
                "SETTLEMENT_ORIGIN_MISSING",
                f"a promise is made for a case, a work order and a quote: give {name}",
                field=f"facts.{name}",
            )


def parties_of(rule: SplitRule, facts: EarningFacts) -> tuple[str, ...]:
    """The party ids of a rule's portions for these facts, in declared order.

    Raises:
        InvalidArgument: ``SETTLEMENT_PARTY_MISSING`` when the rule names a party the facts do not,
            ``SETTLEMENT_PARTY_MALFORMED`` when an id cannot name a ledger account.
    """
    known = {
        PartyKind.TECHNICIAN: facts.technician_id,
        PartyKind.OUTLET: facts.outlet_id,
        PartyKind.AGENT: facts.agent_id,
        PartyKind.PLATFORM: PLATFORM_ID,
    }
    parties = []
    for portion in rule.portions:
        kind = portion.party_kind
        party_id = known[kind]
        if not party_id:
            raise InvalidArgument(
                "SETTLEMENT_PARTY_MISSING",
                f"split rule {rule.split_rule_code} gives a portion to the {kind}: name it",
                field=f"facts.{kind}_id",
            )
        if not _ID.fullmatch(party_id):
            raise InvalidArgument(
                "SETTLEMENT_PARTY_MALFORMED",
                f"{party_id!r} is no id: 1 to 64 letters, digits, '_', '.' or '-'",
                field=f"facts.{kind}_id",
            )
        parties.append(party_id)
    return tuple(parties)


def settlement_total(lines: Sequence[SettlementLine]) -> Money:
    """The whole amount the lines settle.

    Raises:
        InvalidArgument: naming the line: ``SETTLEMENT_LINES_MISSING``, ``SETTLEMENT_LINE_INVALID``
            (an unknown kind, a sign its kind cannot have, another currency), or
            ``SETTLEMENT_AMOUNT_NEGATIVE`` when deductions exceed the rest.
    """
    if not lines:
        raise InvalidArgument(
            "SETTLEMENT_LINES_MISSING", "an earning needs a settlement line", field="facts.lines"
        )
    currency = lines[0].amount.currency
    for i, line in enumerate(lines):
        _check_line(line, currency, f"facts.lines[{i}]")
    total = sum_money(currency, [line.amount for line in lines])
    if total.amount_minor < 0:
        raise InvalidArgument(
            "SETTLEMENT_AMOUNT_NEGATIVE",
            f"the settlement lines sum to {total}; deductions cannot exceed what is earned",
            field="facts.lines",
        )
    return total


def contract_of(rule: SplitRule, facts: EarningFacts) -> Contract:
    """The contract these facts are split under; the facts are checked on the way."""
    currency = settlement_total(facts.lines).currency
    return Contract(rule.split_rule_code, rule.version, currency, parties_of(rule, facts))


def promise(rule: SplitRule, facts: EarningFacts, carry: Carry) -> tuple[Promise, Carry]:
    """Compute what every party gets and how the technician's part is composed.

    Args:
        rule: the version that splits.
        facts: the settlement lines and the parties.
        carry: what the contract of rule and parties remembers.

    Returns:
        The promise, and the carry for the contract's next split.
    """
    total = settlement_total(facts.lines)
    amounts, next_carry = split_recurring(total, rule.portions, carry)
    parties = zip(rule.portions, parties_of(rule, facts), amounts, strict=True)
    shares = tuple(Share(portion.party_kind, party, amount) for portion, party, amount in parties)
    own, portion = next(
        (share, portion)
        for share, portion in zip(shares, rule.portions, strict=True)
        if share.party_kind is PartyKind.TECHNICIAN
    )
    return Promise(total, _own_lines(facts.lines, own.amount, portion), shares, own.amount), (
        next_carry
    )


def _own_lines(
    lines: Sequence[SettlementLine], own: Money, portion: Portion
) -> tuple[EarningLine, ...]:
    weights = [line.amount.amount_minor for line in lines]
    amounts = apportion(own.amount_minor, weights)
    basis_points = apportion(10_000, weights)
    return tuple(
        EarningLine(
            line_kind=line.line_kind,
            label=line.label,
            settlement_amount=line.amount,
            amount=Money(own.currency, amount),
            rule_id=line.rule_id,
            share_basis_points=points,
            explanation=_explain(line, Money(own.currency, amount), portion.ratio),
        )
        for line, amount, points in zip(lines, amounts, basis_points, strict=True)
    )


def _explain(line: SettlementLine, amount: Money, ratio: Fraction) -> str:
    reading = line.explanation or f"{line.label} {line.amount}"
    exact = line.amount.amount_minor * ratio == amount.amount_minor
    return f"{reading}；分成 {line.amount} × {_percent(ratio)} {'=' if exact else '≈'} {amount}"


def _percent(ratio: Fraction) -> str:
    hundredfold = ratio * 100
    if 10_000 % hundredfold.denominator:
        return str(ratio)
    return f"{Decimal(hundredfold.numerator) / hundredfold.denominator:f}%"


def _check_line(line: SettlementLine, currency: str, field: str) -> None:
    amount = line.amount.amount_minor
    if line.line_kind not in tuple(LineKind):
        raise _line_invalid(
            f"unknown line kind {line.line_kind!r}; known: {', '.join(LineKind)}",
            f"{field}.line_kind",
        )
    if amount < 0 and line.line_kind in _NEVER_NEGATIVE:
        raise _line_invalid(
            f"a {line.line_kind} line is not negative; write a deduction",
            f"{field}.amount.amount_minor",
        )
    if amount > 0 and (why := _NEVER_POSITIVE.get(LineKind(line.line_kind))):
        raise _line_invalid(why, f"{field}.amount.amount_minor")
    if line.amount.currency != currency:
        raise _line_invalid(
            f"all lines of an earning are in one currency, here {currency}",
            f"{field}.amount.currency",
        )


def _line_invalid(message: str, field: str) -> InvalidArgument:
    return InvalidArgument("SETTLEMENT_LINE_INVALID", message, field=field)
