"""The rules of price books, from messages to decisions. What the rules must satisfy together is
checked by `publishing`; here only what cannot be said at all is refused."""

from __future__ import annotations

from typing import Final

from kit.errors import InvalidArgument
from kit.money import Rounding
from protos.common.v1 import money_pb2
from protos.pricing.v1 import book_pb2 as pb
from services.pricing.convert.conditions import conditions_from_proto
from services.pricing.convert.items import catalogue_name
from services.pricing.domain.book import (
    Amount,
    Choice,
    CombineMode,
    Component,
    ExclusivityGroup,
    Favours,
    Modifier,
    Promotion,
    PromotionKind,
    Rate,
    Side,
    TaxRule,
    name_rate,
)
from services.pricing.domain.charges import (
    PER_UNIT,
    AnnualPlan,
    Charge,
    Graduated,
    Hourly,
    Package,
    Pair,
    PercentOfParts,
    PerVisit,
    PriceStep,
    Ratios,
    Volume,
)

_COMBINE_MODES: Final = {
    pb.COMBINE_MODE_MULTIPLY: CombineMode.MULTIPLY,
    pb.COMBINE_MODE_ADD_RATIO_OF_BASE: CombineMode.ADD_RATIO_OF_BASE,
    pb.COMBINE_MODE_ADD_AMOUNT: CombineMode.ADD_AMOUNT,
    pb.COMBINE_MODE_OVERRIDE: CombineMode.OVERRIDE,
    pb.COMBINE_MODE_BEST_OF: CombineMode.BEST_OF,
}
SIDES: Final = {
    pb.SIDE_UNSPECIFIED: Side.BOTH,
    pb.SIDE_LIST: Side.LIST,
    pb.SIDE_SETTLEMENT: Side.SETTLEMENT,
}
_FAVOURS: Final = {
    pb.FAVOURS_UNSPECIFIED: Favours.CUSTOMER,
    pb.FAVOURS_CUSTOMER: Favours.CUSTOMER,
    pb.FAVOURS_PAYEE: Favours.PAYEE,
}
_CHOICES: Final = {
    pb.CHOICE_UNSPECIFIED: Choice.FIRST,
    pb.CHOICE_FIRST: Choice.FIRST,
    pb.CHOICE_BEST_FOR_CUSTOMER: Choice.BEST_FOR_CUSTOMER,
    pb.CHOICE_BEST_FOR_PAYEE: Choice.BEST_FOR_PAYEE,
}
ROUNDINGS: Final = {
    pb.ROUNDING_UNSPECIFIED: Rounding.HALF_UP,
    pb.ROUNDING_HALF_UP: Rounding.HALF_UP,
    pb.ROUNDING_HALF_EVEN: Rounding.HALF_EVEN,
    pb.ROUNDING_DOWN: Rounding.DOWN,
}
_WHOLE_HOUR: Final = 60


def rate_from_proto(message: pb.Rate, currency: str, field: str) -> Rate:
    """A rate, unchecked.

    Args:
        currency: the book's.
        field: where it stands in the request.

    Raises:
        InvalidArgument: ``PRICING_CONDITION_INVALID``, ``PRICING_CHARGE_INVALID``,
            ``PRICING_CURRENCY_MISMATCH``, naming the field.
    """
    conditions = conditions_from_proto(message, field)
    own_name = message.rate_id != name_rate(message.item_code, conditions)
    return Rate(
        rate_id=message.rate_id if own_name else "",
        item_code=message.item_code,
        conditions=conditions,
        list_price=amount(message.list_price),
        settlement_price=amount(message.settlement_price),
        charge=charge_from_proto(message.charge, currency, f"{field}.charge"),
    )


def charge_from_proto(  # noqa: C901 - one case a model
    message: pb.Charge, currency: str, field: str
) -> Charge:
    """How a price becomes an amount.

    Raises:
        InvalidArgument: ``PRICING_CHARGE_INVALID``, ``PRICING_CURRENCY_MISMATCH``.
    """

    def pair(list_price: money_pb2.Money, settlement_price: money_pb2.Money, at: str) -> Pair:
        return Pair(
            _minor(list_price, currency, f"{field}.{at}.list_price"),
            _minor(settlement_price, currency, f"{field}.{at}.settlement_price"),
        )

    def steps(graduated: pb.Charge.Graduated, at: str) -> tuple[PriceStep, ...]:
        return tuple(
            PriceStep(
                step.from_quantity,
                pair(step.list_price, step.settlement_price, f"{at}.steps[{number}]"),
            )
            for number, step in enumerate(graduated.steps)
        )

    match message.WhichOneof("model"):
        case "hourly":
            hourly = message.hourly
            price = pair(hourly.list_price, hourly.settlement_price, "hourly")
            return Hourly(price, hourly.step_minutes or _WHOLE_HOUR, hourly.included_minutes)
        case "package":
            return Package(message.package.size)
        case "graduated":
            return Graduated(steps(message.graduated, "graduated"))
        case "volume":
            return Volume(steps(message.volume, "volume"))
        case "per_visit":
            return PerVisit()
        case "annual_plan":
            plan = message.annual_plan
            extra = (plan.extra_visit_list_price, plan.extra_visit_settlement_price)
            return AnnualPlan(plan.included_visits, pair(*extra, "annual_plan"))
        case "percent_of_parts":
            share = message.percent_of_parts
            return PercentOfParts(Ratios(share.ratio, share.settlement_ratio or share.ratio))
        case None:
            return PER_UNIT


