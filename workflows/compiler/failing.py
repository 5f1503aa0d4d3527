"""The runs that show why a flow is unsound, played token by token."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from workflows.compiler.choices import add_choices
from workflows.compiler.draft import GraphDraft, read_draft
from workflows.compiler.proof import control_graph
from workflows.compiler.report import Report
from workflows.compiler.soundness import ControlGraph, Flaw, Marking, Problem, prove, replay
from workflows.compiler.ways import ways_of
from workflows.language.reading import read_source


@dataclass(frozen=True, slots=True)
class Beat:
    """One thing that happens in a run, and where the tokens stand then.

    Attributes:
        node: the node it happens to; empty: the start.
        by: ``comes``, ``done``, or the edge of another way out of it.
        takes: the edges on which it goes on.
    """

    node: str
    by: str
    takes: tuple[str, ...]
    marking: Marking


@dataclass(frozen=True, slots=True)
class FailingRun:
    """A shortest run that shows a flaw.

    Attributes:
        inside: the node whose body it runs in; empty: the flow itself.
    """

    flaw: Flaw
    inside: str
    beats: tuple[Beat, ...]


def failing_runs(text: str) -> list[FailingRun]:
    """The runs that show what is unsound in a flow's source, one a flaw; none when it is sound, or
    not drawn far enough to tell."""
    source = read_source(text)
    draft = add_choices(read_draft(source, Report(source)))
    return [run for inside, graph in _graphs("", draft.graph) for run in _runs(inside, graph)]


def _graphs(inside: str, draft: GraphDraft) -> Iterator[tuple[str, ControlGraph]]:
    if draft.whole:
        try:
            yield inside, control_graph(draft, ways_of(draft))
        except ValueError:
            return  # its edges are wrong, which the check tells
    for node, body in draft.bodies.items():
        yield from _graphs(node, body)


def _runs(inside: str, graph: ControlGraph) -> Iterator[FailingRun]:
    for problem in prove(graph).problems:
        if problem.trace:
            yield FailingRun(problem.flaw, inside, tuple(beats(graph, problem)))


def beats(graph: ControlGraph, problem: Problem) -> Iterator[Beat]:
    """A problem's run, played."""
    start, *after = replay(graph, problem.trace)
    yield Beat("", "start", (), start)
    for firing, marking in zip(problem.trace, after, strict=True):
        if firing.how == "enters":
            yield Beat(firing.step, "comes", firing.came, marking)
        else:
            by = firing.took[0] if firing.how == "boundary" else "done"
            yield Beat(firing.step, by, firing.took, marking)
