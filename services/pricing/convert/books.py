"""Price books, between messages, rows and decisions."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final

from kit.rpc.convert import instant_to_proto
from protos.common.v1 import money_pb2
from protos.pricing.v1 import book_pb2 as pb
from services.pricing.domain.book import (
    Amount,
    BookContent,
    CombineMode,
    Modifier,
    PriceBook,
    PricedItem,
    Rate,
    RateKey,
    name_rate,
)
from services.pricing.tables import (
    BookRows,
    ItemRow,
    ModifierRow,
    PriceBookVersionRow,
    PricedItemRow,
    RateRow,
)

_COMBINE_MODES: Final = {
    CombineMode.MULTIPLY: pb.COMBINE_MODE_MULTIPLY,
    CombineMode.ADD_RATIO_OF_BASE: pb.COMBINE_MODE_ADD_RATIO_OF_BASE,
    CombineMode.ADD_AMOUNT: pb.COMBINE_MODE_ADD_AMOUNT,
}
_MODE_OF_NUMBER: Final = {number: mode for mode, number in _COMBINE_MODES.items()}
_NO_AMOUNT: Final = Amount("", 0)


def item_codes(message: pb.PriceBookVersion) -> set[str]:
    """Every item a book speaks of."""
    named = {code for modifier in message.modifiers for code in modifier.item_codes}
    return named | {rate.item_code for rate in message.rates}


def content_from_proto(message: pb.PriceBookVersion, items: Collection[ItemRow]) -> BookContent:
    """What a book says, unchecked; with the items as they are named now."""
    return BookContent(
        price_book_code=message.price_book_code,
        currency=message.currency,
        resolution_order=tuple(message.resolution_order),
        phases=tuple(message.phases),
        items=tuple(_priced_item(row) for row in sorted(items, key=lambda row: row.item_code)),
        rates=tuple(_rate_from_proto(rate) for rate in message.rates),
        modifiers=tuple(_modifier_from_proto(modifier) for modifier in message.modifiers),
    )


def _priced_item(row: ItemRow | PricedItemRow) -> PricedItem:
    return PricedItem(row.item_code, row.name, row.catalogue, row.unit)


def _rate_from_proto(message: pb.Rate) -> Rate:
    key = RateKey(
        message.item_code,
        message.place_code,
        message.city_tier,
        message.cooperation_mode,
        message.customer_level,
    )
    return Rate(
        rate_id=message.rate_id or name_rate(key),
        key=key,
        list_price=_amount(message.list_price),
        settlement_price=_amount(message.settlement_price),
    )


def _amount(message: money_pb2.Money) -> Amount:
    return Amount(message.currency, message.amount_minor)


def _modifier_from_proto(message: pb.Modifier) -> Modifier:
    return Modifier(
        modifier_code=message.modifier_code,
        label=message.label,
        phase=message.phase,
        combine_mode=_MODE_OF_NUMBER.get(message.combine_mode),
        ratio=message.ratio,
        amount=_amount(message.amount),
        item_codes=tuple(message.item_codes),
        place_code=message.place_code,
        automatic=message.automatic,
    )


def content_to_rows(
    content: BookContent,
    *,
    version: int,
    content_hash: str,
    effective_from: datetime,
    published_at: datetime,
    by_person_id: str,
) -> BookRows:
    """A checked book as it will be kept."""
    book = content.price_book_code
    return BookRows(
        PriceBookVersionRow(
            price_book_code=book,
            version=version,
            content_hash=content_hash,
            currency=content.currency,
            effective_from=effective_from,
            resolution_order=list(content.resolution_order),
            phases=list(content.phases),
            published_at=published_at,
            published_by_person_id=by_person_id,
        ),
        [
            PricedItemRow(
                price_book_code=book,
                version=version,
                item_code=item.item_code,
                name=item.name,
                catalogue=item.catalogue,
                unit=item.unit,
            )
            for item in content.items
        ],
        [_rate_to_row(rate, book, version, number) for number, rate in enumerate(content.rates)],
        [
            _modifier_to_row(modifier, book, version, number)
            for number, modifier in enumerate(content.modifiers)
        ],
    )


def _rate_to_row(rate: Rate, book: str, version: int, number: int) -> RateRow:
    return RateRow(
        price_book_code=book,
        version=version,
        rate_id=rate.rate_id,
        rate_number=number,
        item_code=rate.key.item_code,
        place_code=rate.key.place_code,
        city_tier=rate.key.city_tier,
        cooperation_mode=rate.key.cooperation_mode,
        customer_level=rate.key.customer_level,
        list_price_minor=rate.list_price.amount_minor,
        settlement_price_minor=rate.settlement_price.amount_minor,
    )


def _modifier_to_row(modifier: Modifier, book: str, version: int, number: int) -> ModifierRow:
    return ModifierRow(
        price_book_code=book,
        version=version,
        modifier_code=modifier.modifier_code,
        modifier_number=number,
        label=modifier.label,
        phase=modifier.phase,
        combine_mode=modifier.combine_mode,
        ratio=modifier.ratio,
        amount_minor=modifier.amount.amount_minor if modifier.amount.currency else None,
        item_codes=list(modifier.item_codes),
        place_code=modifier.place_code,
        automatic=modifier.automatic,
    )


def book_from_rows(rows: BookRows) -> PriceBook:
    """A published version, ready to be asked."""
    currency = rows.version.currency
    content = BookContent(
        price_book_code=rows.version.price_book_code,
        currency=currency,
        resolution_order=tuple(rows.version.resolution_order),
        phases=tuple(rows.version.phases),
        items=tuple(_priced_item(row) for row in rows.items),
        rates=tuple(_rate_from_row(row, currency) for row in rows.rates),
        modifiers=tuple(_modifier_from_row(row, currency) for row in rows.modifiers),
    )
    return PriceBook(rows.version.version, rows.version.content_hash, content)


def _rate_from_row(row: RateRow, currency: str) -> Rate:
    return Rate(
        rate_id=row.rate_id,
        key=RateKey(
            row.item_code, row.place_code, row.city_tier, row.cooperation_mode, row.customer_level
        ),
        list_price=Amount(currency, row.list_price_minor),
        settlement_price=Amount(currency, row.settlement_price_minor),
    )


def _modifier_from_row(row: ModifierRow, currency: str) -> Modifier:
    return Modifier(
        modifier_code=row.modifier_code,
        label=row.label,
        phase=row.phase,
        combine_mode=CombineMode(row.combine_mode),
        ratio=row.ratio,
        amount=_NO_AMOUNT if row.amount_minor is None else Amount(currency, row.amount_minor),
        item_codes=tuple(row.item_codes),
        place_code=row.place_code,
        automatic=row.automatic,
    )


def version_to_proto(row: PriceBookVersionRow) -> pb.PriceBookVersion:
    """A version on the wire, without its rates and modifiers."""
    return pb.PriceBookVersion(
        price_book_code=row.price_book_code,
        version=row.version,
        content_hash=row.content_hash,
        currency=row.currency,
        effective_from=instant_to_proto(row.effective_from),
        resolution_order=row.resolution_order,
        phases=row.phases,
        published_at=instant_to_proto(row.published_at),
        published_by_person_id=row.published_by_person_id,
    )


def rows_to_proto(rows: BookRows, *, with_settlement: bool) -> pb.PriceBookVersion:
    """A version on the wire, whole; settlement prices only for those who may see them."""
    message = version_to_proto(rows.version)
    message.rates.extend(_rates_to_proto(rows.rates, rows.version.currency, with_settlement))
    message.modifiers.extend(
        _modifier_to_proto(modifier, rows.version.currency) for modifier in rows.modifiers
    )
    return message


def _rates_to_proto(
    rates: Iterable[RateRow], currency: str, with_settlement: bool
) -> Iterable[pb.Rate]:
    for row in rates:
        message = pb.Rate(
            rate_id=row.rate_id,
            item_code=row.item_code,
            place_code=row.place_code,
            city_tier=row.city_tier,
            cooperation_mode=row.cooperation_mode,
            customer_level=row.customer_level,
            list_price=money_pb2.Money(currency=currency, amount_minor=row.list_price_minor),
        )
        if with_settlement:
            message.settlement_price.currency = currency
            message.settlement_price.amount_minor = row.settlement_price_minor
        yield message


def _modifier_to_proto(row: ModifierRow, currency: str) -> pb.Modifier:
    message = pb.Modifier(
        modifier_code=row.modifier_code,
        label=row.label,
        phase=row.phase,
        combine_mode=_COMBINE_MODES[CombineMode(row.combine_mode)],
        ratio=row.ratio,
        item_codes=row.item_codes,
        place_code=row.place_code,
        automatic=row.automatic,
    )
    if row.amount_minor is not None:
        message.amount.currency, message.amount.amount_minor = currency, row.amount_minor
    return message
