from datetime import UTC, datetime, timedelta

import pytest

from kit.errors import InvalidArgument
from services.workorder.domain.orders import board
from services.workorder.domain.orders.work_order import State

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("region", "digits"),
    [("", 2), ("CN-NORTH", 2), ("BJ-RING5", 2), ("110000", 4), ("110100", 6), ("110105", 6)],
)
def test_a_region_is_counted_by_what_lies_one_level_below(region: str, digits: int) -> None:
    assert board.digits_of_region(region) == digits


def test_a_board_counts_what_ended_today_in_shanghai() -> None:
    midnight = datetime(2026, 3, 1, 16, tzinfo=UTC)
    assert board.ended_within(None, None, NOW) == (midnight, midnight + timedelta(days=1))


@pytest.mark.parametrize("days", [0, -1, 32])
def test_a_board_counts_forwards_and_a_month_at_most(days: int) -> None:
    with pytest.raises(InvalidArgument) as refused:
        board.ended_within(NOW, NOW + timedelta(days=days), NOW)
    assert (refused.value.reason, refused.value.field) == ("BOARD_TIME_INVALID", "ended_before")


def test_figures_are_of_the_last_thirty_days() -> None:
    assert board.done_within(None, None, NOW) == (NOW - timedelta(days=30), NOW)


@pytest.mark.parametrize("state", list(State))
def test_what_is_done_or_over_is_not_overdue(state: State) -> None:
    undone = state in ("created", "offered", "accepted", "scheduled", "in_progress")
    assert board.is_overdue(state, NOW - timedelta(minutes=1), NOW) is undone
    assert not board.is_overdue(state, None, NOW)
    assert not board.is_overdue(state, NOW, NOW)


def test_every_open_state_has_a_usual_time() -> None:
    assert set(board.USUAL) == set(State) - set(board.CLOSED)
