"""Adjustment rules: versions put by one person, approved by another, each holding from its day on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final

from kit.errors import FailedPrecondition, InvalidArgument, NotFound
from kit.money import Money, Rounding
from services.settlement.domain.adjustments.adjustment import check_four_eyes
from services.settlement.domain.adjustments.penalty import PenaltyTerms
from services.settlement.domain.adjustments.performance import Band, capped

_CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_RATIO: Final = re.compile(r"-?\d{1,6}(\.\d{1,6})?|-?\d{1,6}/\d{1,6}")
_MOST_DAYS: Final = 3650


class RuleKind(StrEnum):
    """What a rule makes."""

    PERFORMANCE = "performance"
    SUBSIDY = "subsidy"
    DEDUCTION = "deduction"
    SLA_PENALTY = "sla_penalty"
    HOLDBACK = "holdback"
    CLAW_BACK = "claw_back"


class RuleState(StrEnum):
    """Where a version stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class FlatTerms:
    """So much, or a ratio of the technician's earning with a cap; above zero."""

    amount_minor: int
    ratio: Fraction | None
    cap_minor: int

    def of(self, base: Money | None, currency: str) -> Money:
        """How much.

        Raises:
            InvalidArgument: ``SETTLEMENT_ADJUSTMENT_INVALID`` for a ratio of nothing.
        """
        if self.ratio is None:
            return Money(currency, self.amount_minor)
        if base is None:
            raise InvalidArgument(
                "SETTLEMENT_ADJUSTMENT_INVALID",
                "this rule gives a ratio of an earning: name the earning",
                field="earning_id",
            )
        return capped(base.times(self.ratio), self.cap_minor)


@dataclass(frozen=True, slots=True)
class HoldbackTerms:
    """How much of a party's part of each posted earning is kept, and for how long."""

    ratio: Fraction
    release_after_days: int
    party_kind: str
    cooperation_mode: str

    def kept_of(self, amount: Money) -> Money:
        """What is kept of an amount; a fraction of a fen stays with the party."""
        return amount.times(self.ratio, Rounding.DOWN)


@dataclass(frozen=True, slots=True)
class ClawBackTerms:
    """Nothing to say: the recorded split says how much."""


Terms = tuple[Band, ...] | FlatTerms | PenaltyTerms | HoldbackTerms | ClawBackTerms


@dataclass(frozen=True, slots=True)
class AdjustmentRule:
    """One version of a rule.

    Args:
        rule_code: its name.
        version: counted by the service.
        rule_kind: what it makes.
        label: for people.
        currency: of its amounts.
        effective_from: the first day it holds.
        automatic_limit_minor: up to which amount a flow's own adjustment needs no approval.
        terms: as written; ``terms_of`` reads them.
        state: whether it holds.
        put_by_person_id: who proposed it.
    """

    rule_code: str
    version: int
    rule_kind: RuleKind
    label: str
    currency: str
    effective_from: date
    automatic_limit_minor: int
    terms: Mapping[str, Any]
    state: RuleState = RuleState.PROPOSED
    put_by_person_id: str = ""


def check_rule(rule: AdjustmentRule) -> None:
    """Refuse a rule that cannot be applied.

    Raises:
        InvalidArgument: ``SETTLEMENT_ADJUSTMENT_RULE_INVALID``, naming the field;
            ``MONEY_CURRENCY_UNKNOWN``.
    """
    Money(rule.currency, 0)
    if not _CODE.fullmatch(rule.rule_code):
        raise _invalid("a code is a word such as rating_bonus", "rule.rule_code")
    if not rule.label.strip():
        raise _invalid("say what people call it", "rule.label")
    if rule.automatic_limit_minor < 0:
        raise _invalid("a limit is not negative", "rule.automatic_limit_minor")
    terms_of(rule)


def terms_of(rule: AdjustmentRule) -> Terms:
    """A rule's terms, read.

    Raises:
        InvalidArgument: ``SETTLEMENT_ADJUSTMENT_RULE_INVALID``, naming the field.
    """
    given = rule.terms
    match rule.rule_kind:
        case RuleKind.PERFORMANCE:
            bands = given.get("bands") or []
            if not bands:
                raise _invalid("a table has rows", "rule.performance.bands")
            return tuple(
                _band(band, f"rule.performance.bands[{i}]") for i, band in enumerate(bands)
            )
        case RuleKind.SUBSIDY | RuleKind.DEDUCTION:
            return _flat(given, f"rule.{rule.rule_kind}")
        case RuleKind.SLA_PENALTY:
            return _penalty(given, rule.currency)
        case RuleKind.HOLDBACK:
            return _holdback(given)
        case RuleKind.CLAW_BACK:
            return ClawBackTerms()


def version_on(versions: Iterable[AdjustmentRule], day: date) -> AdjustmentRule | None:
    """The version that holds on a day: of the approved ones that have begun, the latest beginning,
    and of those that begin on one day the newest."""
    holding = [
        version
        for version in versions
        if version.state is RuleState.APPROVED and version.effective_from <= day
    ]
    return max(holding, key=lambda v: (v.effective_from, v.version), default=None)


def choose(
    rules: Sequence[AdjustmentRule], kind: RuleKind, rule_code: str, day: date
) -> AdjustmentRule:
    """The rule of a kind that holds on a day, by its code or as the only one.

    Raises:
        NotFound: ``SETTLEMENT_ADJUSTMENT_RULE_NOT_FOUND``.
        FailedPrecondition: ``SETTLEMENT_ADJUSTMENT_RULE_AMBIGUOUS`` when there are several.
    """
    holding = [rule for rule in in_force(rules, kind, day) if rule_code in ("", rule.rule_code)]
    if not holding:
        raise rule_missing(rule_code or kind)
    if len(holding) > 1:
        raise FailedPrecondition(
            "SETTLEMENT_ADJUSTMENT_RULE_AMBIGUOUS",
            f"several {kind} rules hold: {', '.join(rule.rule_code for rule in holding)}; name one",
            field="rule_code",
        )
    return holding[0]


