"""A quote's steps in Chinese, as customers and technicians read them."""

from __future__ import annotations

from fractions import Fraction

from kit.money import Money, Rounding
from services.pricing.domain.book import Modifier, PricedItem


def explain_base(item: PricedItem, unit_price: Money) -> str:
    """「标准空调安装：基础费 ¥200.00/次」."""
    return f"{item.name}：基础费 {unit_price}{'/' if item.unit else ''}{item.unit}"


def explain_quantity(quantity: int, unit_price: Money, amount: Money) -> str:
    """「数量：¥200.00 × 2 = ¥400.00」."""
    return f"数量：{unit_price} × {quantity} = {amount}"


def explain_factor(
    modifier: Modifier, before: Money, after: Money, rounding: Rounding | None
) -> str:
    """「高空作业：¥200.00 × 1.2 = ¥240.00」."""
    return f"{modifier.label}：{before} × {modifier.ratio} = {after}{_rounded(rounding)}"


def explain_ratio_of_base(
    modifier: Modifier, base: Money, ratio: Fraction, addition: Money, rounding: Rounding | None
) -> str:
    """「五环内城区服务溢价：基础费 ¥300.00 × 20% = ¥60.00」."""
    said = f"{modifier.label}：基础费 {base} × {_percent(ratio, modifier.ratio)} = {addition}"
    return f"{said}{_rounded(rounding)}"


def explain_fixed(modifier: Modifier, fixed: Money, quantity: int) -> str:
    """「夜间加急费：+¥50.00 × 2」."""
    return f"{modifier.label}：+{fixed}{f' × {quantity}' if quantity != 1 else ''}"


def _percent(ratio: Fraction, written: str) -> str:
    """The ratio in per cent where that is a whole number, as written elsewhere."""
    percent = ratio * 100
    return f"{percent.numerator}%" if percent.denominator == 1 else written


def _rounded(rounding: Rounding | None) -> str:
    return "" if rounding is None else "（四舍五入）"
