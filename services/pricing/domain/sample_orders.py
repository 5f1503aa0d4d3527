"""Orders made up from what a book says, the same ones for the same seed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random  # noqa: TID251 - nothing here is replayed
from typing import Final

from services.pricing.domain.book import BookContent, Modifier, covers
from services.pricing.domain.checks.findings import Context
from services.pricing.domain.checks.grid import QUANTITY, Box, bits_of, meet
from services.pricing.domain.checks.survey import Listed, Survey, Where
from services.pricing.domain.checks.territory import Place
from services.pricing.domain.modifiers import Line
from services.pricing.domain.what_if import Order

#: Of a hundred lines: how many ask for a modifier.
_ASKING: Final = 20
_LARGEST_QUANTITY: Final = 5


def sample_orders(content: BookContent, context: Context, count: int, seed: int) -> Iterator[Order]:
    """So many orders of one line: each of a rate of the book, at a place and in a situation where
    it holds, with all that a situation can say drawn by chance."""
    survey, chance = Survey(content, context), Random(seed)
    rates = [
        (each, inside)
        for places in survey.listed.values()
        for listed in places.values()
        for each in listed
        if (inside := meet(each.cell.box, survey.expected)) is not None
    ]
    within = _places(survey)
    for number in range(count if rates else 0):
        each, inside = chance.choice(rates)
        yield _order(survey, each, inside, within, chance, number)


def _places(survey: Survey) -> Mapping[tuple[str, str], list[Place]]:
    """The places of the territory by a code that they lie in and their tier; an empty one: any."""
    within: dict[tuple[str, str], list[Place]] = {}
    for place in survey.territory.places:
        for code in ("", *place.codes):
            for tier in {"", place.city_tier}:
                within.setdefault((code, tier), []).append(place)
    return within


def _order(
    survey: Survey,
    each: Listed,
    inside: Box,
    within: Mapping[tuple[str, str], list[Place]],
    chance: Random,
    number: int,
) -> Order:
    box = tuple(1 << chance.choice(list(bits_of(mask))) for mask in inside)
    code, tier = each.rate.conditions.place_code, each.rate.conditions.city_tier
    fitting = within.get((code, tier))
    place = chance.choice(fitting) if fitting else None
    codes = place.codes if place else survey.territory.path(code) or (survey.elsewhere,)
    situation = survey.situation(Where(codes, box))
    if place is not None and survey.territory.known:
        situation = situation._replace(city_tier=place.city_tier)
    stretch = survey.grid.quantity.numbered(box[QUANTITY].bit_length() - 1)
    least, most = stretch.least, min(stretch.most, stretch.least + _LARGEST_QUANTITY - 1)
    line = Line(each.rate.item_code, chance.randint(least, most), _asked_for(survey, each, chance))
    labels = {
        "city": city_of(codes),
        "outlet": situation.outlet_id,
        "customer_level": situation.customer_level,
        "cooperation_mode": situation.cooperation_mode,
        "sales_channel": situation.sales_channel,
        "item": line.item_code,
    }
    question = survey.question(Where(codes, box), line)._replace(situation=situation)
    return Order(f"sample-{number + 1}", labels, question)


def _asked_for(survey: Survey, each: Listed, chance: Random) -> tuple[str, ...]:
    item = next(i for i in survey.content.items if i.item_code == each.rate.item_code)
    asked: list[Modifier] = [
        m for m in survey.content.modifiers if not m.automatic and covers(m, item)
    ]
    if not asked or chance.randrange(100) >= _ASKING:
        return ()
    return (chance.choice(asked).modifier_code,)


def city_of(codes: tuple[str, ...]) -> str:
    """The adcode of the city on a path; of a place above cities, or abroad, its finest code."""
    adcodes = [code for code in codes if len(code) == 6 and code.isdecimal()]
    cities = [code for code in adcodes if code.endswith("00") and not code.endswith("0000")]
    return (cities or adcodes or [*codes, ""])[0]
