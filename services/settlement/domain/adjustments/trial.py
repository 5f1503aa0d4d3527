"""What a rule would have given over a time that is past: of each fact or earning, by a pure look."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kit.money import Money
from services.settlement.domain.adjustments.adjustment import AdjustmentKind
from services.settlement.domain.adjustments.penalty import Interval, PenaltyTerms, penalties
from services.settlement.domain.adjustments.performance import Band, Facts, performance
from services.settlement.domain.adjustments.rule import FlatTerms, HoldbackTerms
from services.settlement.domain.adjustments.wording import (
    penalty_words,
    percent,
    performance_words,
)


@dataclass(frozen=True, slots=True)
class Base:
    """An earning that a rule is tried on.

    Args:
        own: what its technician was promised.
        shares: what each party was, by kind and id.
    """

    earning_id: str
    work_order_id: str
    technician_id: str
    cooperation_mode: str
    own: Money
    shares: tuple[tuple[str, str, Money], ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """What a rule would have given once; negative: taken."""

    party_kind: str
    party_id: str
    earning_id: str
    work_order_id: str
    amount: Money
    explanation: str


def try_performance(
    bands: Sequence[Band], noted: Iterable[tuple[Base, Facts]], currency: str
) -> list[Trial]:
    """A performance table on what was noted of earnings in its currency."""
    trials = []
    for base, facts in noted:
        if base.own.currency != currency:
            continue
        amount, band = performance(base.own, bands, facts)
        words = performance_words(base.own, band, facts, amount)
        trials.append(_of_technician(base, amount, words))
    return _given(trials)


def try_penalty(
    terms: PenaltyTerms, noted: Iterable[tuple[str, Sequence[Interval]]]
) -> list[Trial]:
    """A penalty rule on the intervals noted of each work order."""
    return [
        Trial(p.party_kind, p.party_id, "", work_order_id, -p.amount, penalty_words(p, terms))
        for work_order_id, intervals in noted
        for p in penalties(intervals, terms)
    ]


def try_flat(kind: AdjustmentKind, terms: FlatTerms, bases: Iterable[Base]) -> list[Trial]:
    """A subsidy or deduction, had every earning got it."""
    trials = []
    for base in bases:
        amount = terms.of(base.own, base.own.currency)
        signed = amount if kind is AdjustmentKind.SUBSIDY else -amount
        trials.append(_of_technician(base, signed, f"{base.own} → {signed}"))
    return _given(trials)


def try_holdback(terms: HoldbackTerms, bases: Iterable[Base]) -> list[Trial]:
    """What would have been kept."""
    return _given(
        Trial(
            kind,
            party_id,
            base.earning_id,
            base.work_order_id,
            -terms.kept_of(amount),
            f"{amount} × {percent(terms.ratio)}，{terms.release_after_days} 天后释放",
        )
        for base in bases
        if terms.cooperation_mode in ("", base.cooperation_mode)
        for kind, party_id, amount in base.shares
        if kind == terms.party_kind
    )


def _of_technician(base: Base, amount: Money, words: str) -> Trial:
    return Trial(
        "technician", base.technician_id, base.earning_id, base.work_order_id, amount, words
    )


def _given(trials: Iterable[Trial]) -> list[Trial]:
    return [trial for trial in trials if trial.amount.amount_minor]
