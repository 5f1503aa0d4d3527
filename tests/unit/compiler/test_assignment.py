"""What is known to be set is set in every run.

Random sound graphs are played marking by marking, remembering which nodes have been done.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from random import Random
from typing import NamedTuple

from tests.unit.compiler.flows import flow
from tests.unit.compiler.soundness.brute_force import Game, TooMany
from tests.unit.compiler.soundness.random_graphs import random_graph
from workflows.compiler.draft import read_draft
from workflows.compiler.drawing import Drawing, draw
from workflows.compiler.report import Report
from workflows.compiler.scopes import build_scopes
from workflows.compiler.soundness import ControlGraph, Step, prove
from workflows.language.reading import read_source

MOST_STATES = 4_000
#: How many edges of a decision cannot be marked otherwise.
MANY = 2
#: How many graphs are worth the name of a test.
ENOUGH = 100


class Moment(NamedTuple):
    """A token comes to a step, or leaves one, when these steps have been done."""

    step: str
    done: frozenset[str]


def written(graph: ControlGraph) -> str:
    """A flow with that control structure; whatever rests leaves something behind."""
    nodes = "\n".join(
        f"  - {{id: {step.id}, name: 点, {_kind(graph, step)}}}" for step in graph.steps
    )
    edges = "\n".join(
        f"  - {{from: {line.source}, to: {line.target}{_setting(graph, line.id)}}}"
        for line in graph.lines
    )
    return flow(f"start: {graph.start}\nnodes:\n{nodes}\nedges:\n{edges}\n")


def _kind(graph: ControlGraph, step: Step) -> str:
    if step.end:
        return f"kind: end, terminate: {str(step.end != 'plain').lower()}"
    if step.resting:
        return "kind: wait, event: test.v1.ThingChanged, key: x"
    if "some" in (step.waits_for, step.gives):
        return "kind: decision, mode: inclusive"
    merges = step.waits_for == "one" and len(graph.leaving[step.id]) == 1
    return "kind: decision" if step.gives == "one" or merges else "kind: parallel"


def _setting(graph: ControlGraph, name: str) -> str:
    (line,) = (line for line in graph.lines if line.id == name)
    if line.boundary:
        alongside = str(line.boundary == "alongside").lower()
        return f", on: timer, after: 1h, alongside: {alongside}, name: {name}"
    chosen = graph.step[line.source].gives != "all" and not line.always
    others = [other for other in graph.leaving[line.source] if not other.boundary]
    if not chosen or len(others) == 1:
        return f", name: {name}"
    if line.default or (graph.step[line.source].gives == "one" and line == others[-1]):
        return f", otherwise: true, name: {name}"
    return f", when: 'case.id == \"{name}\"', name: {name}"


def drawn(graph: ControlGraph) -> Drawing:
    source = read_source(written(graph))
    report = Report(source)
    drawing = draw(read_draft(source, report).graph, report, ids_good=True)
    assert drawing.proof.sound, report.diagnostics()
    return drawing


def played() -> list[tuple[ControlGraph, list[Moment]]]:
    """Sound graphs that a flow can say, each with all that happens in its runs."""
    found: list[tuple[ControlGraph, list[Moment]]] = []
    for seed in range(200):
        graph = random_graph(Random(seed), "structured")
        said = [sum(line.default for line in graph.leaving[step.id]) < MANY for step in graph.steps]
        if all(said) and prove(graph).sound:
            with suppress(TooMany):
                found.append((graph, list(moments(graph))))
    assert len(found) > ENOUGH
    return found


def moments(graph: ControlGraph) -> Iterator[Moment]:
    """Each time a token comes to a step in each run."""
    game = Game(graph)
    start = (game.start(), frozenset[str]())
    seen = {start}
    stack = [start]
    while stack:
        marking, done = stack.pop()
        for (step, how, _, took), after in game.next(marking):
            completes = how == "completes" and graph.step[step].resting
            now = done | {step} if completes else done
            # A join that waits for several tokens is come to by the last of them.
            if not completes:
                yield Moment(step, done)
            for line in took:
                target = game.target(line)
                if target.waits_for == "one":
                    yield Moment(target.id, now)
            if (after, now) not in seen:
                seen.add((after, now))
                stack.append((after, now))
        if len(seen) > MOST_STATES:
            raise TooMany


def test_nothing_that_is_known_to_be_set_is_missing_in_any_run() -> None:
    for graph, happens in played():
        scopes = build_scopes(drawn(graph), {}, ())
        tasks = [step.id for step in graph.steps if step.resting]
        unset = {step.id: scopes.entering(step.id).unset for step in graph.steps}
        for moment in happens:
            known = {task for task in tasks if (task,) not in unset[moment.step]}
            assert known <= moment.done, written(graph)
