"""What a price book version says: rates, modifiers, promotions, taxes, and the order they decide in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple

from kit.money import Rounding
from services.pricing.domain.charges import PER_UNIT, Charge
from services.pricing.domain.conditions import ALWAYS, EQUALITIES, Conditions


class Amount(NamedTuple):
    """Money as it was written down, not yet checked; no currency means it was left out."""

    currency: str
    amount_minor: int


#: An amount that was left out.
NO_AMOUNT: Final = Amount("", 0)


@dataclass(frozen=True, slots=True)
class Rate:
    """What an item costs where its conditions hold. No two rates of a book have the same item and
    conditions.

    Attributes:
        rate_id: empty: named after its item and conditions, see `name_rate`.
        list_price: what the customer pays for one unit, by the charge's own reading of a unit.
        settlement_price: what the technician's side earns for one.
    """

    rate_id: str
    item_code: str
    conditions: Conditions
    list_price: Amount
    settlement_price: Amount
    charge: Charge = PER_UNIT


class CombineMode(StrEnum):
    """How a modifier changes an amount."""

    MULTIPLY = "multiply"
    ADD_RATIO_OF_BASE = "add_ratio_of_base"
    ADD_AMOUNT = "add_amount"
    OVERRIDE = "override"
    BEST_OF = "best_of"


class Side(StrEnum):
    """Which of the two amounts a modifier changes."""

    BOTH = "both"
    LIST = "list"
    SETTLEMENT = "settlement"


class Favours(StrEnum):
    """For whom the best is chosen: the lowest list price or the highest settlement price."""

    CUSTOMER = "customer"
    PAYEE = "payee"


@dataclass(frozen=True, slots=True)
class Modifier:
    """A premium, coefficient, surcharge, subsidy or deduction.

    Attributes:
        ratio: as it was written, such as "1.2", "-0.1" or "1/3".
        settlement_ratio: for the settlement price; empty: the same.
        amount: a fixed sum for one counted unit; negative takes away.
        settlement_amount: for the settlement price; left out: the same.
        item_codes: what it is meant for; empty: every item.
        catalogue: "project_library" or "spare_part_library"; empty: both.
        automatic: applies by itself wherever it holds; otherwise a line asks for it by its code.
        exclusivity_group: of the modifiers of a group only one applies; empty: of no group.
        priority: the lower comes first within its phase and its group.
        least_ratio: with ``most_ratio`` the band within which a line may set the ratio itself.
        measure: what a fixed sum is counted by, one of `MEASURES`; empty: the line's quantity.
        free_measure: how much of the measure costs nothing.
        measure_step: each started step beyond counts as one.
        favours: of whom "best of" is the best.
        special: a special policy, which a freeze of its region puts aside.
    """

    modifier_code: str
    label: str
    phase: str
    combine_mode: CombineMode | None
    ratio: str = ""
    amount: Amount = NO_AMOUNT
    item_codes: tuple[str, ...] = ()
    conditions: Conditions = ALWAYS
    automatic: bool = False
    side: Side = Side.BOTH
    settlement_ratio: str = ""
    settlement_amount: Amount = NO_AMOUNT
    catalogue: str = ""
    exclusivity_group: str = ""
    priority: int = 0
    least_ratio: str = ""
    most_ratio: str = ""
    measure: str = ""
    free_measure: int = 0
    measure_step: int = 1
    favours: Favours = Favours.CUSTOMER
    special: bool = False


class Choice(StrEnum):
    """Which modifier of an exclusivity group applies."""

    FIRST = "first"  # by priority
    BEST_FOR_CUSTOMER = "best_for_customer"
    BEST_FOR_PAYEE = "best_for_payee"


@dataclass(frozen=True, slots=True)
class ExclusivityGroup:
    """Modifiers or promotions of which only one may apply."""

    group_code: str
    choice: Choice


class PromotionKind(StrEnum):
    """What a promotion gives."""

    THRESHOLD = "threshold"  # 满减
    NTH_ITEM = "nth_item"  # 第二件半价
    PERCENT = "percent"
    BUNDLE = "bundle"
    GIFT = "gift"


class Component(NamedTuple):
    """So many of an item, as part of a bundle or as a gift."""

    item_code: str
    quantity: int


#: None of any item.
NO_COMPONENT: Final = Component("", 0)


@dataclass(frozen=True, slots=True)
class Promotion:
    """A reduction of what the customer pays; what the work earns others stays as it is.

    Attributes:
        item_codes: what it counts and reduces; empty: every item.
        threshold: from this sum on (满) …
        reduction: … this much less (减), or what a bundle costs (``bundle_price``).
        repeats: once for each time the threshold, the n-th item or the bundle is reached.
        nth: which unit is reduced, counted over units of the same item.
        ratio: what is paid: "0.5" is half price, "0.8" 八折.
        bundle: what must be there together.
        bundle_price: what the bundle costs together.
        gift: what is given: ``quantity`` units of ``item_code`` that the quote holds are free.
        needs_coupon: only with a coupon code of this promotion.
        exclusivity_group: of the promotions of a group only one applies; empty: stacks with all.
        priority: the lower comes first.
        special: a special policy, which a freeze of its region puts aside.
    """

    promotion_code: str
    label: str
    kind: PromotionKind | None
    conditions: Conditions = ALWAYS
    item_codes: tuple[str, ...] = ()
    threshold: Amount = NO_AMOUNT
    reduction: Amount = NO_AMOUNT
    repeats: bool = False
    nth: int = 0
    ratio: str = ""
    bundle: tuple[Component, ...] = ()
    bundle_price: Amount = NO_AMOUNT
    gift: Component = NO_COMPONENT
    needs_coupon: bool = False
    exclusivity_group: str = ""
    priority: int = 0
    special: bool = False


@dataclass(frozen=True, slots=True)
class TaxRule:
    """A tax on what the customer pays or on what the work earns others.

    Attributes:
        side: one of the two; each has its own taxes.
        ratio: "0.06" is 6 %.
        inclusive: prices contain it already; otherwise it is added.
        refundable_ratio: which part of the tax is paid back, "1" all of it; empty: none.
        payee_kind: of the settlement side: "company", "outlet", "person" …; empty: any.
    """

    tax_code: str
    label: str
    side: Side
    ratio: str
    inclusive: bool
    refundable_ratio: str = ""
    payee_kind: str = ""
    conditions: Conditions = ALWAYS
    item_codes: tuple[str, ...] = ()
    catalogue: str = ""


@dataclass(frozen=True, slots=True)
class Opening:
    """Since when a place is open for business."""

    place_code: str
    opened_on: date


@dataclass(frozen=True, slots=True)
class PricedItem:
    """An item of either library as a version names it."""

    item_code: str
    name: str
    catalogue: str
    unit: str


@dataclass(frozen=True, slots=True)
class BookHead:
    """What a version says beside its rules.

    Attributes:
        resolution_order: of `DIMENSIONS`, the most decisive first; every one that a rate uses.
        phases: the order in which modifiers apply.
        rounding: how a fraction of a minor unit becomes a whole one.
    """

    price_book_code: str
    currency: str
    resolution_order: tuple[str, ...]
    phases: tuple[str, ...]
    rounding: Rounding = Rounding.HALF_UP
    groups: tuple[ExclusivityGroup, ...] = ()
    openings: tuple[Opening, ...] = ()


@dataclass(frozen=True, slots=True)
class BookContent:
    """All that decides a quote; its hash names it."""

    head: BookHead
    items: tuple[PricedItem, ...]
    rates: tuple[Rate, ...]
    modifiers: tuple[Modifier, ...] = ()
    promotions: tuple[Promotion, ...] = ()
    taxes: tuple[TaxRule, ...] = ()


class Policies:
    """The modifiers, promotions and taxes of a version, in the order in which they apply and found
    by item and place."""

    def __init__(
        self,
        head: BookHead,
        modifiers: Iterable[Modifier],
        promotions: Iterable[Promotion],
        taxes: Iterable[TaxRule],
    ) -> None:
        phase = {name: number for number, name in enumerate(head.phases)}
        in_order = sorted(modifiers, key=lambda m: (phase[m.phase], m.priority, m.modifier_code))
        self.modifiers: Mapping[str, Modifier] = {m.modifier_code: m for m in in_order}
        self.promotions = tuple(sorted(promotions, key=lambda p: (p.priority, p.promotion_code)))
        self.taxes = tuple(sorted(taxes, key=lambda tax: tax.tax_code))
        self.groups: Mapping[str, Choice] = {g.group_code: g.choice for g in head.groups}
        self._number = {code: number for number, code in enumerate(self.modifiers)}
        #: Those that apply by themselves, by place and by item; under "" those of any.
        self._automatic: dict[str, dict[str, list[Modifier]]] = {}
        for modifier in in_order:
            if modifier.automatic:
                here = self._automatic.setdefault(modifier.conditions.place_code, {})
                for item_code in modifier.item_codes or ("",):
                    here.setdefault(item_code, []).append(modifier)

    def automatic_at(self, item: PricedItem, places: tuple[str, ...]) -> list[Modifier]:
        """Those that apply to an item at a place by themselves when their other conditions hold, in
        order."""
        found: list[Modifier] = []
        for place in (*places, ""):
            here = self._automatic.get(place)
            if here is not None:
                for item_code in ("", item.item_code):
                    found += [m for m in here.get(item_code, ()) if covers(m, item)]
        if len(found) > 1:
            found.sort(key=lambda m: self._number[m.modifier_code])
        return found


def covers(rule: Modifier | TaxRule, item: PricedItem) -> bool:
    """Whether a rule is meant for an item at all."""
    return (not rule.item_codes or item.item_code in rule.item_codes) and rule.catalogue in (
        "",
        item.catalogue,
    )


def months_open(openings: Iterable[Opening], places: Iterable[str], day: date) -> int | None:
    """The month since the finest of the places that was opened; 1 the first, which lasts until the
    day before the same day of the next month. None: none of them has an opening, or not yet."""
    opened = {opening.place_code: opening.opened_on for opening in openings}
    since = next((opened[place] for place in places if place in opened), None)
    if since is None or day < since:
        return None
    whole = (day.year - since.year) * 12 + day.month - since.month
    return whole + (1 if day.day >= since.day else 0)


def name_rate(item_code: str, conditions: Conditions) -> str:
    """A name that says a rate's conditions: ``AC-INSTALL-STD@110100/tier1/direct/vip``, the other
    dimensions and the limits behind them, each with its name."""
    place_and_whom = (
        conditions.place_code,
        conditions.city_tier,
        conditions.cooperation_mode,
        conditions.customer_level,
    )
    named = item_code
    if any(place_and_whom):
        named += f"@{'/'.join(condition or '*' for condition in place_and_whom)}"
    others = [f"{d}={getattr(conditions, d)}" for d in EQUALITIES[3:] if getattr(conditions, d)]
    limits = conditions.limits
    for dimension in limits.said():
        match dimension:
            case "days":
                others.append(f"days={limits.first_day}-{limits.last_day}")
            case "weekdays":
                others.append(f"weekdays={''.join(map(str, limits.weekdays))}")
            case "hours":
                others.append(f"hours={limits.from_minute}-{limits.until_minute}")
            case _:
                least, most = getattr(limits, dimension)
                others.append(
                    f"{dimension}={'' if least is None else least}-{'' if most is None else most}"
                )
    return ";".join((named, *others))
