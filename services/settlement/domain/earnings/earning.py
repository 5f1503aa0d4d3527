"""What a technician is promised: their share of a settlement, line by line, to the fen.

A promise is computed once, at the offer, and never again: lines, shares and the rule's version
are recorded, and what is recorded is what is posted, paid or reversed later. Only what happens
changes it afterwards (see ``revision``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

from kit.errors import FailedPrecondition, InvalidArgument
from kit.money import Money, sum_money
from services.settlement.domain.apportion import apportion
from services.settlement.domain.splits.rule import CommissionBase, Contract, SplitRule
from services.settlement.domain.splits.scheme import Dealing, Memory, split
from services.settlement.domain.splits.split import PartyKind

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
    #: What parts cost (备件).
    PARTS = "parts"
    #: Tax on the settlement price that pricing computed beside it (价外税).
    TAX = "tax"
    #: The part of a tax that is paid back, always negative (可退税费).
    REFUNDABLE_TAX = "refundable_tax"


#: Lines of taxes: no part of what is split as commission, unless the rule's base says so.
TAX_KINDS: Final = (LineKind.TAX, LineKind.REFUNDABLE_TAX)

_LEFT_OUT: Final[dict[CommissionBase, tuple[LineKind, ...]]] = {
    CommissionBase.GROSS: (),
    CommissionBase.BEFORE_TAX: TAX_KINDS,
    CommissionBase.NET_OF_PARTS: (*TAX_KINDS, LineKind.PARTS),
}

_NEVER_NEGATIVE: Final = {
    LineKind.BASE,
    LineKind.SURCHARGE,
    LineKind.SUBSIDY,
    LineKind.PARTS,
    LineKind.TAX,
}
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
    team_id: str = ""
    franchisee_id: str = ""
    region_adcode: str = ""


@dataclass(frozen=True, slots=True)
class EarningLine:
    """The technician's part of one settlement line."""

    line_kind: str
    label: str
    settlement_amount: Money
    amount: Money
    rule_id: str
    explanation: str


@dataclass(frozen=True, slots=True)
class Share:
    """What one party gets, and what the ledger calls it."""

    party_kind: PartyKind
    party_id: str
    amount: Money
    leg: str


@dataclass(frozen=True, slots=True)
class Promise:
    """An earning as it will be recorded: with how the commission base was dealt."""

    settlement_total: Money
    lines: tuple[EarningLine, ...]
    shares: tuple[Share, ...]
    total: Money
    dealing: Dealing


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
        FailedPrecondition: ``SETTLEMENT_PARTY_TWICE`` when the party that the rule names is the
            work's own, which has a portion already.
    """
    known = {
        PartyKind.TECHNICIAN: facts.technician_id,
        PartyKind.OUTLET: facts.outlet_id,
        PartyKind.AGENT: facts.agent_id,
        PartyKind.TEAM: facts.team_id,
        PartyKind.FRANCHISEE: facts.franchisee_id,
        PartyKind.PLATFORM: PLATFORM_ID,
    }
    parties: list[tuple[PartyKind, str]] = []
    for term in rule.terms:
        kind = PartyKind(term.party_kind)
        party_id = term.party_id or known[kind]
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
        if (kind, party_id) in parties:
            raise FailedPrecondition(
                "SETTLEMENT_PARTY_TWICE",
                f"split rule {rule.split_rule_code} gives {kind} {party_id} two portions of its own"
                f" work; put a rule for that {kind}",
                field=f"facts.{kind}_id",
            )
        parties.append((kind, party_id))
    return tuple(party_id for _, party_id in parties)


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
        check_line(line, currency, f"facts.lines[{i}]")
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


def commission_base(rule: SplitRule, lines: Sequence[SettlementLine]) -> int:
    """What of some settlement lines the rule's portions are of, in minor units.

    Raises:
        InvalidArgument: ``SETTLEMENT_AMOUNT_NEGATIVE`` when deductions exceed it.
    """
    base = sum(line.amount.amount_minor for line in lines if not left_out(rule, line))
    if base < 0:
        raise InvalidArgument(
            "SETTLEMENT_AMOUNT_NEGATIVE",
            f"the commission base sums to {base}; deductions cannot exceed what is earned",
            field="facts.lines",
        )
    return base


def left_out(rule: SplitRule, line: SettlementLine) -> bool:
    """Whether the commission base of a rule leaves a line out."""
    return line.line_kind in _LEFT_OUT[rule.commission_base]


def share_amounts(
    rule: SplitRule, lines: Sequence[SettlementLine], dealing: Dealing
) -> tuple[int, ...]:
    """What each party of a rule gets: its share of the base, and, who gets it, what that leaves out.

    Raises:
        InvalidArgument: ``SETTLEMENT_AMOUNT_NEGATIVE`` when somebody would get less than nothing.
    """
    shares = list(dealing.shares)
    if rule.excluded_position is not None:
        rest = sum(line.amount.amount_minor for line in lines if left_out(rule, line))
        shares[rule.excluded_position] += rest
        if shares[rule.excluded_position] < 0:
            raise InvalidArgument(
                "SETTLEMENT_AMOUNT_NEGATIVE",
                f"what the base leaves out takes more from the {rule.excluded_to} than it gets",
                field="facts.lines",
            )
    return tuple(shares)


def promise(rule: SplitRule, facts: EarningFacts, memory: Memory) -> tuple[Promise, Memory]:
    """Compute what every party gets and how the technician's part is composed.

    Args:
        rule: the version that splits.
        facts: the settlement lines and the parties.
        memory: what the contract of rule and parties remembers.

    Returns:
        The promise, and the memory for the contract's next split.
    """
    total = settlement_total(facts.lines)
    _check_currency(rule, total.currency)
    dealing, after = split(rule.scheme, commission_base(rule, facts.lines), memory)
    amounts = share_amounts(rule, facts.lines, dealing)
    shares = tuple(
        Share(
            PartyKind(term.party_kind),
            party,
            Money(total.currency, amount),
            leg_of(term.party_kind, term.party_id),
        )
        for term, party, amount in zip(rule.terms, parties_of(rule, facts), amounts, strict=True)
    )
    own = technician_position(rule)
    lines = own_lines(rule, facts.lines, dealing.shares[own])
    return Promise(total, lines, shares, shares[own].amount, dealing), after


def technician_position(rule: SplitRule) -> int:
    """Where the technician's portion stands in a rule."""
    return next(i for i, t in enumerate(rule.terms) if t.party_kind == PartyKind.TECHNICIAN)


