"""Plans keep every hard rule, leave alone what is locked, and are never worse than the greedy one."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from services.workorder.domain.planning.checking import broken_rules
from services.workorder.domain.planning.day import Day
from services.workorder.domain.planning.draft import Draft
from services.workorder.domain.planning.plan import objective, weight
from services.workorder.domain.planning.search import greedy, improved
from tests.unit.workorder.planning.days import (
    EIGHT,
    HOUR,
    day,
    days,
    replanned_days,
    standing,
    visit,
    worker,
)

any_day = st.one_of(days(), replanned_days())


def always() -> bool:
    return False


@given(any_day, st.integers(0, 99))
@settings(max_examples=150, deadline=None)
def test_no_plan_breaks_a_hard_rule_or_moves_what_is_locked(asked: Day, seed: int) -> None:
    for plan in (greedy(asked), improved(asked, seed, 40, always).plan):
        assert broken_rules(asked, plan) == []


@given(any_day, st.integers(0, 99))
@settings(max_examples=100, deadline=None)
def test_the_search_is_never_worse_than_greedy(asked: Day, seed: int) -> None:
    ours = objective(asked, improved(asked, seed, 40, always).plan)
    assert ours.rank <= objective(asked, greedy(asked)).rank


@given(any_day, st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_the_same_seed_and_steps_give_the_same_plan(asked: Day, seed: int) -> None:
    assert improved(asked, seed, 30, always) == improved(asked, seed, 30, always)


@given(replanned_days(), st.lists(st.tuples(st.booleans(), st.integers(0, 9)), max_size=12))
@settings(max_examples=100, deadline=None)
def test_the_cost_that_is_kept_up_is_that_of_the_plan_and_an_undone_step_leaves_nothing(
    asked: Day, steps: list[tuple[bool, int]]
) -> None:
    draft = Draft(asked)
    draft.keep_standing()
    before = draft.plan(), draft.cost, set(draft.left_out), dict(draft.worker_of)
    for puts, number in steps:
        if puts and number in draft.left_out:
            draft.put(number)
        elif not puts and number in draft.worker_of and not asked.visits[number].locked:
            draft.take(number)
    assert draft.cost == _cost(asked, draft)
    draft.undo()
    assert (draft.plan(), draft.cost, draft.left_out, draft.worker_of) == before


def _cost(asked: Day, draft: Draft) -> int:
    costs = objective(asked, draft.plan())
    weights = [weight(priority) for priority in range(1, 6)]
    return costs.cost + 10**10 * int(np.dot(weights, np.array(costs.unplaced, object)))


def test_an_accepted_plan_is_not_touched_when_nothing_happened() -> None:
    asked = day([visit("a"), visit("b"), visit("c")], [worker("x"), worker("y")])
    accepted = standing(asked, greedy(asked))
    assert objective(accepted, improved(accepted, 1, 50, always).plan).moved == 0


def test_who_is_absent_is_replaced_and_the_others_keep_what_they_have() -> None:
    asked = day(
        [visit("a", able=frozenset({0, 1})), visit("b", able=frozenset({1}))],
        [worker("x"), worker("y")],
    )
    accepted = standing(asked, greedy(asked))
    away = [
        replace(each, capacity=0) if number == 0 else each
        for number, each in enumerate(accepted.workers)
    ]
    plan = improved(replace(accepted, workers=away), 1, 20, always).plan
    assert {number for route in plan.routes.values() for number in route.order} == {0, 1}
    assert set(plan.routes) == {1}


def test_the_urgent_visit_is_made_when_there_is_time_for_one() -> None:
    one_hour = {"window": (EIGHT + 600, EIGHT + 600), "able": frozenset({0})}
    asked = day([visit("later", **one_hour), visit("now", priority=1, **one_hour)], [worker("x")])
    assert [route.order for route in greedy(asked).routes.values()] == [(1,)]


def test_greedy_goes_to_the_near_and_the_search_sees_that_it_should_not() -> None:
    """The first visit takes the only one who can make the second."""
    both, only = frozenset({0, 1}), frozenset({0})
    at_nine = {"window": (9 * HOUR, 9 * HOUR)}
    asked = day(
        [visit("a", able=both, **at_nine), visit("b", able=only, **at_nine)],
        [worker("x"), worker("y")],
    )
    legs = [list(row) for row in asked.legs]
    legs[3][0] = legs[0][3] = 1_200
    asked = replace(asked, legs=legs)
    assert sum(objective(asked, greedy(asked)).unplaced) == 1
    assert sum(objective(asked, improved(asked, 1, 50, always).plan).unplaced) == 0


def test_a_plan_whose_time_is_over_at_once_is_the_greedy_one() -> None:
    asked = day([visit("a"), visit("b")], [worker("x"), worker("y")])
    found = improved(asked, 1, 1_000, lambda: True)
    assert (found.plan, found.steps) == (greedy(asked), 0)
