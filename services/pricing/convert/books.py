"""Price books, between messages, rows and decisions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final

from google.protobuf import json_format
from google.protobuf.message import Message

from kit.errors import InvalidArgument
from kit.money import Rounding
from kit.rpc.convert import instant_to_proto
from protos.common.v1 import money_pb2
from protos.pricing.v1 import book_pb2 as pb
from services.pricing.convert.conditions import conditions_from_proto, limits_from_proto
from services.pricing.convert.rules import (
    ROUNDINGS,
    charge_from_proto,
    group_from_proto,
    modifier_from_proto,
    promotion_from_proto,
    rate_from_proto,
    tax_from_proto,
)
from services.pricing.domain.book import (
    BookContent,
    BookHead,
    Opening,
    PricedItem,
    Rate,
    name_rate,
)
from services.pricing.domain.charges import PER_UNIT
from services.pricing.domain.conditions import (
    EQUALITIES,
    FIRST_DAY,
    LAST_DAY,
    UNLIMITED,
)
from services.pricing.domain.price_book import PriceBook
from services.pricing.domain.rates import FlatRate, RateTable
from services.pricing.tables import (
    BookRows,
    ItemRow,
    PriceBookVersionRow,
    PricedItemRow,
    PriceRuleRow,
    RateRow,
)

#: How each kind of rule is kept: the field of a version that lists it, its code, its message.
RULES: Final[dict[str, tuple[str, str, type[Message]]]] = {
    "modifier": ("modifiers", "modifier_code", pb.Modifier),
    "promotion": ("promotions", "promotion_code", pb.Promotion),
    "tax": ("taxes", "tax_code", pb.TaxRule),
    "group": ("groups", "group_code", pb.ExclusivityGroup),
    "opening": ("openings", "place_code", pb.Opening),
}
#: Conditions that have columns of their own.
_COLUMNS: Final = ("city_tier", "cooperation_mode", "customer_level")
_OTHERS: Final = EQUALITIES[len(_COLUMNS) :]
_NO_OTHERS: Final = ("",) * len(_OTHERS)


def item_codes(message: pb.PriceBookVersion) -> set[str]:
    """Every item a book speaks of."""
    named = {rate.item_code for rate in message.rates}
    for rules in (message.modifiers, message.promotions, message.taxes):
        named |= {code for rule in rules for code in rule.item_codes}
    for promotion in message.promotions:
        for parts in (promotion.bundle.components, promotion.gift.components):
            named |= {part.item_code for part in parts}
        named.add(promotion.gift.gift.item_code)
    return named - {""}


def content_from_proto(
    message: pb.PriceBookVersion, items: Collection[ItemRow | PricedItem]
) -> BookContent:
    """What a book says, with the items as they are named now; what its rules must satisfy is not
    checked yet.

    Raises:
        InvalidArgument: what cannot be said at all, such as a day that is none, naming the field.
    """
    at = "price_book"
    return BookContent(
        head=_head(message),
        items=tuple(_priced_item(row) for row in sorted(items, key=lambda row: row.item_code)),
        rates=tuple(
            rate_from_proto(rate, message.currency, f"{at}.rates[{number}]")
            for number, rate in enumerate(message.rates)
        ),
        modifiers=tuple(
            modifier_from_proto(modifier, f"{at}.modifiers[{number}]")
            for number, modifier in enumerate(message.modifiers)
        ),
        promotions=tuple(
            promotion_from_proto(promotion, f"{at}.promotions[{number}]")
            for number, promotion in enumerate(message.promotions)
        ),
        taxes=tuple(
            tax_from_proto(tax, f"{at}.taxes[{number}]") for number, tax in enumerate(message.taxes)
        ),
    )


def _head(message: pb.PriceBookVersion) -> BookHead:
    return BookHead(
        price_book_code=message.price_book_code,
        currency=message.currency,
        resolution_order=tuple(message.resolution_order),
        phases=tuple(message.phases),
        rounding=ROUNDINGS.get(message.rounding, Rounding.HALF_UP),
        groups=tuple(group_from_proto(group) for group in message.groups),
        openings=tuple(
            _opening(opening, f"price_book.openings[{number}].opened_on")
            for number, opening in enumerate(message.openings)
        ),
    )


def _opening(message: pb.Opening, field: str) -> Opening:
    try:
        return Opening(message.place_code, date.fromisoformat(message.opened_on))
    except ValueError:
        raise InvalidArgument(
            "PRICING_OPENING_INVALID",
            f"{message.opened_on!r} is no day; write it as 2026-06-01",
            field=field,
        ) from None


def _priced_item(row: ItemRow | PricedItemRow | PricedItem) -> PricedItem:
    return PricedItem(row.item_code, row.name, row.catalogue, row.unit)


def book_to_rows(
    message: pb.PriceBookVersion,
    content: BookContent,
    *,
    version: int,
    content_hash: str,
    effective_from: datetime,
    published_at: datetime,
    by_person_id: str,
) -> BookRows:
    """A checked book as it will be kept, from ``version`` on."""
    head = content.head
    return BookRows(
        PriceBookVersionRow(
            price_book_code=head.price_book_code,
            version=version,
            content_hash=content_hash,
            currency=head.currency,
            effective_from=effective_from,
            resolution_order=list(head.resolution_order),
            phases=list(head.phases),
            rounding=head.rounding,
            correction_reason=message.correction_reason,
            published_at=published_at,
            published_by_person_id=by_person_id,
            draft_id=None,
        ),
        [
            PricedItemRow(
                price_book_code=head.price_book_code,
                item_code=item.item_code,
                first_version=version,
                last_version=None,
                name=item.name,
                catalogue=item.catalogue,
                unit=item.unit,
            )
            for item in content.items
        ],
        [
            rate_to_row(said, rate, head.price_book_code, version)
            for said, rate in zip(message.rates, content.rates, strict=True)
        ],
        list(rules_to_rows(message, version)),
    )


def rate_to_row(message: pb.Rate, rate: Rate, book: str, version: int) -> RateRow:
    """A rate as it is kept from a version on."""
    conditions, limits = rate.conditions, rate.conditions.limits
    others = pb.Conditions()
    others.CopyFrom(message.conditions)
    others.ClearField("first_day")
    others.ClearField("last_day")
    return RateRow(
        price_book_code=book,
        first_version=version,
        last_version=None,
        rate_id=rate.rate_id,
        item_code=rate.item_code,
        place_code=conditions.place_code,
        city_tier=conditions.city_tier,
        cooperation_mode=conditions.cooperation_mode,
        customer_level=conditions.customer_level,
        first_day=None if limits.first_day == FIRST_DAY else date.fromordinal(limits.first_day),
        last_day=None if limits.last_day == LAST_DAY else date.fromordinal(limits.last_day),
        conditions=plain(others),
        charge=plain(message.charge),
        list_price_minor=rate.list_price.amount_minor,
        settlement_price_minor=rate.settlement_price.amount_minor,
    )


def rules_to_rows(message: pb.PriceBookVersion, version: int) -> Iterator[PriceRuleRow]:
    """All rules but the rates, as they are kept."""
    for kind, (listed, code, _) in RULES.items():
        for number, rule in enumerate(getattr(message, listed)):
            yield PriceRuleRow(
                price_book_code=message.price_book_code,
                version=version,
                rule_kind=kind,
                rule_code=getattr(rule, code),
                rule_number=number,
                definition=plain(rule),
            )


def plain(message: Message) -> dict[str, Any]:
    """A rule as it is kept: plain JSON of its message."""
    return json_format.MessageToDict(message, preserving_proto_field_name=True)


def flat_rates(rows: Iterable[Iterable[Any]], currency: str) -> Iterator[FlatRate]:
    """Rates as a table takes them, from the columns of `store.books.RATE_COLUMNS`."""
    for (
        rate_id, item_code, place_code, city_tier, cooperation_mode, customer_level,
        first_day, last_day, conditions, charge, list_price_minor, settlement_price_minor,
    ) in rows:  # fmt: skip
        others, limits = _NO_OTHERS, UNLIMITED
        first = first_day or FIRST_DAY
        last = last_day or LAST_DAY
        if conditions:
            said = json_format.ParseDict(conditions, pb.Conditions())
            others = tuple(getattr(said, name) for name in _OTHERS)
            if first_day is not None:
                said.first_day = date.fromordinal(first).isoformat()
            if last_day is not None:
                said.last_day = date.fromordinal(last).isoformat()
            limits = limits_from_proto(said, "conditions")
        yield FlatRate(
            item_code,
            place_code,
            (city_tier, cooperation_mode, customer_level, *others),
            first,
            last,
            list_price_minor,
            settlement_price_minor,
            limits if limits.beyond_days else UNLIMITED,
            _charge(charge, currency) if charge else PER_UNIT,
            rate_id,
        )


def _charge(said: dict[str, Any], currency: str) -> Any:
    return charge_from_proto(json_format.ParseDict(said, pb.Charge()), currency, "charge")


def book_from_rows(
    version: PriceBookVersionRow,
    items: Iterable[PricedItem],
    rules: Sequence[PriceRuleRow],
    rates: RateTable,
) -> PriceBook:
    """A published version, ready to be asked."""
    said = version_to_proto(version)
    say_rules(rules, said)
    content = content_from_proto(said, ())
    return PriceBook(
        version.version,
        version.content_hash,
        content.head,
        items=items,
        rates=rates,
        modifiers=content.modifiers,
        promotions=content.promotions,
        taxes=content.taxes,
    )


def version_to_proto(row: PriceBookVersionRow) -> pb.PriceBookVersion:
    """A version on the wire, without its rules."""
    return pb.PriceBookVersion(
        price_book_code=row.price_book_code,
        version=row.version,
        content_hash=row.content_hash,
        currency=row.currency,
        effective_from=instant_to_proto(row.effective_from),
        resolution_order=row.resolution_order,
        phases=row.phases,
        rounding=pb.Rounding.Value(f"ROUNDING_{row.rounding.upper()}"),
        correction_reason=row.correction_reason,
        published_at=instant_to_proto(row.published_at),
        published_by_person_id=row.published_by_person_id,
        draft_id=row.draft_id or "",
    )


def rows_to_proto(rows: BookRows, *, with_settlement: bool) -> pb.PriceBookVersion:
    """A version on the wire, whole; settlement prices only for those who may see them."""
    message = version_to_proto(rows.version)
    currency = rows.version.currency
    message.rates.extend(rate_to_proto(row, currency) for row in rows.rates)
    say_rules(rows.rules, message)
    if not with_settlement:
        without_settlement(message)
    return message


def say_rules(rules: Sequence[PriceRuleRow], message: pb.PriceBookVersion) -> None:
    """Add to a version all its rules but the rates."""
    for row in sorted(rules, key=lambda rule: rule.rule_number):
        listed, _, made = RULES[row.rule_kind]
        getattr(message, listed).append(json_format.ParseDict(row.definition, made()))


def rate_to_proto(row: RateRow, currency: str) -> pb.Rate:
    """A rate on the wire, with the name it goes by."""
    message = pb.Rate(
        rate_id=row.rate_id,
        item_code=row.item_code,
        place_code=row.place_code,
        city_tier=row.city_tier,
        cooperation_mode=row.cooperation_mode,
        customer_level=row.customer_level,
        list_price=money_pb2.Money(currency=currency, amount_minor=row.list_price_minor),
        settlement_price=money_pb2.Money(
            currency=currency, amount_minor=row.settlement_price_minor
        ),
    )
    if row.conditions:
        json_format.ParseDict(row.conditions, message.conditions)
    if row.first_day is not None:
        message.conditions.first_day = row.first_day.isoformat()
    if row.last_day is not None:
        message.conditions.last_day = row.last_day.isoformat()
    if row.charge:
        json_format.ParseDict(row.charge, message.charge)
    if not message.rate_id:
        message.rate_id = name_rate(row.item_code, conditions_from_proto(message, "rate"))
    return message


def without_settlement(message: pb.PriceBookVersion) -> None:
    """Leave out whatever says what work earns others."""
    for rate in message.rates:
        rate.ClearField("settlement_price")
        match rate.charge.WhichOneof("model"):
            case "hourly":
                rate.charge.hourly.ClearField("settlement_price")
            case ("graduated" | "volume") as model:
                for step in getattr(rate.charge, model).steps:
                    step.ClearField("settlement_price")
            case "annual_plan":
                rate.charge.annual_plan.ClearField("extra_visit_settlement_price")
            case "percent_of_parts":
                rate.charge.percent_of_parts.ClearField("settlement_ratio")
            case _:
                pass
    for modifier in message.modifiers:
        modifier.ClearField("settlement_ratio")
        modifier.ClearField("settlement_amount")