def modifier_from_proto(message: pb.Modifier, field: str) -> Modifier:
    """A modifier, unchecked.

    Raises:
        InvalidArgument: ``PRICING_CONDITION_INVALID``, naming the field.
    """
    return Modifier(
        modifier_code=message.modifier_code,
        label=message.label,
        phase=message.phase,
        combine_mode=_COMBINE_MODES.get(message.combine_mode),
        ratio=message.ratio,
        amount=amount(message.amount),
        item_codes=tuple(message.item_codes),
        conditions=conditions_from_proto(message, field),
        automatic=message.automatic,
        side=SIDES.get(message.side, Side.BOTH),
        settlement_ratio=message.settlement_ratio,
        settlement_amount=amount(message.settlement_amount),
        catalogue=catalogue_name(message.catalogue),
        exclusivity_group=message.exclusivity_group,
        priority=message.priority,
        least_ratio=message.least_ratio,
        most_ratio=message.most_ratio,
        measure=message.measure,
        free_measure=message.free_measure,
        measure_step=message.measure_step or 1,
        favours=_FAVOURS.get(message.favours, Favours.CUSTOMER),
        special=message.special,
    )


def promotion_from_proto(message: pb.Promotion, field: str) -> Promotion:
    """A promotion, unchecked.

    Raises:
        InvalidArgument: ``PRICING_CONDITION_INVALID``, naming the field.
    """
    rule = message.WhichOneof("rule")
    said = getattr(message, rule) if rule else None
    return Promotion(
        promotion_code=message.promotion_code,
        label=message.label,
        kind=PromotionKind(rule) if rule else None,
        conditions=conditions_from_proto(message, field),
        item_codes=tuple(message.item_codes),
        threshold=amount(message.threshold.threshold),
        reduction=amount(message.threshold.reduction),
        repeats=getattr(said, "repeats", False),
        nth=message.nth_item.nth,
        ratio=getattr(said, "ratio", ""),
        bundle=tuple(_component(part) for part in getattr(said, "components", ())),
        bundle_price=amount(message.bundle.bundle_price),
        gift=_component(message.gift.gift),
        needs_coupon=message.needs_coupon,
        exclusivity_group=message.exclusivity_group,
        priority=message.priority,
        special=message.special,
    )


def tax_from_proto(message: pb.TaxRule, field: str) -> TaxRule:
    """A tax, unchecked.

    Raises:
        InvalidArgument: ``PRICING_CONDITION_INVALID``, naming the field.
    """
    return TaxRule(
        tax_code=message.tax_code,
        label=message.label,
        side=SIDES.get(message.side, Side.BOTH),
        ratio=message.ratio,
        inclusive=message.inclusive,
        refundable_ratio=message.refundable_ratio,
        payee_kind=message.payee_kind,
        conditions=conditions_from_proto(message, field),
        item_codes=tuple(message.item_codes),
        catalogue=catalogue_name(message.catalogue),
    )


def group_from_proto(message: pb.ExclusivityGroup) -> ExclusivityGroup:
    """An exclusivity group."""
    return ExclusivityGroup(message.group_code, _CHOICES.get(message.choice, Choice.FIRST))


def amount(message: money_pb2.Money) -> Amount:
    """Money as it was written down."""
    return Amount(message.currency, message.amount_minor)


def _component(message: pb.Promotion.Component) -> Component:
    return Component(message.item_code, message.quantity)


def _minor(message: money_pb2.Money, currency: str, field: str) -> int:
    if message.amount_minor and message.currency != currency:
        raise InvalidArgument(
            "PRICING_CURRENCY_MISMATCH",
            f"{message.currency or 'no currency'} in a book of {currency}",
            field=field,
        )
    return message.amount_minor
