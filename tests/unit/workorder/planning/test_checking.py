"""The checker sees each rule that a plan breaks, whoever made the plan."""

from dataclasses import replace
from typing import Any

import pytest

from services.workorder.domain.planning.checking import Breach, broken_rules
from services.workorder.domain.planning.day import Day, Standing
from services.workorder.domain.planning.plan import Plan, Route
from services.workorder.domain.planning.route import Timetable
from tests.unit.workorder.planning.days import EIGHT, HOUR, LUNCH, NOON, SIX, day, visit, worker

NINE, TEN = 9 * HOUR, 10 * HOUR


def plan(*begins: int, rest: int | None = None, order: tuple[int, ...] = (0, 1)) -> Plan:
    return Plan({0: Route(0, order[: len(begins)], Timetable(begins, rest, 0))})


def company(first: dict[str, Any] | None = None, **person: Any) -> Day:
    return day([visit("a", **(first or {})), visit("b")], [worker("x", **person), worker("y")])


def breaches(asked: Day, made: Plan) -> set[Breach]:
    return {broken.breach for broken in broken_rules(asked, made)}


def test_a_plan_that_keeps_all_rules() -> None:
    asked = company(rest=LUNCH, away=((14 * HOUR, 15 * HOUR),), capacity=2)
    assert breaches(asked, plan(NINE, 15 * HOUR + 600, rest=NOON)) == set()


@pytest.mark.parametrize(
    ("asked", "made", "breach"),
    [
        (company(), plan(NINE, TEN + 600, order=(0, 0)), Breach.TWICE),
        (company({"able": frozenset({1})}), plan(NINE), Breach.NOT_ABLE),
        (company({"window": (TEN, TEN)}), plan(NINE), Breach.OUTSIDE_WINDOW),
        (company(), plan(EIGHT + 599), Breach.OUTSIDE_HOURS),
        (company(), plan(SIX - HOUR - 599), Breach.OUTSIDE_HOURS),
        (company(away=((TEN - 1, NOON),)), plan(NINE), Breach.AWAY),
        (company(away=((EIGHT, NINE - 599),)), plan(NINE), Breach.AWAY),
        (company(), plan(NINE, TEN + 599), Breach.OVERLAP),
        (company(rest=LUNCH), plan(11 * HOUR + 1, rest=NOON), Breach.OVERLAP),
        (company(rest=LUNCH), plan(NINE), Breach.NO_REST),
        (company(rest=LUNCH), plan(NINE, rest=13 * HOUR + 1), Breach.NO_REST),
        (company(capacity=1), plan(NINE, TEN + 600), Breach.OVER_CAPACITY),
        (company({"standing": Standing("y", NINE, True)}), plan(NINE), Breach.LOCKED_MOVED),
        (company({"standing": Standing("x", NINE, True)}), plan(TEN), Breach.LOCKED_MOVED),
    ],
)
def test_each_broken_rule(asked: Day, made: Plan, breach: Breach) -> None:
    assert breach in breaches(asked, made)


def test_what_is_locked_may_not_be_left_out_unless_it_is_impossible() -> None:
    asked = company({"standing": Standing("gone", NINE, True)})
    assert breaches(asked, Plan({})) == {Breach.LOCKED_MOVED}
    assert breaches(asked, replace(Plan({}), impossible=frozenset({0}))) == set()
