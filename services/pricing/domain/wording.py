"""A quote in words, as customers and technicians read it: each step, and what lost and why."""

from __future__ import annotations

from datetime import date

from kit.clock import SHANGHAI
from kit.money import Money, Rounding
from services.pricing.domain.book import (
    CombineMode,
    Modifier,
    PricedItem,
    Promotion,
)
from services.pricing.domain.charges import Charged, Pair, Ratios
from services.pricing.domain.conditions import DIMENSIONS, FIRST_DAY, LAST_DAY, Conditions, Range
from services.pricing.domain.modifiers import Effect, Kept
from services.pricing.domain.phrases import PHRASES, Language, dimension_label, phrase
from services.pricing.domain.promotions import Discount, Missed
from services.pricing.domain.ratios import exact_ratio
from services.pricing.domain.taxes import ExchangeRate, Tax


class Words:
    """Says the steps of one side of a quote in one currency.

    Args:
        side: 0 the customer's, 1 the settlement side's.
    """

    def __init__(self, language: Language, currency: str, rounding: Rounding, side: int) -> None:
        self._language = language
        self._currency = currency
        self._rounding = rounding
        self._side = side

    def _say(self, key: str, *figures: object, **named: object) -> str:
        return phrase(self._language, key, *figures, **named)

    def money(self, minor: int) -> str:
        """「¥200.00」."""
        return str(Money(self._currency, minor))

    def charge_label(self, item: PricedItem, charged: Charged) -> str:
        """What a step of a charge is called."""
        label = f"label_{charged.kind}"
        return self._say(label) if label in PHRASES else item.name

    def charge(self, item: PricedItem, charged: Charged) -> str:
        """「标准空调安装：基础费 ¥200.00/次」."""
        said = self._say(
            charged.kind,
            *(self._figure(figure) for figure in charged.figures),
            item=item.name,
            unit=item.unit,
            after=self.money(charged.after[self._side]),
        )
        return self._rounded(said.rstrip("/"), charged.rounded[self._side])

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
        side = self._side
        said = self._say(
            str(effect.modifier.combine_mode),
            label=effect.modifier.label,
            before=self.money(effect.before[side]),
            after=self.money(effect.after[side]),
            **self._effect_figures(effect.modifier, effect.figures[side]),
        )
        if effect.capped[side]:
            said = self._say("capped", said=said)
        return self._rounded(said, effect.rounded[side])

    def _effect_figures(self, modifier: Modifier, figures: object) -> dict[str, str]:
        match modifier.combine_mode, figures:
            case CombineMode.MULTIPLY, str(ratio):
                return {"ratio": ratio}
            case CombineMode.ADD_RATIO_OF_BASE, (str(ratio), int(base), int(added)):
                return {
                    "base": self.money(base),
                    "percent": percent(ratio),
                    "added": self.money(added),
                }
            case _, (int(fixed), int(count)):
                return {
                    "fixed": self.money(fixed),
                    "sign": "+" if fixed >= 0 else "",
                    "times": _times(count),
                    "offered": self.money(fixed * count),
                    "best": self._say(f"best_{modifier.favours}"),
                }
            case _:
                raise AssertionError(modifier.combine_mode)

    def discount(self, discount: Discount, off: int) -> str:
        """「满200减30：满 ¥200.00 减 ¥30.00，本行分摊 ¥15.00」."""
        promotion = discount.promotion
        given = self._say(
            str(promotion.kind),
            counted=self.money(discount.counted),
            total=self.money(discount.total_off),
            threshold=self.money(promotion.threshold.amount_minor),
            reduction=self.money(promotion.reduction.amount_minor),
            times=_times(discount.times),
            count=discount.times * (promotion.gift.quantity or 1),
            nth=promotion.nth,
            percent=percent(promotion.ratio) if promotion.ratio else "",
            price=self.money(promotion.bundle_price.amount_minor),
        )
        if off == discount.total_off:
            return self._say("discount", label=promotion.label, given=given)
        share = self.money(off)
        return self._say("discount_share", label=promotion.label, given=given, off=share)

    def tax(self, tax: Tax) -> str:
        """「增值税：¥200.00 × 6% = ¥12.00」."""
        return self._say(
            "tax_included" if tax.rule.inclusive else "tax",
            label=tax.rule.label,
            taxed=self.money(tax.taxed),
            percent=percent(tax.rule.ratio),
            amount=self.money(tax.amount),
        )

    def refund_label(self, tax: Tax) -> str:
        """「增值税退税」."""
        return self._say("refund_label", label=tax.rule.label)

    def refund(self, tax: Tax) -> str:
        """「增值税可退部分：-¥12.00」."""
        return self._say("refund", label=tax.rule.label, amount=self.money(tax.refund))

    def exchange_label(self) -> str:
        """「汇率折算」."""
        return self._say("label_currency")

    def exchange(self, rate: ExchangeRate, before: Money, after: Money) -> str:
        """「汇率 USD→CNY 7.1（2026-03-02 08:00 起）：$10.00 = ¥71.00」."""
        return self._say(
            "exchange",
            pair=f"{rate.from_currency}→{rate.to_currency}",
            ratio=rate.ratio,
            since=f"{rate.valid_from.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
            before=before,
            after=after,
        )

    def _rounded(self, said: str, rounded: bool) -> str:
        if not rounded:
            return said
        return self._say("rounded", said=said, rounding=self._say(str(self._rounding)))


