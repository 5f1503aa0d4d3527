"""Which rate a book gives for an item in a situation, which modifiers apply, and what lost and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final, NamedTuple

from kit.errors import FailedPrecondition, InvalidArgument
from services.pricing.domain.book import Modifier, PriceBook, Rate, RateKey, covers

_DIMENSION_LABELS: Final = {
    "place": "地区",
    "city_tier": "城市档位",
    "cooperation_mode": "合作模式",
    "customer_level": "客户等级",
}


@dataclass(frozen=True, slots=True)
class Situation:
    """Where and for whom a price is asked.

    Attributes:
        places: codes from the finest on: zones, then the path of adcodes.
    """

    places: tuple[str, ...]
    city_tier: str
    cooperation_mode: str
    customer_level: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it was asked."""

    item_code: str
    quantity: int
    modifier_codes: tuple[str, ...]


class Rejected(NamedTuple):
    """A rule that was considered and does not count, and why (in Chinese)."""

    rule_id: str
    reason: str


def choose_rate(
    book: PriceBook, item_code: str, situation: Situation, field: str
) -> tuple[Rate, list[Rejected]]:
    """The rate that wins by the book's declared order, and those that hold as well.

    Two rates that hold never rank alike: they would have the same key.

    Raises:
        FailedPrecondition: ``PRICING_RATE_MISSING``, naming ``field``.
    """
    order = book.content.resolution_order
    ranked = sorted(
        _holding(book, item_code, situation), key=lambda rate: _rank(rate.key, situation, order)
    )
    if not ranked:
        raise FailedPrecondition(
            "PRICING_RATE_MISSING",
            f"book {book.content.price_book_code!r} version {book.version} has no rate for item"
            f" {item_code!r} in {situation.places[0]!r} (tier {situation.city_tier or 'none'}, mode"
            f" {situation.cooperation_mode or 'none'}, level {situation.customer_level or 'none'})",
            field=field,
        )
    winner, *losers = ranked
    return winner, [_lost_to(winner, loser, situation, order) for loser in losers]


def _holding(book: PriceBook, item_code: str, situation: Situation) -> Iterator[Rate]:
    """The rates of an item whose conditions all hold, found by asking for each possible key."""
    for conditions in product(
        (*situation.places, ""),
        {situation.city_tier, ""},
        {situation.cooperation_mode, ""},
        {situation.customer_level, ""},
    ):
        rate = book.rates.get(RateKey(item_code, *conditions))
        if rate is not None:
            yield rate


def _rank(key: RateKey, situation: Situation, order: Sequence[str]) -> tuple[int, ...]:
    """How specific a rate is in each dimension, the most decisive first; lower wins."""
    return tuple(_distance(key, situation, dimension) for dimension in order)


def _distance(key: RateKey, situation: Situation, dimension: str) -> int:
    if dimension == "place":
        places = situation.places
        return places.index(key.place_code) if key.place_code else len(places)
    return 0 if getattr(key, dimension) else 1


def _lost_to(winner: Rate, loser: Rate, situation: Situation, order: Sequence[str]) -> Rejected:
    decisive = next(
        dimension
        for dimension in order
        if _distance(winner.key, situation, dimension) != _distance(loser.key, situation, dimension)
    )
    label = _DIMENSION_LABELS[decisive]
    won, lost = _condition(winner.key, decisive), _condition(loser.key, decisive)
    return Rejected(loser.rate_id, f"按{label}：{lost or '不限'} 不如 {won} 具体")


def _condition(key: RateKey, dimension: str) -> str:
    return key.place_code if dimension == "place" else str(getattr(key, dimension))


def choose_modifiers(
    book: PriceBook, line: Line, situation: Situation, field: str
) -> tuple[list[Modifier], list[Rejected]]:
    """The modifiers of a line in the order in which they apply, and those that were asked for or
    would apply by themselves, but are not meant for its item or place.

    Raises:
        InvalidArgument: ``PRICING_MODIFIER_UNKNOWN``.
    """
    for number, code in enumerate(line.modifier_codes):
        if code not in book.modifiers:
            raise InvalidArgument(
                "PRICING_MODIFIER_UNKNOWN",
                f"book {book.content.price_book_code!r} version {book.version} has no modifier"
                f" {code!r}; it has {', '.join(sorted(book.modifiers)) or 'none'}",
                field=f"{field}.modifier_codes[{number}]",
            )
    applying: list[Modifier] = []
    rejected: list[Rejected] = []
    for modifier in book.modifiers.values():
        asked = modifier.modifier_code in line.modifier_codes
        covered = covers(modifier, line.item_code)
        if not (asked or (modifier.automatic and covered)):
            continue
        if not covered:
            rejected.append(_kept_out(modifier, f"不用于项目 {line.item_code}"))
        elif not _is_within(modifier, situation):
            rejected.append(_kept_out(modifier, f"不在 {modifier.place_code} 内"))
        else:
            applying.append(modifier)
    return applying, rejected


def _kept_out(modifier: Modifier, why: str) -> Rejected:
    return Rejected(modifier.modifier_code, f"{modifier.label}：{why}")


def _is_within(modifier: Modifier, situation: Situation) -> bool:
    return not modifier.place_code or modifier.place_code in situation.places
