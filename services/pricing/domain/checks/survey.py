"""A book as checks look at it: its grid, its territory, and where each of its rates wins."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from kit.errors import ServiceError
from services.pricing.domain.book import BookContent, Modifier, Promotion, Rate, TaxRule, name_rate
from services.pricing.domain.checks.boxes import uncovered
from services.pricing.domain.checks.findings import Context, Example, Rule, Side
from services.pricing.domain.checks.grid import CALENDAR, Box, Grid, meet
from services.pricing.domain.checks.territory import COUNTRY, Territory
from services.pricing.domain.conditions import EQUALITIES, Range, Situation
from services.pricing.domain.modifiers import Line
from services.pricing.domain.price_book import PriceBook
from services.pricing.domain.quote import LARGEST_QUANTITY, Question, evaluate

_NOWHERE: Final = "000000"

#: A rule with conditions.
Conditioned = Rate | Modifier | Promotion | TaxRule


class Cell(NamedTuple):
    """A rate's conditions without its place.

    Attributes:
        unsaid: for each dimension of the book's order whether it says nothing; less is more specific.
    """

    box: Box
    unsaid: tuple[bool, ...]


class Where(NamedTuple):
    """A place and a box of situations there."""

    codes: tuple[str, ...]
    box: Box


@dataclass(frozen=True, slots=True)
class Listed:
    """A rate and where it stands in the book's list."""

    number: int
    rate: Rate
    cell: Cell


#: The cells of an item's rates at a place, sorted: many places have the same.
Layout = tuple[Cell, ...]


