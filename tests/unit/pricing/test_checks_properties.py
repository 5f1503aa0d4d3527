"""What the checks find in generated books is what asking every situation finds."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.errors import FailedPrecondition
from services.pricing.domain.book import BookContent, PricedItem, Rate
from services.pricing.domain.checks import Context, Place, findings
from services.pricing.domain.checks.gaps import GapFinder
from services.pricing.domain.checks.grid import (
    CALENDAR,
    FLOOR,
    HOURS,
    MONTHS_OPEN,
    QUANTITY,
    Box,
    Grid,
)
from services.pricing.domain.checks.survey import Survey
from services.pricing.domain.conditions import EQUALITIES, Conditions, Limits, Range, Situation
from services.pricing.domain.price_book import PriceBook
from services.pricing.domain.quote import Question, Quoted, evaluate
from tests.unit.pricing.books import MONDAY, head_of, yuan
from tests.unit.pricing.generated import without_rivals

TERRITORY = (
    Place(("ZONE", "110105", "110000", "CN"), "tier1"),
    Place(("110105", "110000", "CN"), "tier1"),
    Place(("110108", "110000", "CN"), "tier2"),
    Place(("310115", "310000", "CN"), ""),
)
CODES = ("", "ZONE", "110105", "110108", "110000", "310000", "CN")
DAYS = 9
CONTEXT = Context(MONDAY, DAYS, TERRITORY, always_said=("cooperation_mode",))
SITUATIONS: list[dict[str, Any]] = [
    *({"day": MONDAY + n} for n in range(DAYS)),
    *({"minute": minute} for minute in (0, 359, 360, 479, 480, 719, 720, 1319, 1320)),
    *({"floor": floor} for floor in (None, *range(1, 14))),
]
QUANTITIES = range(1, 14)

_numbers = st.tuples(st.integers(1, 6), st.integers(0, 6)).map(lambda r: Range(r[0], sum(r)))
_ranges = st.one_of(
    _numbers, st.builds(Range, st.integers(1, 6)), st.builds(Range, st.none(), st.integers(1, 6))
)
_KINDS = {
    "days": st.tuples(st.integers(-2, DAYS), st.integers(0, 6)).map(
        lambda w: Limits(first_day=MONDAY + w[0], last_day=MONDAY + sum(w))
    ),
    "weekdays": st.sets(st.integers(1, 7), min_size=1).map(lambda d: Limits(weekdays=tuple(sorted(d)))),
    "hours": st.sampled_from([(480, 720), (1320, 360), (720, 480), (360, 1320)]).map(
        lambda hours: Limits(from_minute=hours[0], until_minute=hours[1])
    ),
    "quantity": _ranges.map(lambda numbers: Limits(quantity=numbers)),
    "floor": _ranges.map(lambda numbers: Limits(floor=numbers)),
}  # fmt: skip


@st.composite
def books(draw: st.DrawFn) -> BookContent:
    """Books whose rates depend on the place, two equalities and one or two kinds of limits."""
    kinds = draw(st.lists(st.sampled_from(sorted(_KINDS)), min_size=1, max_size=2, unique=True))
    limits = st.one_of(st.just(Limits()), *(_KINDS[kind] for kind in kinds))
    conditions = st.builds(
        Conditions,
        place_code=st.sampled_from(CODES),
        city_tier=st.sampled_from(("", "", "tier1", "tier2")),
        cooperation_mode=st.sampled_from(("", "direct", "franchise")),
        limits=limits,
    )
    rates = st.builds(Rate, st.just(""), st.just("A"), conditions, st.integers(1, 99).map(yuan),
                      st.just(yuan(0)))  # fmt: skip
    drawn = draw(st.lists(rates, min_size=1, max_size=8))
    order = draw(st.permutations(head_of().resolution_order))
    return BookContent(
        head_of(resolution_order=tuple(order)),
        (PricedItem("A", "A", "project_library", "次"),),
        without_rivals(drawn),
    )


def every_question() -> Iterator[tuple[Situation, int]]:
    """Every place of the territory, value and number that the books tell apart, two at a time."""
    for place, mode in product(TERRITORY, ("", "direct", "franchise")):
        at = Situation(places=place.codes, city_tier=place.city_tier, cooperation_mode=mode,
                       day=MONDAY, day_kind="workday")  # fmt: skip
        for one, other in product(SITUATIONS, SITUATIONS):
            if not one.keys() & other.keys():
                yield at._replace(**one, **other), 1
        for one, quantity in product(SITUATIONS, QUANTITIES):
            yield at._replace(**one), quantity


QUESTIONS = list(every_question())


def bits(grid: Grid, situation: Situation, quantity: int) -> Box:
    """The box of one situation."""

    def stretch(starts: list[int], number: int | None) -> int:
        return 1 if number is None else 1 << bisect_right(starts, number)

    def said(starts: list[int], number: int) -> int:
        return 1 << bisect_right(starts, number) - 1

    equal = [
        v.bits([getattr(situation, name)]) for v, name in zip(grid.values, EQUALITIES, strict=True)
    ]
    calendar = next(
        1 << bit
        for bit in range(grid.calendar.full.bit_length())
        if grid.calendar.full >> bit & 1
        and grid.calendar.days(bit).least <= situation.day <= grid.calendar.days(bit).most
        and bit % 7 + 1 == situation.weekday
    )
    box: dict[int, int] = dict(enumerate(equal))
    box[CALENDAR], box[HOURS] = calendar, said(grid.hours.starts, situation.minute)
    box[QUANTITY] = said(grid.quantity.starts, quantity)
    box[FLOOR] = stretch(grid.floor.starts, situation.floor)
    box[MONTHS_OPEN] = stretch(grid.months.starts, situation.months_open)
    return tuple(box[axis] for axis in sorted(box))


def inside(grid: Grid, box: Box, situation: Situation, quantity: int) -> bool:
    return all(one & all_ for one, all_ in zip(bits(grid, situation, quantity), box, strict=True))


def winner(book: PriceBook, situation: Situation, quantity: int) -> object:
    hits = book.rates.holding("A", situation, quantity)
    return book.rates.conditions(min(hits)) if hits else None


@settings(max_examples=25, deadline=None)
@given(books())
def test_gaps_are_just_where_nothing_holds(content: BookContent) -> None:
    survey = Survey(content, CONTEXT)
    found = GapFinder(survey).of_item("A")
    for situation, quantity in QUESTIONS[::7]:
        if not inside(survey.grid, survey.expected, situation, quantity):
            continue
        missing = not survey.book.rates.holding("A", situation, quantity)
        number = next(n for n, place in enumerate(TERRITORY) if place.codes == situation.places)
        reported = any(
            number in numbers and inside(survey.grid, box, situation, quantity)
            for box, numbers in found.items()
        )
        assert reported == missing


@settings(max_examples=60, deadline=None)
@given(books())
def test_every_gap_is_shown_by_a_question_without_an_answer(content: BookContent) -> None:
    book = PriceBook.of(1, "", content)
    for finding in findings(content, CONTEXT):
        if finding.code == "PRICE_GAP":
            assert finding.example is not None
            with pytest.raises(FailedPrecondition, match="PRICING_RATE_MISSING"):
                evaluate(book, finding.example.question)


@settings(max_examples=25, deadline=None)
@given(books())
def test_a_rate_wins_somewhere_just_when_it_is_not_said_to_lose(content: BookContent) -> None:
    codes = ("PRICE_RULE_ALWAYS_LOSES", "PRICE_RULE_PAST", "PRICE_RULE_NEVER_APPLIES")
    found = [f for f in findings(content, CONTEXT) if f.code in codes]
    useless = {finding.rules[0].number for finding in found}
    book = PriceBook.of(1, "", content)
    winners = {winner(book, situation, quantity) for situation, quantity in QUESTIONS[::3]}
    for number, rate in enumerate(content.rates):
        if number in useless:
            assert rate.conditions not in winners
    for each, where in Survey(content, CONTEXT).winners():
        assert (where is None) == (each.number in useless)
        if where is not None:
            survey = Survey(content, CONTEXT)
            at, quantity = survey.situation(where), survey.quantity(where.box)
            assert winner(book, at, quantity) == each.rate.conditions


@settings(max_examples=25, deadline=None)
@given(books())
def test_without_the_rates_that_always_lose_every_answer_is_the_same(content: BookContent) -> None:
    losing = {
        f.rules[0].number for f in findings(content, CONTEXT) if f.code == "PRICE_RULE_ALWAYS_LOSES"
    }
    kept = tuple(rate for number, rate in enumerate(content.rates) if number not in losing)
    book, without = PriceBook.of(1, "", content), PriceBook.of(1, "", replace(content, rates=kept))
    for situation, quantity in QUESTIONS[::5]:
        assert winner(book, situation, quantity) == winner(without, situation, quantity)


def total(content: BookContent, question: Question) -> Quoted:
    return evaluate(PriceBook.of(1, "", content), question)


@settings(max_examples=30, deadline=None)
@given(books(), st.data())
def test_a_price_raised_beyond_the_limit_is_found_and_one_within_it_is_not(
    content: BookContent, data: st.DataObject
) -> None:
    number = data.draw(st.integers(0, len(content.rates) - 1))
    raised = list(content.rates)
    price = raised[number].list_price.amount_minor
    raised[number] = replace(raised[number], list_price=yuan(price * 2))
    draft = replace(content, rates=tuple(raised))
    context = replace(CONTEXT, in_force=content, most_change=9_999)
    found = [f for f in findings(draft, context) if f.code == "PRICE_JUMP"]
    wins = [e.number for e, where in Survey(draft, CONTEXT).winners() if where]
    assert {f.rules[0].number for f in found} == ({number} & set(wins))
    for finding in found:
        assert finding.change == 10_000
        assert finding.example is not None
        assert total(draft, finding.example.question) == finding.example.after.quoted
    lenient = findings(draft, replace(context, most_change=10_000))
    assert "PRICE_JUMP" not in {finding.code for finding in lenient}
