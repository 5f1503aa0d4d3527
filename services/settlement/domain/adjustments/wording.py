"""How the amount of an adjustment came about, for the people it concerns."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from kit.money import Money
from services.settlement.domain.adjustments.penalty import Penalty, PenaltyTerms
from services.settlement.domain.adjustments.performance import Band, Facts


def performance_words(base: Money, band: Band | None, facts: Facts, amount: Money) -> str:
    """``评分 4.9，用时 95/120 分钟：¥140.00 × 5% → ¥7.00``."""
    rated = f"评分 {_number(facts.rating)}" if facts.rating is not None else "未评分"
    timed = ""
    if facts.duration_minutes:
        timed = f"，用时 {facts.duration_minutes}"
        timed += f"/{facts.standard_minutes}" if facts.standard_minutes else ""
        timed += " 分钟"
    if band is None:
        return f"{rated}{timed}：不在任何一档"
    cap = f"（封顶 {Money(base.currency, band.cap_minor)}）" if band.cap_minor else ""
    return f"{rated}{timed}：{base} × {percent(band.ratio)}{cap} → {amount}"


def penalty_words(penalty: Penalty, terms: PenaltyTerms) -> str:
    """``阻塞 3 小时 20 分，免 30 分钟，计 3 小时 × ¥20.00 → ¥60.00``."""
    free = f"，免 {terms.free_minutes} 分钟" if terms.free_minutes else ""
    cap = f"（封顶 {terms.cap}）" if terms.cap is not None else ""
    return (
        f"阻塞 {_length(penalty.waited)}{free}，计 {penalty.hours} 小时 ×"
        f" {terms.per_started_hour}{cap} → {penalty.amount}"
    )


def percent(ratio: Fraction) -> str:
    """An exact ratio as people read it."""
    hundredfold = ratio * 100
    if 10_000 % hundredfold.denominator:
        return str(ratio)
    return f"{_number(hundredfold)}%"


def _number(value: Fraction) -> str:
    if 10**6 % value.denominator:
        return str(value)
    return f"{Decimal(value.numerator) / value.denominator:f}"


def _length(waited: timedelta) -> str:
    hours, rest = divmod(waited, timedelta(hours=1))
    return f"{hours} 小时 {rest // timedelta(minutes=1)} 分"
