"""Many cases at once: queues as theory has them, people who work one thing at a time."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from kit.calendar import BusinessCalendar
from kit.clock import SHANGHAI
from kit.errors import InvalidArgument
from tests.unit.compiler.flows import plan_of
from workflows.compiler.plan import Plan
from workflows.simulation.figures import Figures, NodeFigures, figures_of
from workflows.simulation.floor import live_together
from workflows.simulation.model import Assumptions

DESK = plan_of("""
    calendar: service_hours
    start: serve
    nodes:
      - {id: serve, kind: form, name: 办理, assignee: {role: sales}, form: [{id: note, kind: text, name: 备注}]}
      - {id: done, kind: end, name: 完}
    edges: [{from: serve, to: done}]
""")
MONDAY = datetime(2026, 3, 2, 9, tzinfo=SHANGHAI)
NINE_TO_SIX = BusinessCalendar("office", "", ((((540, 1080),),) * 5) + ((), ()))


def simulated(plan: Plan, calendar: BusinessCalendar | None = None, **assumed: Any) -> Figures:
    assumptions = Assumptions.model_validate(assumed)
    return figures_of(live_together(plan, assumptions, MONDAY, calendar=calendar))


def node(figures: Figures, id: str) -> NodeFigures:
    return next(each for each in figures.nodes if each.node == id)


def erlang_c(people: int, load: float) -> float:
    """The probability of having to wait, with so many people and so much work."""
    busy = load**people / math.factorial(people) * people / (people - load)
    return busy / (sum(load**n / math.factorial(n) for n in range(people)) + busy)


@pytest.mark.parametrize(("people", "every"), [(1, "20m"), (3, "5m")])
def test_queues_are_as_long_as_theory_says(people: int, every: str) -> None:
    """M/M/c: cases come by themselves, work takes an exponential time of ten minutes on average."""
    figures = simulated(
        DESK,
        seed=3,
        cases=1_500,
        arrivals={"every": {"exponential": every}, "calendar": "natural"},
        people={"sales": {"count": people, "calendar": "natural"}},
        nodes={"serve": {"takes": {"exponential": "10m"}}},
    )
    load = 10 / int(every[:-1])
    waits = erlang_c(people, load) * 600 / (people - load)
    served = node(figures, "serve").waited.mean
    assert served.margin is not None
    assert served.margin < waits / 2
    assert abs(served.mean - waits) < served.margin
    assert figures.roles[0].utilisation == pytest.approx(load / people, rel=0.1)
    assert figures.lasted.mean.margin is not None
    assert abs(figures.lasted.mean.mean - waits - 600) < 1.2 * figures.lasted.mean.margin


def test_as_many_wait_as_come_in_while_one_waits() -> None:
    """Little's law, which holds for every run: the queue is counted by itself as time goes by."""
    figures = simulated(
        DESK,
        cases=500,
        warm_up_percent=0,
        arrivals={"every": "10m", "calendar": "natural"},
        people={"sales": {"count": 2, "calendar": "natural"}},
        nodes={"serve": {"takes": {"lognormal": {"median": "15m", "p90": "35m"}}}},
    )
    served = node(figures, "serve")
    assert served.queue == pytest.approx(served.waited.mean.mean / 600, rel=0.02)
    assert served.queue_most >= 2


def test_people_work_in_their_hours_and_what_comes_at_night_waits_for_the_morning() -> None:
    figures = simulated(
        DESK,
        NINE_TO_SIX,
        cases=10,
        warm_up_percent=0,
        starts_at="2026-03-02T19:00:00+08:00",
        arrivals={"every": "1m", "calendar": "natural"},
        people={"sales": {"count": 1}},
        nodes={"serve": {"takes": "1h"}},
    )
    assert (
        node(figures, "serve").waited.most == timedelta(hours=24 + 13, minutes=51).total_seconds()
    )


TASKS = plan_of("""
    start: serve
    nodes:
      - id: serve
        kind: form
        name: 办理
        assignee: {role: sales}
        form: [{id: note, kind: text, name: 备注}]
        sla: {calendar: natural, respond: 30m, complete: 2h, escalate: [{of: complete, reassign_to: {role: boss}}]}
      - {id: check, kind: approval, name: 审核, assignee: {role: boss}, mode: all, send_back_to: [serve]}
      - {id: done, kind: end, name: 完}
    edges: [{from: serve, to: check}, {from: check, to: done}]
""")
QUIET = {"every": "3h", "calendar": "natural"}


def test_deadlines_are_missed_by_those_who_wait_too_long() -> None:
    quick = simulated(
        TASKS, cases=40, arrivals=QUIET, nodes={"serve": {"takes": "10m"}, "check": {"takes": "1m"}}
    )
    assert node(quick, "serve").respond_missed == node(quick, "serve").complete_missed
    assert quick.missed.mean == 0
    slow = simulated(
        TASKS,
        cases=40,
        arrivals={"every": "1m", "calendar": "natural"},
        people={"sales": {"count": 1}},
        nodes={"serve": {"takes": "90m"}},
    )
    missed = node(slow, "serve").respond_missed
    assert missed is not None
    assert missed.mean > 0.8
    assert slow.missed.mean > 0.8