class Reasons:
    """Says why rules do not count."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def _say(self, key: str, **named: object) -> str:
        return phrase(self._language, key, **named)

    def lost(self, dimension: str, winner: Conditions, wanted: str) -> str:
        """Why a rate lost to a more specific one, which itself wants something else or nothing."""
        return self._say(
            "less_specific",
            dimension=dimension_label(self._language, dimension),
            won=self.wanted(winner, dimension),
            lost=wanted or self._say("anything"),
        )

    def kept_out(self, kept: Kept, item: PricedItem) -> str:
        """Why a modifier does not count for a line."""
        why = self._why(kept.why, kept.modifier.conditions, item.item_code, kept.instead)
        return self._say("why", label=kept.modifier.label, why=why)

    def missed(self, missed: Missed) -> str:
        """Why a promotion does not count."""
        why = self._why(missed.why, missed.promotion.conditions, "", missed.instead)
        return self._say("why", label=missed.promotion.label, why=why)

    def _why(
        self,
        why: str,
        conditions: Conditions,
        item_code: str,
        instead: Modifier | Promotion | None,
    ) -> str:
        if why == "place":
            return self._say("not_in", wanted=conditions.place_code)
        if why in DIMENSIONS:
            return self._say(
                "condition",
                dimension=dimension_label(self._language, why),
                wanted=self.wanted(conditions, why),
            )
        return self._say(why, item_code=item_code, instead=instead.label if instead else "")

    def wanted(self, conditions: Conditions, dimension: str) -> str:
        """What a rule says of a dimension; empty: nothing."""
        limits = conditions.limits
        if dimension not in conditions.said():
            return ""
        match dimension:
            case "place":
                return conditions.place_code
            case "days":
                return f"{_day(limits.first_day)}～{_day(limits.last_day)}"
            case "weekdays":
                names = self._say("weekday_names").split("、")
                said = "、".join(names[day - 1] for day in limits.weekdays)
                return self._say("weekdays", days=said)
            case "hours":
                return f"{_hour(limits.from_minute)}–{_hour(limits.until_minute)}"
            case "quantity" | "floor" | "months_open":
                return self._range(getattr(limits, dimension))
            case _:
                return str(getattr(conditions, dimension))

    def _range(self, numbers: Range) -> str:
        if numbers.least == numbers.most:
            return str(numbers.least)
        if numbers.most is None:
            return self._say("and_more", least=numbers.least)
        if numbers.least is None:
            return self._say("and_less", most=numbers.most)
        return f"{numbers.least}–{numbers.most}"


def percent(written: str) -> str:
    """A ratio in per cent where that is a whole number, as written elsewhere."""
    in_percent = exact_ratio(written) * 100
    return f"{in_percent.numerator}%" if in_percent.denominator == 1 else written


def _times(count: int) -> str:
    return f" × {count}" if count != 1 else ""


def _day(ordinal: int) -> str:
    return "" if ordinal in (FIRST_DAY, LAST_DAY) else date.fromordinal(ordinal).isoformat()


def _hour(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