class Survey:
    """What the checks of one book share.

    Attributes:
        listed: by item and place, its rates.
    """

    def __init__(self, content: BookContent, context: Context) -> None:
        self.content, self.context = content, context
        rules: list[Conditioned] = [
            *content.rates, *content.modifiers, *content.promotions, *content.taxes
        ]  # fmt: skip
        tiers = {place.city_tier for place in context.territory}
        self.last_day = context.first_day + context.days - 1
        self.grid = Grid(
            (rule.conditions for rule in rules),
            first_day=context.first_day,
            most_quantity=LARGEST_QUANTITY,
            said={"city_tier": tiers, "day_kind": ("workday", "rest_day", "holiday")},
            cuts=[Range(context.first_day, self.last_day)],
            has_openings=bool(content.head.openings),
        )
        named = {rule.conditions.place_code for rule in rules} - {""}
        self.territory = Territory(context.territory, named)
        #: A place that no rule names.
        self.elsewhere = COUNTRY if COUNTRY not in named else _NOWHERE
        self.listed: dict[str, dict[str, list[Listed]]] = {}
        cells: dict[tuple[object, object], Cell] = {}
        for number, rate in enumerate(content.rates):
            key = (rate.conditions.equalities(), rate.conditions.limits)
            cell = cells.get(key)
            if cell is None:
                cell = cells[key] = self._cell(rate)
            places = self.listed.setdefault(rate.item_code, {})
            places.setdefault(rate.conditions.place_code, []).append(Listed(number, rate, cell))
        self._layouts: dict[Layout, Layout] = {}
        self._winning: dict[tuple[tuple[Layout, ...], Box], Mapping[Cell, Box]] = {}

    @cached_property
    def book(self) -> PriceBook:
        """The book, ready to be asked."""
        return PriceBook.of(0, "", self.content)

    @cached_property
    def replaced(self) -> PriceBook | None:
        """The version in force, ready to be asked."""
        in_force = self.context.in_force
        return PriceBook.of(0, "", in_force) if in_force else None

    @cached_property
    def unchanged(self) -> frozenset[str]:
        """The items of which the version in force answers the same, having the same rules."""
        own, theirs = self.content, self.context.in_force
        if theirs is None or any(
            getattr(own, name) != getattr(theirs, name)
            for name in ("head", "items", "modifiers", "promotions", "taxes")
        ):
            return frozenset()
        rates: dict[str, set[Rate]] = {}
        for rate in theirs.rates:
            rates.setdefault(rate.item_code, set()).add(rate)
        return frozenset(
            item_code
            for item_code, places in self.listed.items()
            if {each.rate for listed in places.values() for each in listed} == rates.get(item_code)
        )

    @cached_property
    def expected(self) -> Box:
        """What a book must answer: the days it is checked for, and values that it names; nothing
        said only where questions may leave it out."""
        box = list(self.grid.everything)
        for axis, (name, values) in enumerate(zip(EQUALITIES, self.grid.values, strict=True)):
            if name in self.context.always_said and len(values.values) > 1:
                box[axis] &= ~1
        box[CALENDAR] = self.grid.calendar.mask(Range(self.context.first_day, self.last_day), ())
        return tuple(box)

    def layout(self, item_code: str, place_code: str) -> Layout:
        """The cells of an item's rates at a place."""
        cells = tuple(sorted(each.cell for each in self.listed[item_code].get(place_code, ())))
        return self._layouts.setdefault(cells, cells)

    def winners(self) -> Iterator[tuple[Listed, Where | None]]:
        """Each rate with where it wins, by the book's own order: in a situation to be expected when
        there is one. None: nowhere."""
        for item_code, places in self.listed.items():
            layouts = {place: self.layout(item_code, place) for place in places}
            unnamed = self._unnamed(layouts)
            for place, rates in places.items():
                codes = self.territory.path(place)
                layers = tuple(layouts.get(code, ()) for code in (*codes, ""))
                where = self.winning(layers)
                for each in rates:
                    box = where.get(each.cell)
                    yield each, None if box is None else self._at(codes, box, unnamed)

    def _unnamed(self, named: Collection[str]) -> Where:
        """A place that none of the codes names, of the territory where there is one; and its tier."""
        tier = EQUALITIES.index("city_tier")
        if self.territory.known:
            for place in self.territory.places:
                if not any(code in named for code in place.codes):
                    bits = self.grid.values[tier].bits([place.city_tier])
                    everything = self.grid.everything
                    box = (*everything[:tier], bits, *everything[tier + 1 :])
                    return Where(place.codes, box)
        return Where((self.elsewhere,), self.grid.everything)

    def _at(self, codes: tuple[str, ...], box: Box, unnamed: Where) -> Where:
        """Where a rate wins: in its own place, or in one that no rate of its item names."""
        if codes:
            return Where(codes, box)
        inside = meet(box, unnamed.box)
        return Where(unnamed.codes, inside) if inside else Where((self.elsewhere,), box)

    def winning(self, layers: tuple[Layout, ...]) -> Mapping[Cell, Box]:
        """Of the cells of the finest place, from which the others go up, where each wins."""
        key = (layers, self.expected)
        found = self._winning.get(key)
        if found is None:
            found = self._winning[key] = dict(self._wins(layers))
        return found

    def _wins(self, layers: tuple[Layout, ...]) -> Iterator[tuple[Cell, Box]]:
        ranked = [
            (self._rank(cell, distance), cell)
            for distance, layout in enumerate(layers)
            for cell in layout
        ]
        for cell in layers[0]:
            own = self._rank(cell, 0)
            better = [rival.box for rank, rival in ranked if rank < own]
            for space in (self.expected, self.grid.everything):
                inside = meet(cell.box, space)
                box = next(uncovered(inside, better), None) if inside else None
                if box is not None:
                    yield cell, box
                    break

    def _cell(self, rate: Rate) -> Cell:
        said = rate.conditions.said()
        order = self.content.head.resolution_order
        box = self.grid.box(rate.conditions)
        return Cell(box, tuple(dimension not in said for dimension in order))

    def _rank(self, cell: Cell, distance: int) -> tuple[int, ...]:
        order = self.content.head.resolution_order
        return tuple(
            distance if dimension == "place" else int(unsaid)
            for dimension, unsaid in zip(order, cell.unsaid, strict=True)
        )

    # Examples

    def question(self, where: Where, *lines: Line, coupons: tuple[str, ...] = ()) -> Question:
        """Lines asked at a place, in a situation of a box."""
        situation = self.situation(where)
        return Question(lines, situation, coupons)

    def situation(self, where: Where) -> Situation:
        """A situation within a place and a box."""
        return self.grid.situation(where.box)._replace(places=where.codes)

    def quantity(self, box: Box) -> int:
        """The least quantity of a box."""
        return self.grid.least_quantity(box)

    def example(self, question: Question, *, compared: bool = False) -> Example:
        """The question with its answer, and with that of the version in force where they are
        compared."""
        before = answer(self.replaced, question) if compared and self.replaced else None
        return Example(question, answer(self.book, question), before)


def answer(book: PriceBook, question: Question) -> Side:
    """What a book answers, or the reason for which it does not."""
    try:
        return Side(evaluate(book, question))
    except ServiceError as error:
        return Side(None, error.reason)


def rule_of(kind: str, number: int, rule: Conditioned) -> Rule:
    """How a finding names a rule."""
    match rule:
        case Rate():
            return Rule(kind, rule.rate_id or name_rate(rule.item_code, rule.conditions), number)
        case Modifier():
            return Rule(kind, rule.modifier_code, number)
        case Promotion():
            return Rule(kind, rule.promotion_code, number)
        case TaxRule():
            return Rule(kind, rule.tax_code, number)
