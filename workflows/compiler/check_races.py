"""Races: two nodes under way at the same time that set one variable, so that the later one wins."""

from __future__ import annotations

from collections import defaultdict

from workflows.compiler.context import Context
from workflows.compiler.soundness import concurrent_steps


def check_races(context: Context) -> None:
    """Warn of variables that are set in branches which go on side by side."""
    draft = context.drawing.draft
    setters: dict[str, list[str]] = defaultdict(list)
    spots = {node.id: spot for node, spot in draft.nodes}
    for node, _ in draft.nodes:
        for variable in node.assign:
            setters[variable].append(node.id)
    proof = context.drawing.proof
    if not proof.sound or proof.control is None or all(len(n) == 1 for n in setters.values()):
        return
    beside = concurrent_steps(proof.control)
    for variable, names in setters.items():
        for index, name in enumerate(names):
            others = [other for other in names[:index] if other in beside[name]]
            if others:
                context.report.warning(
                    "FLOW_VARIABLE_RACE",
                    f"{name!r} and {others[0]!r} may set {variable!r} in any order, and the later "
                    "one wins",
                    spots[name] / "assign" / variable,
                    "set a variable of its own in each branch, and decide after they have met",
                )
