"""What can become of where a case stands: operations move tokens and cases move to other versions,
and neither may lead where no case could end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.flows.library import LIBRARY, compiled, plan_of
from tests.unit.compiler.soundness.drawing import draw
from tests.unit.runtime.cases import Small
from tests.unit.runtime.drawing import flows
from tests.unit.runtime.test_properties import Watched, drive
from workflows.compiler.control import control_of
from workflows.compiler.plan import Plan
from workflows.compiler.soundness import Flaw, Marking, prove, prove_from
from workflows.runtime.marking import prospects
from workflows.runtime.places import places


@pytest.mark.parametrize("folder", LIBRARY, ids=lambda folder: folder.name)
def test_a_plan_shows_the_proof_what_its_drawing_did(folder: Path) -> None:
    assert compiled(folder).sound
    assert prove(control_of(plan_of(folder))).sound


@settings(max_examples=40)
@given(flows(), st.data())
def test_wherever_a_sound_flow_comes_to_it_can_finish(plan: Plan, data: st.DataObject) -> None:
    world = Small()
    world.people["boss"] = ["pe_a", "pe_b"]
    case = Watched(plan, world)
    for _ in range(6):
        drive(case, data, moves=1)
        for place in places(case.state, plan):
            if place.run.status == "running":
                assert prospects(place.run, place.graph).sound is not False


PARALLEL = draw(
    "task a -> s; and s -> b c; task b -> j; task c -> j; and j -> d; task d -> e; end e"
)


def test_a_token_moved_past_a_join_leaves_the_other_branch_waiting() -> None:
    assert prove_from(PARALLEL, Marking(steps=("b",), lines=("c>j",))).sound
    verdict = prove_from(PARALLEL, Marking(steps=("b", "d")))
    [problem] = verdict.problems
    assert problem.flaw is Flaw.LEFT_TOKEN
    assert {firing.step for firing in problem.trace} == {"b", "d"}


def test_a_place_that_is_taken_cannot_be_moved_to() -> None:
    [problem] = prove_from(PARALLEL, Marking(steps=("b", "b"))).problems
    assert (problem.flaw, problem.steps, problem.trace) == (Flaw.SECOND_TOKEN, ("b",), ())


def test_a_reminder_that_went_out_does_not_go_out_again() -> None:
    reminded = draw("task a -> b n~; task n -> f; task b -> e; end e; end f")
    beside = Marking(steps=("a", "n"), spent=("a>n",))
    assert prove_from(reminded, beside).sound
    assert not prove_from(reminded, replace(beside, spent=())).sound


def test_what_lies_behind_does_not_matter() -> None:
    wrong_start = draw("task a -> b c; task b -> m; task c -> m; xor m -> d; task d -> e; end e")
    assert not prove(wrong_start).sound
    assert prove_from(wrong_start, Marking(steps=("d",))).sound


def test_a_marking_is_judged_in_a_few_milliseconds() -> None:
    names = [f"t{number}" for number in range(100)]
    steps = [f"task {a} -> {b}" for a, b in zip(names, [*names[1:], "e"], strict=True)]
    graph = draw("; ".join([*steps, "end e"]))
    times = []
    for _ in range(7):
        begun = perf_counter()
        assert prove_from(graph, Marking(steps=("t10",))).sound
        times.append(perf_counter() - begun)
    assert min(times) < 0.02
