"""Soundness as CPNCheck sees it, a model checker of Petri nets that is held against CPN Tools.

It knows plain nets: no inclusive joins, no ends that take other tokens away. Everything else of a
control graph can be drawn as one.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import TypeVar
from xml.sax.saxutils import quoteattr

from cpncheck import ColouredNet, CPNNet, StateSpace, build_state_space

from workflows.compiler.soundness import ControlGraph, Line, Step

_T = TypeVar("_T")

#: A transition: the step it belongs to, and the places before and after it.
Transition = tuple[str, list[str], list[str]]

MOST_MARKINGS = 2_000


def expressible(graph: ControlGraph) -> bool:
    """The graph can be drawn as a plain net."""
    plain = all(step.end in (None, "plain") for step in graph.steps)
    return plain and all(
        step.waits_for != "some" or len(graph.entering[step.id]) + (step.id == graph.start) == 1
        for step in graph.steps
    )


def is_sound(graph: ControlGraph, folder: Path) -> bool | None:
    """CPNCheck's verdict; None when there are too many markings for it."""
    transitions = list(draw_transitions(graph))
    places = sorted({place for _, before, after in transitions for place in (*before, *after)})
    file = folder / "net.cpn"
    file.write_text(as_cpn(places, transitions))
    space = build_state_space(ColouredNet(CPNNet(str(file))), max_nodes=MOST_MARKINGS)
    if any(len(tokens) > 1 for marking in space.markings for tokens in marking):
        return False
    if not space.complete:
        return None
    occurred = {transitions[number][0] for following in space.succ for number, _, _ in following}
    dead = {step.id for step in graph.steps} - occurred
    return not dead and finishes(space, places)


def draw_transitions(graph: ControlGraph) -> Iterator[Transition]:
    """Every line is a place, and every resting step one more; a boundary that may be taken once
    alongside has a place for not yet and one for no more."""
    yield "", ["begin"], ["line "]
    for step in graph.steps:
        lines = [f"line {line.id}" for line in graph.entering[step.id]]
        lines += ["line "] if step.id == graph.start else []
        ways_in = [lines] if lines and step.waits_for == "all" else [[line] for line in lines]
        if step.end:
            yield from ((step.id, way, [f"end {step.id}"]) for way in ways_in)
        elif not step.resting:
            yield from ((step.id, w, out) for w in ways_in for out in ways_out(graph, step))
        else:
            yield from draw_rest(graph, step, ways_in)


def draw_rest(graph: ControlGraph, step: Step, ways_in: list[list[str]]) -> Iterator[Transition]:
    beside = [line.id for line in graph.leaving[step.id] if line.boundary == "alongside"]
    on = f"on {step.id}"
    yield from ((step.id, way, [on, *(f"may {b}" for b in beside)]) for way in ways_in)
    for line in beside:
        yield step.id, [on, f"may {line}"], [on, f"did {line}", f"line {line}"]
    leaving = ways_out(graph, step)
    leaving += [
        [f"line {line.id}"] for line in graph.leaving[step.id] if line.boundary == "interrupting"
    ]
    for taken in subsets(beside):
        gone = [f"did {line}" if line in taken else f"may {line}" for line in beside]
        yield from ((step.id, [on, *gone], out) for out in leaving)


def ways_out(graph: ControlGraph, step: Step) -> list[list[str]]:
    lines = [line for line in graph.leaving[step.id] if line.boundary is None]
    if step.gives == "all":
        chosen = [lines]
    elif step.gives == "one":
        chosen = [[line] for line in lines]
    else:
        chosen = [list(some) for some in subsets(lines) if allowed(some, lines)]
    return [[f"line {line.id}" for line in some] for some in chosen]


def allowed(some: tuple[Line, ...], lines: list[Line]) -> bool:
    if len(lines) == 1:
        return len(some) == 1
    needed = {line.id for line in lines if line.always}
    taken = {line.id for line in some}
    if any(line.default and not line.always for line in some):
        return len(some) == 1 and not needed
    return bool(some) and needed <= taken


def subsets(things: list[_T]) -> list[tuple[_T, ...]]:
    return [some for size in range(len(things) + 1) for some in combinations(things, size)]


def as_cpn(places: list[str], transitions: list[Transition]) -> str:
    number = {place: f"p{index}" for index, place in enumerate(places)}
    nodes = [
        f"<place id={quoteattr(number[place])}><text>{number[place]}</text><type><text>UNIT</text>"
        f"</type><initmark><text>{'1`()' if place == 'begin' else ''}</text></initmark></place>"
        for place in places
    ]
    for index, (_, before, after) in enumerate(transitions):
        name = f"t{index}"
        nodes.append(f'<trans id="{name}"><text>{name}</text></trans>')
        arcs = [("PtoT", place) for place in before] + [("TtoP", place) for place in after]
        nodes += [
            f'<arc orientation="{way}"><transend idref="{name}"/>'
            f'<placeend idref="{number[place]}"/><annot><text>()</text></annot></arc>'
            for way, place in arcs
        ]
    page = f'<page id="g"><pageattr name="g"/>{"".join(nodes)}</page>'
    globbox = '<globbox><color id="c"><id>UNIT</id><unit/></color></globbox>'
    return f"<workspaceElements><cpnet>{globbox}{page}</cpnet></workspaceElements>"


def finishes(space: StateSpace, places: list[str]) -> bool:
    """Wherever a run can be caught for ever, nothing moves and only ends are marked."""
    ends = [place.startswith("end ") for place in places]
    return all(
        not space.succ[node]
        and all(end or not tokens for end, tokens in zip(ends, marking, strict=True))
        for node, marking in enumerate(space.markings)
        if space.scc[node] in space.terminal_sccs
    )
