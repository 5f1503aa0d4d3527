"""Local pricing: who may set the price of what, where, and how far from the one that holds there.

A place lies in a delegated one when it is that place, or when both are adcodes and the delegated one
is a prefix of it: 110105 lies in 110100 and in 110000. Zones and macro-regions are delegated by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, NamedTuple

from kit.errors import InvalidArgument, PermissionDenied
from services.pricing.domain.book import Rate
from services.pricing.domain.conditions import EQUALITIES, FIRST_DAY, Conditions, Situation
from services.pricing.domain.price_book import PriceBook
from services.pricing.domain.ratios import exact_ratio, is_ratio

_ADCODE: Final = re.compile(r"\d{6}")
_LARGEST_BAND: Final = 10


class DelegatedPlace(NamedTuple):
    """A place with those above it that hold for it too, from the finest on."""

    place_code: str
    places_above: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delegation:
    """What somebody may price.

    Attributes:
        item_codes: empty: every item.
        catalogue: empty: both libraries.
        least_ratio: of the price that holds there: "-0.1" is 10 % below.
        most_ratio: "0.15" is 15 % above.
        list_only: the settlement price stays as it is.
    """

    places: tuple[DelegatedPlace, ...]
    item_codes: tuple[str, ...]
    catalogue: str
    least_ratio: str
    most_ratio: str
    list_only: bool

    def path_to(self, place_code: str) -> tuple[str, ...] | None:
        """A place with all above it, as far as the delegation knows them; None: it is not its own."""
        for place in self.places:
            if lies_in(place_code, place.place_code):
                own = dict.fromkeys((*ancestors(place_code), *ancestors(place.place_code)))
                return (*own, *place.places_above)
        return None

    def covers(self, rate: Rate, catalogue: str) -> bool:
        """Whether a rate is its own to price."""
        return (
            (not self.item_codes or rate.item_code in self.item_codes)
            and self.catalogue in ("", catalogue)
            and self.path_to(rate.conditions.place_code) is not None
        )


def ancestors(place_code: str) -> tuple[str, ...]:
    """A place, and where it is an adcode its city and its province."""
    if not _ADCODE.fullmatch(place_code):
        return (place_code,)
    return tuple(dict.fromkeys((place_code, f"{place_code[:4]}00", f"{place_code[:2]}0000")))


def lies_in(place_code: str, of: str) -> bool:
    """Whether a place is another one or lies in it."""
    return bool(place_code) and of in ancestors(place_code)


def covering(delegations: Iterable[Delegation], rate: Rate, catalogue: str) -> Delegation:
    """The first delegation that a rate is for.

    Raises:
        PermissionDenied: ``PRICING_NOT_DELEGATED``.
    """
    for delegation in delegations:
        if delegation.covers(rate, catalogue):
            return delegation
    where = rate.conditions.place_code or "anywhere"
    raise PermissionDenied(
        "PRICING_NOT_DELEGATED",
        f"the price of {rate.item_code!r} at {where!r} is not yours to set",
    )


def price_there(base: PriceBook, rate: Rate, path: Sequence[str]) -> Rate | None:
    """The rate that wins at present where another one is to hold: at its place and the ones above,
    for the same whom, on its first day, without its other limits. None: there is no price yet."""
    situation = _situation(rate.conditions, path)
    quantity = rate.conditions.limits.quantity.least or 1
    hits = base.rates.holding(rate.item_code, situation, quantity)
    if not hits:
        return None
    best = min(hits, key=lambda hit: hit.rank)
    price, currency = base.rates.price(best.row), base.head.currency
    return Rate(
        base.rates.rate_id(rate.item_code, best),
        rate.item_code,
        base.rates.conditions(best),
        rate.list_price._replace(currency=currency, amount_minor=price.list_price),
        rate.settlement_price._replace(currency=currency, amount_minor=price.settlement_price),
        base.rates.charge(best.row),
    )


def _situation(conditions: Conditions, path: Sequence[str]) -> Situation:
    limits = conditions.limits
    whom: dict[str, Any] = dict(zip(EQUALITIES, conditions.equalities(), strict=True))
    return Situation(**whom)._replace(
        places=tuple(path),
        day=limits.first_day if limits.first_day != FIRST_DAY else limits.last_day,
        minute=limits.from_minute,
        floor=limits.floor.least or limits.floor.most,
        months_open=limits.months_open.least or limits.months_open.most,
    )


def band_problems(
    delegation: Delegation, wanted: Rate, there: Rate, at: str
) -> Iterator[InvalidArgument]:
    """How a rate leaves its band."""
    if wanted.charge != there.charge:
        yield InvalidArgument(
            "PRICING_OUTSIDE_BAND",
            f"it is charged otherwise than {there.rate_id}; only the price is yours to set",
            field=f"{at}.charge",
        )
    sides = {"list_price": (wanted.list_price, there.list_price)}
    sides["settlement_price"] = (wanted.settlement_price, there.settlement_price)
    for name, (price, before) in sides.items():
        fixed = delegation.list_only and name == "settlement_price"
        least, most = ("0", "0") if fixed else (delegation.least_ratio, delegation.most_ratio)
        low = before.amount_minor * (1 + exact_ratio(least))
        high = before.amount_minor * (1 + exact_ratio(most))
        if not low <= price.amount_minor <= high:
            yield InvalidArgument(
                "PRICING_OUTSIDE_BAND",
                f"{price.amount_minor} is outside {_whole(low, up=True)} to {_whole(high)} minor"
                f" units, the band around {there.rate_id}; stay within, or have it approved by"
                " headquarters (needs_approval)",
                field=f"{at}.{name}",
                details={"least_minor": _whole(low, up=True), "most_minor": _whole(high)},
            )


def _whole(amount: Fraction, *, up: bool = False) -> str:
    return str(-(-amount.numerator // amount.denominator) if up else int(amount))


def delegation_problems(delegation: Delegation, at: str) -> Iterator[InvalidArgument]:
    """What is wrong with a delegation."""
    if not delegation.places or not all(place.place_code for place in delegation.places):
        yield InvalidArgument(
            "PRICING_DELEGATION_INVALID", "name the places that it is for", field=f"{at}.places"
        )
    least, most = delegation.least_ratio, delegation.most_ratio
    sound = is_ratio(least) and is_ratio(most)
    if not sound or not (-1 < exact_ratio(least) <= 0 <= exact_ratio(most) <= _LARGEST_BAND):
        yield InvalidArgument(
            "PRICING_BAND_INVALID",
            f"a band from {least!r} to {most!r} does not hold the price itself; write -0.1 and 0.15",
            field=f"{at}.least_ratio",
        )
