"""What a price book version says: rates, modifiers, and the order in which they decide."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import Final, NamedTuple

#: What a rate may be ranked by; a book declares their order.
DIMENSIONS: Final = ("place", "city_tier", "cooperation_mode", "customer_level")


class Amount(NamedTuple):
    """Money as it was written down, not yet checked; no currency means it was left out."""

    currency: str
    amount_minor: int


_RATIO: Final = re.compile(r"\d{1,9}(\.\d{1,9}|/0*[1-9]\d{0,8})?")


class RateKey(NamedTuple):
    """The conditions of a rate; an empty one holds always. No two rates of a book share a key."""

    item_code: str
    place_code: str = ""
    city_tier: str = ""
    cooperation_mode: str = ""
    customer_level: str = ""


@dataclass(frozen=True, slots=True)
class Rate:
    """What one unit of an item costs where its conditions hold."""

    rate_id: str
    key: RateKey
    list_price: Amount
    settlement_price: Amount


class CombineMode(StrEnum):
    """How a modifier changes an amount."""

    MULTIPLY = "multiply"
    ADD_RATIO_OF_BASE = "add_ratio_of_base"
    ADD_AMOUNT = "add_amount"


@dataclass(frozen=True, slots=True)
class Modifier:
    """A premium, coefficient or surcharge; ``ratio`` as it was written, such as "1.2"."""

    modifier_code: str
    label: str
    phase: str
    combine_mode: CombineMode | None
    ratio: str
    amount: Amount
    item_codes: tuple[str, ...]
    place_code: str
    automatic: bool


@dataclass(frozen=True, slots=True)
class PricedItem:
    """An item of either library as a version names it."""

    item_code: str
    name: str
    catalogue: str
    unit: str


@dataclass(frozen=True, slots=True)
class BookContent:
    """All that decides a quote; its hash names it."""

    price_book_code: str
    currency: str
    resolution_order: tuple[str, ...]
    phases: tuple[str, ...]
    items: tuple[PricedItem, ...]
    rates: tuple[Rate, ...]
    modifiers: tuple[Modifier, ...]


class PriceBook:
    """A published version, ready to be asked; immutable."""

    def __init__(self, version: int, content_hash: str, content: BookContent) -> None:
        self.version = version
        self.content_hash = content_hash
        self.content = content
        self.items: Mapping[str, PricedItem] = {item.item_code: item for item in content.items}
        self.rates: Mapping[RateKey, Rate] = {rate.key: rate for rate in content.rates}
        order = {phase: number for number, phase in enumerate(content.phases)}
        in_order = sorted(content.modifiers, key=lambda m: (order[m.phase], m.modifier_code))
        #: In the order in which they apply.
        self.modifiers: Mapping[str, Modifier] = {m.modifier_code: m for m in in_order}


def is_ratio(text: str) -> bool:
    """Whether a text is an exact ratio of a reasonable length, such as "1.2" or "1/3"."""
    return _RATIO.fullmatch(text) is not None


@lru_cache(maxsize=4096)
def exact_ratio(text: str) -> Fraction:
    """The ratio that a checked text says."""
    return Fraction(text)


def covers(modifier: Modifier, item_code: str) -> bool:
    """Whether a modifier is meant for an item at all."""
    return not modifier.item_codes or item_code in modifier.item_codes


def name_rate(key: RateKey) -> str:
    """A name that says a rate's conditions: ``AC-INSTALL-STD@110100/tier1/direct/vip``."""
    conditions: Sequence[str] = key[1:]
    if not any(conditions):
        return key.item_code
    return f"{key.item_code}@{'/'.join(condition or '*' for condition in conditions)}"