def test_a_task_that_is_given_to_others_is_done_by_them() -> None:
    figures = simulated(
        TASKS,
        cases=20,
        warm_up_percent=0,
        arrivals={"every": "6h", "calendar": "natural"},
        people={"sales": {"count": 1}, "boss": {"count": 1}},
        nodes={"serve": {"takes": "3h"}, "check": {"takes": "1m", "sends_back": {"chance": 0}}},
    )
    assert figures.ended == {"completed": 20}
    assert node(figures, "serve").worked == timedelta(hours=3).total_seconds()
    assert figures.lasted.most == timedelta(hours=5, minutes=1).total_seconds()


def test_whoever_signs_signs_for_themselves_and_what_is_sent_back_is_done_again() -> None:
    figures = simulated(
        TASKS,
        cases=200,
        warm_up_percent=0,
        arrivals=QUIET,
        people={"boss": {"count": 2}},
        nodes={
            "serve": {"takes": "1m"},
            "check": {"takes": "1m", "sends_back": {"chance": 0.25, "to": "serve"}},
        },
    )
    # Two sign; sent back by either one with one chance in four, all is done again.
    assert node(figures, "serve").visits == pytest.approx(1 / 0.75**2, rel=0.15)
    assert figures.ended == {"completed": 200}


PRICED = plan_of("""
    start: make
    nodes:
      - {id: make, kind: service, name: 做, rpc: test.v1.Things/Make}
      - {id: look, kind: form, name: 看, assignee: {role: sales}, form: [{id: good, kind: boolean, name: 好, required: true}]}
      - {id: choose, kind: decision, name: 好吗}
      - {id: thing, kind: wait, name: 等变更, event: test.v1.ThingChanged, key: th_1}
      - {id: done, kind: end, name: 完}
      - {id: lost, kind: end, name: 没做成}
    edges:
      - {from: make, to: look}
      - {from: make, to: lost, on: error}
      - {from: look, to: choose}
      - {from: choose, to: done, when: look.good}
      - {from: choose, to: thing, otherwise: true}
      - {from: thing, to: done}
""")


def test_chance_decides_as_it_is_told_and_everything_has_its_cost() -> None:
    figures = simulated(
        PRICED,
        cases=400,
        warm_up_percent=0,
        arrivals={"every": "2h", "calendar": "natural"},
        people={"sales": {"count": 1, "cost_per_hour": "60.00"}, "boss": {"count": 1, "cost_per_hour": "90"}},
        nodes={
            "make": {"takes": "1h", "by": "boss", "fails": {"chance": 0.2}, "cost": "5.00"},
            "look": {"takes": "30m", "form": {"good": {"chance": 0.5}}},
            "thing": {"takes": "1d", "comes": 1},
        },
    )  # fmt: skip
    looked = node(figures, "look").visits
    assert looked == pytest.approx(0.8, abs=0.06)
    assert node(figures, "make").cost == 9_500
    assert node(figures, "look").cost == pytest.approx(3_000 * looked, abs=1)
    assert figures.cost == pytest.approx(9_500 + 3_000 * looked, abs=1)
    half = timedelta(days=1, hours=1, minutes=30).total_seconds()
    assert figures.lasted.p90 == half
    assert figures.lasted.p50 < half


def test_the_same_seed_gives_the_same_figures_and_another_seed_others() -> None:
    quick = {"cases": 60, "nodes": {"serve": {"takes": {"uniform": ["5m", "50m"]}}}}
    assert simulated(DESK, NINE_TO_SIX, seed=7, **quick) == simulated(
        DESK, NINE_TO_SIX, seed=7, **quick
    )
    assert simulated(DESK, NINE_TO_SIX, seed=7, **quick) != simulated(
        DESK, NINE_TO_SIX, seed=8, **quick
    )


def test_what_nobody_has_said_is_assumed_and_told() -> None:
    told = " ".join(simulated(TASKS, cases=5).assumed)
    assert "3 people each: sales, boss" in told
    assert "every exponential 30m" in told
    assert "sent back 5% of the times: check" in told


def test_assumptions_about_what_the_flow_does_not_have_are_refused() -> None:
    with pytest.raises(InvalidArgument, match=r"no nodes\.sreve") as refused:
        simulated(DESK, nodes={"sreve": {"takes": "1h"}})
    assert refused.value.reason == "SIMULATION_NAME_UNKNOWN"


def test_a_simulation_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(InvalidArgument) as refused:
        live_together(DESK, Assumptions(cases=50), MONDAY, go_on=lambda: False)
    assert refused.value.reason == "SIMULATION_TOO_LONG"


@pytest.mark.parametrize(
    ("written", "least", "mean", "most"),
    [
        ("90s", 90, 90, 90),
        ({"uniform": ["1m", "3m"]}, 60, 120, 180),
        ({"triangular": ["1m", "2m", "6m"]}, 60, 180, 360),
        ({"exponential": "2m"}, 0, 120, math.inf),
        ({"lognormal": {"median": "2m", "p90": "4m"}}, 0, 120 * math.exp(0.5409**2 / 2), math.inf),
        ({"empirical": ["1m", "1m", "4m"]}, 60, 120, 240),
    ],
)
def test_durations_are_drawn_as_they_are_written(
    written: Any, least: float, mean: float, most: float
) -> None:

    takes = Assumptions.model_validate({"arrivals": {"every": written}}).arrivals.every
    chance = Random(5)
    drawn = [takes.draw(chance).total_seconds() for _ in range(4_000)]
    assert least <= min(drawn)
    assert max(drawn) <= most
    assert sum(drawn) / len(drawn) == pytest.approx(mean, rel=0.06)