def leg_of(party_kind: str, declared_id: str) -> str:
    """What the ledger calls a party's share: parties that a rule names are told apart by their id."""
    return f"{party_kind}.{declared_id}" if declared_id else party_kind


def own_lines(
    rule: SplitRule, lines: Sequence[SettlementLine], own: int
) -> tuple[EarningLine, ...]:
    """The technician's part of settlement lines.

    Args:
        rule: the version that splits.
        lines: all that are split at once.
        own: the technician's share of what of them is in the base, in minor units.
    """
    inside = [line for line in lines if not left_out(rule, line)]
    parts = iter(apportion(own, [line.amount.amount_minor for line in inside]))
    takes_rest = rule.excluded_to == PartyKind.TECHNICIAN
    made = []
    for line in lines:
        if left_out(rule, line):
            amount = line.amount if takes_rest else Money(line.amount.currency, 0)
            why = "不参与分成，" + ("全额归师傅" if takes_rest else "另行归属")
        else:
            amount = Money(line.amount.currency, next(parts))
            why = _why(rule, line.amount, amount)
        reading = line.explanation or f"{line.label} {line.amount}"
        made.append(
            EarningLine(
                line.line_kind, line.label, line.amount, amount, line.rule_id, f"{reading}；{why}"
            )
        )
    return tuple(made)


def shares_of_whole(amounts: Sequence[int]) -> list[int]:
    """Each line's share of all in basis points, which sum to 10,000 by largest remainder; of lines
    that come to nothing, none."""
    return apportion(10_000, amounts) if sum(amounts) > 0 else [0] * len(amounts)


def _why(rule: SplitRule, whole: Money, amount: Money) -> str:
    """How the technician's part of a line came to be, without what the others get."""
    scheme = rule.scheme
    if scheme.taken:
        return f"按分账规则 {rule.split_rule_code} 第 {rule.version} 版分得 {whole} 中的 {amount}"
    ratio = scheme.portions[technician_position(rule)].ratio
    exact = whole.amount_minor * ratio == amount.amount_minor
    return f"分成 {whole} × {_percent(ratio)} {'=' if exact else '≈'} {amount}"


def _check_currency(rule: SplitRule, currency: str) -> None:
    named = next((each.currency for term in rule.terms for each in term.amounts), currency)
    if named != currency:
        raise InvalidArgument(
            "SETTLEMENT_SPLIT_RULE_CURRENCY",
            f"split rule {rule.split_rule_code} names amounts in {named}, the settlement is in"
            f" {currency}; put a rule without amounts, or one for this work",
            field="facts.lines",
        )


def _percent(ratio: Fraction) -> str:
    hundredfold = ratio * 100
    if 10_000 % hundredfold.denominator:
        return str(ratio)
    return f"{Decimal(hundredfold.numerator) / hundredfold.denominator:f}%"


def check_line(line: SettlementLine, currency: str, field: str) -> None:
    """Raise ``InvalidArgument`` (``SETTLEMENT_LINE_INVALID``) unless a line can be of an earning in
    this currency."""
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
