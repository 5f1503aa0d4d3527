"""Where a book has no price: for an item that it prices elsewhere, and for what was priced before."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from services.pricing.domain.checks.boxes import merged, uncovered
from services.pricing.domain.checks.findings import Finding, Rule, Severity, Words
from services.pricing.domain.checks.grid import Box
from services.pricing.domain.checks.survey import Layout, Survey, Where, answer
from services.pricing.domain.checks.wording import listed, places, region, together
from services.pricing.domain.conditions import EQUALITIES
from services.pricing.domain.modifiers import Line

_TIER: Final = EQUALITIES.index("city_tier")
#: Pieces of a gap that are looked for at one place; more are not told apart.
_MOST_PIECES: Final = 2_000


class GapFinder:
    """The gaps of a book, each told once for all items and places that have it."""

    def __init__(self, survey: Survey) -> None:
        self._survey = survey
        self._of_layers: dict[tuple[tuple[Layout, ...], int], list[Box]] = {}
        self.incomplete: set[str] = set()

    def of_item(self, item_code: str) -> dict[Box, list[int]]:
        """By box, the places of the territory where nothing holds."""
        survey, groups = self._survey, dict[tuple[tuple[str, ...], int], list[int]]()
        layouts = {place: survey.layout(item_code, place) for place in survey.listed[item_code]}
        for number, place in enumerate(survey.territory.places):
            codes = tuple(code for code in place.codes if code in layouts)
            groups.setdefault((codes, self.tier(place.city_tier)), []).append(number)
        found: dict[Box, list[int]] = {}
        for (codes, tier), numbers in groups.items():
            layers = tuple(layouts.get(code, ()) for code in (*codes, ""))
            for box in self._uncovered(item_code, layers, tier):
                found.setdefault(box, []).extend(numbers)
        return found

    def tier(self, city_tier: str) -> int:
        """The bits of a place's tier; all where it is not known."""
        if not self._survey.territory.known:
            return self._survey.expected[_TIER]
        return self._survey.grid.values[_TIER].bits([city_tier])

    def _uncovered(self, item_code: str, layers: tuple[Layout, ...], tier: int) -> list[Box]:
        key = (layers, tier)
        boxes = self._of_layers.get(key)
        if boxes is None:
            whole = with_tier(self._survey.expected, tier)
            cells = (cell.box for layout in layers for cell in layout)
            pieces = list(islice(uncovered(whole, cells), _MOST_PIECES + 1))
            if len(pieces) > _MOST_PIECES:
                self.incomplete.add(item_code)
            found = (self._whatever_tier(piece) for piece in pieces[:_MOST_PIECES])
            boxes = self._of_layers[key] = merged(found)
        return boxes

    def _whatever_tier(self, box: Box) -> Box:
        """A box without its tier where that is the place's own."""
        if not self._survey.territory.known:
            return box
        return with_tier(box, self._survey.expected[_TIER])


def with_tier(box: Box, tier: int) -> Box:
    """A box with other tiers."""
    return (*box[:_TIER], tier, *box[_TIER + 1 :])


def gaps(survey: Survey) -> Iterator[Finding]:
    """Every gap, the widest first."""
    finder = GapFinder(survey)
    items: dict[tuple[Box, tuple[int, ...]], list[str]] = {}
    for item_code in sorted(survey.listed):
        for box, numbers in finder.of_item(item_code).items():
            items.setdefault((box, tuple(sorted(numbers))), []).append(item_code)
    widest_first = sorted(items.items(), key=lambda each: -len(each[0][1]) * len(each[1]))
    for (box, where), codes in widest_first:
        tier = finder.tier(survey.territory.places[where[0]].city_tier)
        yield _gap(survey, box, where, codes, with_tier(box, box[_TIER] & tier or tier))
    if finder.incomplete:
        names = listed(sorted(finder.incomplete))
        yield Finding(
            "PRICE_CHECK_INCOMPLETE",
            Words(
                f"项目 {names.chinese} 的条件交错过多，空档只列出一部分",
                f"the conditions of {names.english} are too interwoven; not every gap is told",
            ),
            item_codes=tuple(sorted(finder.incomplete)),
        )


def _gap(
    survey: Survey, box: Box, numbers: tuple[int, ...], codes: list[str], shown: Box
) -> Finding:
    """A gap; ``shown`` is what of it its example is of."""
    territory = survey.territory
    here = places(territory.regions(numbers))
    when = region(survey.grid, box, survey.expected)
    names = listed(codes)
    what = together(here, when)
    where = Where(territory.places[numbers[0]].codes, shown)
    question = survey.question(where, Line(codes[0], survey.quantity(shown)))
    return Finding(
        "PRICE_GAP",
        Words(f"项目 {names.chinese} 没有价格：{what.chinese}", f"no rate for {names.english}: {what.english}"),
        item_codes=tuple(codes),
        example=survey.example(question),
        count=len(numbers) * len(codes),
        severity=Severity.REFUSES if survey.context.refuse_gaps else Severity.ACKNOWLEDGE,
    )  # fmt: skip


def no_longer_priced(survey: Survey) -> Iterator[Finding]:
    """What the version in force answers, where each of its rates wins, and the book does not."""
    in_force = survey.context.in_force
    if in_force is None or survey.replaced is None:
        return
    lost: dict[str, list[tuple[Rule, Where, int]]] = {}
    before = Survey(in_force, survey.context)
    for listed_rate, where in before.winners():
        if where is None or listed_rate.rate.item_code in survey.unchanged:
            continue
        rate, quantity = listed_rate.rate, before.quantity(where.box)
        question = before.question(where, Line(rate.item_code, quantity))
        held = survey.book.rates.holding(rate.item_code, question.situation, quantity)
        if not held and answer(survey.replaced, question).quoted is not None:
            rule = Rule("rate_in_force", rate.rate_id or rate.item_code, listed_rate.number)
            lost.setdefault(rate.item_code, []).append((rule, where, quantity))
    for item_code, each in lost.items():
        _, where, quantity = each[0]
        question = before.question(where, Line(item_code, quantity))
        yield Finding(
            "PRICE_NO_LONGER_PRICED",
            Words(
                f"项目 {item_code} 原有 {len(each)} 条价格所在之处不再有价格，例如 {where.codes[0]}",
                f"where {len(each)} rates of {item_code} price it now, nothing will, such as in"
                f" {where.codes[0]}",
            ),
            rules=tuple(rule for rule, _, _ in each[:20]),
            item_codes=(item_code,),
            example=survey.example(question, compared=True),
            count=len(each),
        )
