"""The ledger of parts: quantities and values are moved, never made or lost."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.errors import FailedPrecondition
from services.workorder.domain.stock.stock_ledger import (
    Level,
    Line,
    MovementKind,
    Shelves,
    cost_that_arrived,
)
from tests.unit.workorder.patience import PATIENT

ROOMS = ("central", "vehicle", "")


def shelves(**levels: Level) -> Shelves:
    held = {(room, "PART"): level for room, level in levels.items()}
    return Shelves(held, dict(held))


def test_the_last_one_takes_what_is_left_of_the_value() -> None:
    shelf = shelves(central=Level(on_hand=3, value_minor=1_000))
    costs = [
        shelf.move(MovementKind.USE, Line("PART", 1), from_id="central").cost_minor
        for _ in range(3)
    ]
    assert costs == [333, 334, 333]
    assert shelf.level("central", "PART") == Level()


def test_a_dearer_delivery_raises_the_average() -> None:
    shelf = shelves(central=Level(on_hand=10, value_minor=10_000))
    shelf.move(MovementKind.RECEIPT, Line("PART", 10), to_id="central", cost_minor=20_000)
    assert shelf.level("central", "PART").cost_of(1) == 1_500


def test_what_is_reserved_does_not_move() -> None:
    shelf = shelves(central=Level(on_hand=3, reserved=2, value_minor=300))
    with pytest.raises(FailedPrecondition) as refused:
        shelf.move(MovementKind.USE, Line("PART", 2), from_id="central")
    assert refused.value.reason == "STOCK_SHORT"
    assert refused.value.details == {"PART": "1/2"}
    assert shelf.changed() == {}
    assert shelf.movements == []


def test_all_that_is_short_is_told_at_once() -> None:
    shelf = Shelves({("central", "A"): Level(1, 0, 10)}, {})
    with pytest.raises(FailedPrecondition) as refused:
        shelf.require_free({("central", "A"): 2, ("central", "B"): 1}, "stock_lines")
    assert refused.value.details == {"A": "1/2", "B": "0/1"}


@given(cost=st.integers(0, 10**9), dispatched=st.integers(1, 500), data=st.data())
def test_the_cost_of_what_arrived_and_of_what_went_missing_is_the_whole(
    cost: int, dispatched: int, data: st.DataObject
) -> None:
    received = data.draw(st.integers(0, dispatched))
    arrived = cost_that_arrived(cost, dispatched, received)
    assert 0 <= arrived <= cost
    if received == dispatched:
        assert arrived == cost


MOVES = st.lists(
    st.tuples(
        st.sampled_from(ROOMS), st.sampled_from(ROOMS), st.integers(1, 9), st.integers(0, 999)
    ),
    max_size=60,
)


@settings(PATIENT)
@given(moves=MOVES)
def test_whatever_moves_levels_are_the_sums_of_movements_and_never_negative(
    moves: list[tuple[str, str, int, int]],
) -> None:
    shelf = Shelves({}, {})
    for source, target, quantity, cost in moves:
        if source == target:
            continue
        kind = MovementKind.TRANSFER if source and target else MovementKind.RECEIPT
        paid = None if source else cost
        if quantity > shelf.level(source, "PART").free and source:
            with pytest.raises(FailedPrecondition):
                shelf.move(kind, Line("PART", quantity), from_id=source, to_id=target)
            continue
        shelf.move(kind, Line("PART", quantity), from_id=source, to_id=target, cost_minor=paid)
    for room in ("central", "vehicle"):
        level = shelf.level(room, "PART")
        signed = [
            (sign * one.line.quantity, sign * one.cost_minor)
            for one in shelf.movements
            for sign, end in ((1, one.to_id), (-1, one.from_id))
            if end == room
        ]
        assert level.on_hand == sum(quantity for quantity, _ in signed) >= 0
        assert level.value_minor == sum(cost for _, cost in signed) >= 0
        assert level.on_hand or not level.value_minor
