"""What stands is kept as far as it can be; the rest is said with its reason."""

from dataclasses import replace

from hypothesis import given, settings

from services.workorder.domain.planning.day import Day, Standing
from services.workorder.domain.planning.difference import Change, Reason, difference
from services.workorder.domain.planning.search import greedy
from services.workorder.domain.planning.standing import Failure, failures, only_affected
from tests.unit.workorder.planning.days import EIGHT, HOUR, day, replanned_days, visit, worker

NINE = 9 * HOUR


def standing_day(*standing: Standing | None, **person: object) -> Day:
    visits = [visit(f"wo_{n}", standing=each) for n, each in enumerate(standing)]
    return day(visits, [worker("x", **person), worker("y")])


def test_why_what_stands_can_not_be_kept() -> None:
    asked = standing_day(
        Standing("gone", NINE), Standing("x", NINE), Standing("y", NINE), Standing("y", NINE)
    )
    visits = [*asked.visits]
    visits[1] = replace(visits[1], able=frozenset({1}))
    assert failures(replace(asked, visits=visits)) == {
        0: Failure.NOT_THERE,
        1: Failure.NOT_ABLE,
        3: Failure.NO_TIME,
    }


def test_what_is_locked_is_kept_before_what_is_not() -> None:
    asked = standing_day(Standing("x", NINE), Standing("x", NINE, locked=True))
    assert failures(asked) == {0: Failure.NO_TIME}


def test_a_locked_visit_of_somebody_absent_is_left_to_a_dispatcher_and_they_get_nothing_new() -> (
    None
):
    away = ((EIGHT, 12 * HOUR),)
    asked = standing_day(Standing("x", NINE, locked=True), Standing("x", NINE), away=away)
    rows = difference(asked, greedy(asked))
    assert [(row.change, row.technician_id) for row in rows] == [
        (Change.IMPOSSIBLE, ""),
        (Change.MOVE, "y"),
    ]


@given(replanned_days())
@settings(max_examples=100, deadline=None)
def test_only_what_is_affected_changes(asked: Day) -> None:
    affected = failures(asked)
    part = only_affected(asked)
    rows = difference(part, greedy(part))
    for number, (before, row) in enumerate(zip(asked.visits, rows, strict=True)):
        if before.standing is not None and number not in affected:
            assert row.change is Change.UNCHANGED


def test_rows_say_what_changes_and_why_nobody_goes() -> None:
    asked = day(
        [
            visit("assign"),
            visit("keep", standing=Standing("y", NINE)),
            visit("nobody", able=frozenset()),
            visit("night", window=(23 * HOUR, 23 * HOUR)),
            visit("gone", standing=Standing("z", NINE), able=frozenset()),
        ],
        [worker("x"), worker("y")],
    )
    rows = {row.work_order_id: row for row in difference(asked, greedy(asked))}
    assert rows["assign"].change is Change.ASSIGN
    assert (rows["nobody"].change, rows["nobody"].reason) == (Change.UNPLACED, Reason.NOBODY_ABLE)
    assert rows["night"].reason is Reason.NOBODY_IN_WINDOW
    assert (rows["gone"].change, rows["gone"].reason) == (Change.UNASSIGN, Reason.NOBODY_ABLE)
    assert rows["keep"].technician_id == "y"


def test_who_has_no_more_room_is_a_reason() -> None:
    able = frozenset({0})
    asked = day([visit("a", able=able), visit("b", able=able)], [worker("x", capacity=1)])
    assert [row.reason for row in difference(asked, greedy(asked))] == [None, Reason.ALL_TAKEN]
