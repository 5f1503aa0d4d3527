"""The books of the pricing benchmark are what they are said to be, wherever they are made."""

import hashlib

import pytest

from bench.pricing import places, zen_table
from bench.pricing.book import ALWAYS, PATTERNS, Row, item_count, rows
from bench.pricing.questions import MISSES, Question, questions

BOOK = list(rows(1_000))


def test_a_book_is_the_same_wherever_it_is_made() -> None:
    digest = hashlib.sha256(repr([tuple(row) for row in BOOK]).encode()).hexdigest()

    assert digest.startswith("e9894486e137f1ad")
    assert list(rows(1_000, seed=1)) != BOOK


@pytest.mark.parametrize("size", [1_000, 10_000])
def test_a_book_has_as_many_rates_as_it_says_and_none_twice(size: int) -> None:
    book = list(rows(size))

    assert len(book) == size
    assert len({row[:-2] for row in book}) == size


def test_every_item_has_a_price_that_always_holds_in_the_whole_country() -> None:
    everywhere = {row.item for row in BOOK if not (row.place or row.mode or row.level)}

    assert everywhere == set(range(item_count(1_000)))
    assert all((row.first_day, row.last_day) == ALWAYS for row in BOOK if row.place == 0)


def test_price_lists_are_of_every_pattern() -> None:
    assert sum(PATTERNS.values()) == 100
    assert {row.mode > 0 for row in BOOK} == {row.level > 0 for row in BOOK} == {True, False}
    assert len({(row.first_day, row.last_day) for row in BOOK}) == 5


def test_every_business_circle_lies_in_the_places_of_its_path() -> None:
    for circle in places.of_depth(places.FINEST)[::97]:
        path = places.path_of(circle)

        assert [places.depth_of(place) for place in path] == [5, 4, 3, 2, 1, 0]
        assert all(circle in places.circles_in(place) for place in path)


def test_places_of_a_depth_share_out_the_business_circles() -> None:
    for depth in range(places.FINEST + 1):
        circles = [c for place in places.of_depth(depth) for c in places.circles_in(place)]

        assert circles == list(places.of_depth(places.FINEST))


def test_the_declared_part_of_the_questions_misses_the_finest_place() -> None:
    asked = questions(BOOK, 2_000)
    priced = {(row.item, row.place) for row in BOOK}
    missed = sum((question.item, question.circle) not in priced for question in asked)

    assert missed / len(asked) == pytest.approx(MISSES, abs=0.03)
    assert questions(BOOK, 2_000) == asked


def test_a_decision_table_of_the_book_answers_with_the_most_specific_rate() -> None:
    engine = zen_table.engine_of(BOOK)

    for question in questions(BOOK, 200):
        answer = engine.evaluate(zen_table.KEY, zen_table.context_of(question))["result"]

        assert (
            answer["rate"]
            == min(
                (_rank(row, question), number)
                for number, row in enumerate(BOOK)
                if _holds(row, question)
            )[1]
        )


def _holds(row: Row, question: Question) -> bool:
    return (
        row.item == question.item
        and row.place in places.path_of(question.circle)
        and row.mode in (0, question.mode)
        and row.level in (0, question.level)
        and row.first_day <= question.day <= row.last_day
    )


def _rank(row: Row, question: Question) -> tuple[bool, bool, int, bool]:
    nearness = places.path_of(question.circle).index(row.place)
    return not row.mode, not row.level, nearness, (row.first_day, row.last_day) == ALWAYS