def in_force(rules: Sequence[AdjustmentRule], kind: RuleKind, day: date) -> list[AdjustmentRule]:
    """The version of each rule of a kind that holds on a day, by code."""
    codes = sorted({rule.rule_code for rule in rules if rule.rule_kind is kind})
    found = [version_on((r for r in rules if r.rule_code == code), day) for code in codes]
    return [rule for rule in found if rule is not None and rule.rule_kind is kind]


def holdback_rules_for(
    rules: Sequence[AdjustmentRule], cooperation_mode: str, day: date
) -> dict[str, AdjustmentRule]:
    """By kind of party, the rule that keeps of an earning of this mode: the mode's own, else the
    one for all. Of several the first by code."""
    chosen: dict[str, AdjustmentRule] = {}
    for mode in (cooperation_mode, ""):
        for rule in in_force(rules, RuleKind.HOLDBACK, day):
            terms = terms_of(rule)
            if isinstance(terms, HoldbackTerms) and terms.cooperation_mode == mode:
                chosen.setdefault(terms.party_kind, rule)
    return chosen


def check_decision(rule: AdjustmentRule, person_id: str) -> None:
    """Refuse to decide twice, or on what one put oneself.

    Raises:
        FailedPrecondition: ``SETTLEMENT_ADJUSTMENT_RULE_STATE``, ``SETTLEMENT_FOUR_EYES``.
    """
    if rule.state is not RuleState.PROPOSED:
        raise FailedPrecondition(
            "SETTLEMENT_ADJUSTMENT_RULE_STATE",
            f"this version is {rule.state} already; put another",
            field="version",
            details={"state": rule.state},
        )
    check_four_eyes(rule.put_by_person_id, person_id, "whoever put a rule does not approve it")


def rule_missing(rule_code: str) -> NotFound:
    """The answer for a rule that is not there, or does not hold."""
    return NotFound(
        "SETTLEMENT_ADJUSTMENT_RULE_NOT_FOUND",
        f"no adjustment rule {rule_code!r} holds; put one and have it approved",
        field="rule_code",
    )


def month_before(day: date) -> tuple[date, date]:
    """The first and last day of the month before a day's."""
    last = day.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last


def _band(given: Mapping[str, Any], field: str) -> Band:
    ratio = _ratio(given.get("ratio", ""), f"{field}.ratio")
    if ratio is None:
        raise _invalid("a row gives a ratio of the earning, such as 0.05", f"{field}.ratio")
    conditions = {
        name: _ratio(given.get(name, ""), f"{field}.{name}")
        for name in ("rating_at_least", "rating_below", "duration_at_most", "duration_above")
    }
    return Band(**conditions, ratio=ratio, cap_minor=_whole(given, "cap_minor", field))


def _flat(given: Mapping[str, Any], field: str) -> FlatTerms:
    amount = _whole(given, "amount_minor", field)
    ratio = _ratio(given.get("ratio", ""), f"{field}.ratio")
    if (amount > 0) == (ratio is not None):
        raise _invalid("give an amount above zero, or a ratio of the earning", field)
    if ratio is not None and ratio <= 0:
        raise _invalid("a ratio is above zero; the kind says which way", f"{field}.ratio")
    return FlatTerms(amount, ratio, _whole(given, "cap_minor", field))


def _penalty(given: Mapping[str, Any], currency: str) -> PenaltyTerms:
    field = "rule.sla_penalty"
    hourly = _whole(given, "per_started_hour_minor", field)
    if hourly == 0:
        raise _invalid("say what a started hour costs", f"{field}.per_started_hour_minor")
    cap = _whole(given, "cap_minor", field)
    return PenaltyTerms(
        _whole(given, "free_minutes", field),
        Money(currency, hourly),
        Money(currency, cap) if cap else None,
    )


def _holdback(given: Mapping[str, Any]) -> HoldbackTerms:
    field = "rule.holdback"
    ratio = _ratio(given.get("ratio", ""), f"{field}.ratio")
    if ratio is None or not 0 < ratio < 1:
        raise _invalid("keep a part between 0 and 1, such as 0.05", f"{field}.ratio")
    days = _whole(given, "release_after_days", field)
    if not 1 <= days <= _MOST_DAYS:
        raise _invalid(f"keep it for 1 to {_MOST_DAYS} days", f"{field}.release_after_days")
    party_kind = given.get("party_kind") or "technician"
    if party_kind not in ("technician", "outlet"):
        raise _invalid("technicians and outlets have hold-backs", f"{field}.party_kind")
    return HoldbackTerms(ratio, days, party_kind, given.get("cooperation_mode") or "")


def _ratio(text: str, field: str) -> Fraction | None:
    if not text:
        return None
    if not _RATIO.fullmatch(text):
        raise _invalid(f"{text!r} is no ratio; write 0.05 or 1/3", field)
    try:
        return Fraction(text)
    except ZeroDivisionError as error:
        raise _invalid(f"{text!r} is no ratio; write 0.05 or 1/3", field) from error


def _whole(given: Mapping[str, Any], name: str, field: str) -> int:
    value = int(given.get(name) or 0)
    if value < 0:
        raise _invalid("not below zero", f"{field}.{name}")
    return value


def _invalid(message: str, field: str) -> InvalidArgument:
    return InvalidArgument("SETTLEMENT_ADJUSTMENT_RULE_INVALID", message, field=field)
