"""A quote in Chinese, as customers and technicians read it: each step, and what lost and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from kit.clock import SHANGHAI
from kit.money import Money, Rounding
from services.pricing.domain.book import (
    CombineMode,
    Favours,
    Modifier,
    PricedItem,
    Promotion,
    PromotionKind,
)
from services.pricing.domain.charges import Charged, Pair, Ratios
from services.pricing.domain.conditions import FIRST_DAY, LAST_DAY, Conditions, Range
from services.pricing.domain.modifiers import Effect, Kept
from services.pricing.domain.promotions import Discount, Missed
from services.pricing.domain.ratios import exact_ratio
from services.pricing.domain.taxes import ExchangeRate, Tax

DIMENSION_LABELS: Final[Mapping[str, str]] = {
    "place": "地区",
    "city_tier": "城市档位",
    "cooperation_mode": "合作模式",
    "customer_level": "客户等级",
    "customer_type": "客户类型",
    "sales_channel": "渠道",
    "outlet_id": "网点",
    "urgency": "紧急程度",
    "day_kind": "日期类型",
    "price_mode": "价格模式",
    "stock_state": "库存状态",
    "days": "日期",
    "weekdays": "星期",
    "hours": "时段",
    "quantity": "数量",
    "floor": "楼层",
    "months_open": "开业月数",
}
ROUNDINGS: Final[Mapping[Rounding, str]] = {
    Rounding.HALF_UP: "四舍五入",
    Rounding.HALF_EVEN: "四舍六入五成双",
    Rounding.DOWN: "舍去尾数",
}
_BEST: Final = {Favours.CUSTOMER: "低", Favours.PAYEE: "高"}
_WEEKDAYS: Final = "一二三四五六日"
#: By kind; the figures are those of `Charged`.
_CHARGES: Final[Mapping[str, str]] = {
    "base": "{item}：基础费 {after}/{unit}",
    "visit": "{item}：每次 {after}",
    "package": "{item}：一口价 {after}",
    "package_of": "{item}：一口价 {after}（含 {0} {unit}）",
    "quantity": "数量：{1} × {0} = {after}",
    "packages": "份数：{1} × {0} = {after}",
    "visits": "次数：{1} × {0} = {after}",
    "hours": "工时费：{0} 分钟，含 {1} 分钟，每 {2} 分钟 {4} × {3}",
    "graduated": "{item}：第 {0}–{1} {unit} {2} × {3}",
    "volume": "{item}：满 {0} {unit}起，单价 {after}/{unit}",
    "plan": "{item}：年度服务包 {after}，含 {0} 次",
    "plan_visits": "{item}：年度服务包含 {2} 次，已用 {0} 次，本次 {1} 次，超出 {3} 次 × {4}",
    "percent_of_parts": "{item}：配件合计 {0} × {1}",
}
_CHARGE_LABELS: Final[Mapping[str, str]] = {
    "quantity": "数量",
    "packages": "份数",
    "visits": "次数",
    "hours": "工时费",
}


class Words:
    """Says the steps of one side of a quote in one currency.

    Args:
        side: 0 the customer's, 1 the settlement side's.
    """

    def __init__(self, currency: str, rounding: Rounding, side: int) -> None:
        self._currency = currency
        self._rounding = rounding
        self._side = side

    def money(self, minor: int) -> str:
        """「¥200.00」."""
        return str(Money(self._currency, minor))

    def charge_label(self, item: PricedItem, charged: Charged) -> str:
        """What a step of a charge is called."""
        return _CHARGE_LABELS.get(charged.kind, item.name)

    def charge(self, item: PricedItem, charged: Charged) -> str:
        """「标准空调安装：基础费 ¥200.00/次」."""
        said = _CHARGES[charged.kind].format(
            *(self._figure(figure) for figure in charged.figures),
            item=item.name,
            unit=item.unit,
            after=self.money(charged.after[self._side]),
        )
        return f"{said.rstrip('/')}{_rounded(charged.rounded[self._side], self._rounding)}"

    def _figure(self, figure: object) -> str:
        """A price or a ratio of this side, or a number of both."""
        match figure:
            case Pair():
                return self.money(figure[self._side])
            case Ratios():
                return percent(figure[self._side])
            case _:
                return str(figure)

    def effect(self, effect: Effect) -> str:
        """「高空作业：¥200.00 × 1.2 = ¥240.00」."""
        modifier, side = effect.modifier, self._side
        before, after = effect.before[side], effect.after[side]
        said, figure = modifier.label, effect.figures[side]
        match modifier.combine_mode, figure:
            case CombineMode.MULTIPLY, str(ratio):
                said += f"：{self.money(before)} × {ratio} = {self.money(after)}"
            case CombineMode.ADD_RATIO_OF_BASE, (str(ratio), int(base), int(added)):
                said += f"：基础费 {self.money(base)} × {percent(ratio)} = {self.money(added)}"
            case CombineMode.ADD_AMOUNT, (int(fixed), int(count)):
                times = f" × {count}" if count != 1 else ""
                said += f"：{'+' if fixed >= 0 else ''}{self.money(fixed)}{times}"
            case CombineMode.OVERRIDE, (int(fixed), int(count)):
                said += f"：改为 {self.money(fixed)}{f' × {count}' if count != 1 else ''}"
            case CombineMode.BEST_OF, (int(fixed), int(count)):
                offered = self.money(fixed * count)
                said += f"：{self.money(before)} 与 {offered} 取{_BEST[modifier.favours]}"
            case _:
                raise AssertionError(modifier.combine_mode)
        capped = "，不低于零" if effect.capped[side] else ""
        return f"{said}{capped}{_rounded(effect.rounded[side], self._rounding)}"

    def discount(self, discount: Discount, off: int) -> str:
        """「满200减30：满 ¥200.00 减 ¥30.00，本行分摊 ¥15.00」."""
        promotion = discount.promotion
        total = discount.total_off
        share = "" if off == total else f"，本行分摊 {self.money(off)}"
        return f"{promotion.label}：{self._given(promotion, discount)}{share}"

    def _given(self, promotion: Promotion, discount: Discount) -> str:
        total = self.money(discount.total_off)
        match promotion.kind:
            case PromotionKind.THRESHOLD:
                threshold = self.money(promotion.threshold.amount_minor)
                times = f" × {discount.times}" if discount.times != 1 else ""
                reduction = self.money(promotion.reduction.amount_minor)
                return f"合计 {self.money(discount.counted)}，满 {threshold} 减 {reduction}{times}"
            case PromotionKind.NTH_ITEM:
                ratio = percent(promotion.ratio)
                return f"第 {promotion.nth} 件按 {ratio} 计，{discount.times} 件，共减 {total}"
            case PromotionKind.PERCENT:
                return f"合计 {self.money(discount.counted)} 按 {percent(promotion.ratio)} 计，减 {total}"
            case PromotionKind.BUNDLE:
                price = self.money(promotion.bundle_price.amount_minor)
                return f"组合价 {price} × {discount.times}，减 {total}"
            case PromotionKind.GIFT:
                return f"赠送 {promotion.gift.quantity * discount.times} 件，减 {total}"
            case None:
                raise AssertionError("no book is published with such a promotion")

    def tax(self, tax: Tax) -> str:
        """「增值税：¥200.00 × 6% = ¥12.00」."""
        said = f"{tax.rule.label}：{self.money(tax.taxed)}"
        rate = percent(tax.rule.ratio)
        if tax.rule.inclusive:
            return f"{said} 已含税 {rate}，其中税额 {self.money(tax.amount)}"
        return f"{said} × {rate} = {self.money(tax.amount)}"

    def refund(self, tax: Tax) -> str:
        """「增值税可退：-¥12.00」."""
        return f"{tax.rule.label}可退部分：{self.money(tax.refund)}"


def exchange(rate: ExchangeRate, before: Money, after: Money) -> str:
    """「汇率 USD→CNY 7.1（2026-03-02 08:00 起）：$10.00 = ¥71.00」."""
    pair = f"{rate.from_currency}→{rate.to_currency} {rate.ratio}"
    since = f"{rate.valid_from.astimezone(SHANGHAI):%Y-%m-%d %H:%M} 起"
    return f"汇率 {pair}（{since}）：{before} = {after}"


def why_lost(dimension: str, winner: Conditions, loser: Conditions) -> str:
    """Why a rate lost to a more specific one."""
    won, lost = condition(winner, dimension), condition(loser, dimension)
    return f"按{DIMENSION_LABELS[dimension]}：{lost or '不限'} 不如 {won} 具体"


def why_kept_out(kept: Kept, item: PricedItem) -> str:
    """Why a modifier does not count for a line."""
    modifier = kept.modifier
    return f"{modifier.label}：{_why(kept.why, modifier.conditions, item, kept.instead)}"


def why_missed(missed: Missed) -> str:
    """Why a promotion does not count."""
    promotion = missed.promotion
    match missed.why:
        case "items":
            said = "没有参加活动的项目"
        case "coupon":
            said = "未使用优惠券"
        case "reach":
            said = "未达到活动条件"
        case why:
            said = _why(why, promotion.conditions, None, missed.instead)
    return f"{promotion.label}：{said}"


def condition(conditions: Conditions, dimension: str) -> str:
    """What a rule says of a dimension; empty: nothing."""
    limits = conditions.limits
    if dimension not in conditions.said():
        return ""
    match dimension:
        case "place":
            return conditions.place_code
        case "days":
            first = "" if limits.first_day == FIRST_DAY else str(date.fromordinal(limits.first_day))
            last = "" if limits.last_day == LAST_DAY else str(date.fromordinal(limits.last_day))
            return f"{first}～{last}"
        case "weekdays":
            return "周" + "、".join(_WEEKDAYS[day - 1] for day in limits.weekdays)
        case "hours":
            return f"{_hour(limits.from_minute)}–{_hour(limits.until_minute)}"
        case "quantity" | "floor" | "months_open":
            return _range(getattr(limits, dimension))
        case _:
            return str(getattr(conditions, dimension))


def percent(written: str) -> str:
    """A ratio in per cent where that is a whole number, as written elsewhere."""
    in_percent = exact_ratio(written) * 100
    return f"{in_percent.numerator}%" if in_percent.denominator == 1 else written


def _why(
    why: str,
    conditions: Conditions,
    item: PricedItem | None,
    instead: Modifier | Promotion | None,
) -> str:
    match why:
        case "item":
            return f"不用于项目 {item.item_code if item else ''}"
        case "frozen":
            return "该地区特惠政策已冻结"
        case "measure":
            return "没有可计的量"
        case "group":
            return f"与「{instead.label if instead else ''}」互斥，未采用"
        case "place":
            return f"不在 {conditions.place_code} 内"
        case dimension:
            return f"{DIMENSION_LABELS[dimension]}不是 {condition(conditions, dimension)}"


def _hour(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _range(numbers: Range) -> str:
    if numbers.least == numbers.most:
        return str(numbers.least)
    if numbers.most is None:
        return f"{numbers.least} 及以上"
    if numbers.least is None:
        return f"{numbers.most} 及以下"
    return f"{numbers.least}–{numbers.most}"


def _rounded(rounded: bool, rounding: Rounding) -> str:
    return f"（{ROUNDINGS[rounding]}）" if rounded else ""
