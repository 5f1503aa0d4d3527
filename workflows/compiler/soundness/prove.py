"""The proof: whether every run of a control graph can finish, and finishes properly."""

from __future__ import annotations

from workflows.compiler.soundness.control import ControlGraph
from workflows.compiler.soundness.explore import explore
from workflows.compiler.soundness.net import Net
from workflows.compiler.soundness.regular import regular_splits
from workflows.compiler.soundness.trace import find_problems
from workflows.compiler.soundness.verdict import Flaw, Problem, Verdict


def prove(graph: ControlGraph) -> Verdict:
    """Prove a graph sound, or show by a shortest run why it is not.

    Dead steps are told where no place gets a second token; behind one, most would only seem dead.
    """
    found = explore(Net(graph, regular_splits(graph)), narrow=True)
    if found.proven:
        return Verdict(sound=True)
    net = Net(graph)
    if found.trapped:
        found = explore(net)
    problems = find_problems(net, found)
    if problems:
        return Verdict(sound=False, problems=tuple(problems))
    if found.proven:
        return Verdict(sound=True)
    return Verdict(sound=None, problems=(Problem(Flaw.UNDECIDED, steps=net.uncounted),))
