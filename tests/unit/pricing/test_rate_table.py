"""What a rate table answers, and that one made from another by what differs is the one built anew."""

from hypothesis import given
from hypothesis import strategies as st

from services.pricing.domain.book import Rate
from services.pricing.domain.conditions import DIMENSIONS, Situation
from services.pricing.domain.rates import FlatRate, RateTable, flat
from tests.unit.pricing import generated

books = st.lists(generated.rates, max_size=8).map(generated.without_rivals)


def table_of(rates: tuple[Rate, ...]) -> RateTable:
    table = RateTable(DIMENSIONS)
    for rate in sorted(map(flat, rates), key=lambda each: (each.item_code, each.place_code)):
        table.add(rate)
    table.close()
    return table


def leaves(rates: tuple[Rate, ...]) -> dict[tuple[str, str], list[FlatRate]]:
    found: dict[tuple[str, str], list[FlatRate]] = {}
    for rate in map(flat, rates):
        found.setdefault((rate.item_code, rate.place_code), []).append(rate)
    return found


def answers(table: RateTable, situations: list[Situation]) -> list[object]:
    return [
        sorted(
            (hit.rank, table.rate_id(item, hit), table.price(hit.row), repr(table.charge(hit.row)))
            for hit in table.holding(item, situation, 3)
        )
        for situation in situations
        for item in generated.ITEMS
    ]


@given(before=books, to=books, asked=st.lists(generated.situations, min_size=1, max_size=5))
def test_a_changed_table_answers_as_one_built_anew_and_the_old_one_as_ever(
    before: tuple[Rate, ...], to: tuple[Rate, ...], asked: list[Situation]
) -> None:
    old = table_of(before)
    known = answers(old, asked)
    differing = {
        at: leaves(to).get(at, [])
        for at in leaves(before).keys() | leaves(to).keys()
        if leaves(before).get(at) != leaves(to).get(at)
    }
    new = old.changed(differing)
    anew = table_of(to)
    assert answers(new, asked) == answers(anew, asked)
    assert len(new) == len(anew) == len(to)
    assert [new.has(item) for item in generated.ITEMS] == [anew.has(i) for i in generated.ITEMS]
    assert answers(old, asked) == known
    assert len(old) == len(before)


def test_a_table_that_keeps_mostly_rows_of_others_is_worn() -> None:
    table = RateTable(DIMENSIONS)
    rate = FlatRate("A", "", ("",) * 10, 1, 9, 100, 60)
    table.add(rate)
    table.close()
    for price in range(2):
        assert not table.is_worn
        table = table.changed({("A", ""): [rate._replace(list_price_minor=price)]})
    assert table.is_worn


@given(rates=books, asked=generated.situations, quantity=st.integers(1, 5))
def test_the_winner_is_the_first_of_all_that_hold(
    rates: tuple[Rate, ...], asked: Situation, quantity: int
) -> None:
    table = table_of(rates)
    for item in generated.ITEMS:
        held = table.holding(item, asked, quantity)
        assert table.winner(item, asked, quantity) == (min(held) if held else None)
