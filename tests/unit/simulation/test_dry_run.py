"""Trying a plan out: the story of a case that nobody lived through."""

from __future__ import annotations

import pytest

from tests.unit.compiler.flows import plan_of
from tests.unit.runtime.cases import MONDAY
from workflows.simulation.account import What
from workflows.simulation.dry_run import Simulation, simulate

LOOP = """
    inputs: [{id: floors, kind: integer, name: 楼层, required: true, minimum: "3", maximum: "3"}]
    start: intake
    nodes:
      - {id: intake, kind: form, name: 登记, assignee: {role: sales}, form: [
          {id: units, kind: integer, name: 台数, required: true, minimum: "1", maximum: "4"},
          {id: way, kind: choice, name: 方式, required: true, options: [{value: a, name: 甲}, {value: b, name: 乙}]}]}
      - {id: make, kind: service, name: 做, rpc: test.v1.Things/Make}
      - {id: by_hand, kind: wait, name: 人工, duration: 1h}
      - {id: check, kind: approval, name: 审核, assignee: {role: boss}}
      - {id: choose, kind: decision, name: 多吗}
      - {id: thing, kind: wait, name: 等变更, event: test.v1.ThingChanged, key: th_1}
      - {id: done, kind: end, name: 完}
    edges:
      - {from: intake, to: make}
      - {from: make, to: check}
      - {from: make, to: by_hand, on: error, reasons: [THING_MISSING]}
      - {from: by_hand, to: make}
      - {from: check, to: choose}
      - {from: choose, to: thing, when: intake.units + inputs.floors > 5, name: 多}
      - {from: choose, to: done, otherwise: true}
      - {from: thing, to: done}
"""


def told(simulation: Simulation, what: What) -> list[tuple[str, tuple[str, ...], str]]:
    return [(h.node, h.who, h.detail) for h in simulation.account if h.what is what]


def test_when_all_goes_well_everybody_does_what_is_asked_of_them() -> None:
    simulation = simulate(plan_of(LOOP), MONDAY)
    assert (simulation.status, simulation.stopped) == ("completed", "")
    assert told(simulation, What.ACTED) == [
        ("intake", ("pe_sales",), "complete"),
        ("check", ("pe_boss",), "approve"),
    ]
    assert told(simulation, What.FAILED) == []
    assert simulation.account[-1].what is What.ENDED
    assert [happening.at for happening in simulation.account] == sorted(
        happening.at for happening in simulation.account
    )


def test_chance_sends_back_fails_and_chooses_and_comes_to_an_end_all_the_same() -> None:
    plan = plan_of(LOOP)
    simulations = [simulate(plan, MONDAY, seed=seed) for seed in range(40)]
    assert {(each.status, each.stopped) for each in simulations} == {("completed", "")}
    happened = [happening for each in simulations for happening in each.account]
    assert {h.detail for h in happened if h.what is What.WENT} >= {"多", "完", "人工"}
    assert "reject" in {h.detail for h in happened if h.what is What.ACTED}
    assert "THING_MISSING" in {h.detail for h in happened if h.what is What.FAILED}


def test_the_same_seed_tells_the_same_story() -> None:
    plan = plan_of(LOOP)
    assert simulate(plan, MONDAY, seed=7) == simulate(plan, MONDAY, seed=7)


def test_given_inputs_are_used() -> None:
    with pytest.raises(Exception, match="floors"):
        simulate(plan_of(LOOP), MONDAY, inputs={"floors": 9})


NO_END = """
    start: make
    nodes:
      - {id: make, kind: service, name: 做, rpc: test.v1.Things/Make}
      - {id: rest, kind: wait, name: 歇, duration: 1h}
      - {id: choose, kind: decision, name: 够吗}
      - {id: done, kind: end, name: 完}
    edges:
      - {from: make, to: rest}
      - {from: rest, to: choose}
      - {from: choose, to: done, when: make.count > 9}
      - {from: choose, to: make, otherwise: true}
"""


def test_a_story_without_an_end_is_broken_off() -> None:
    simulation = simulate(plan_of(NO_END), MONDAY)
    assert simulation.status == "running"
    assert simulation.stopped == "no end after 500 turns"
