"""Decisions: what their conditions leave open, never take, or take twice."""

from __future__ import annotations

from typing import Any

from workflows.compiler.conditions.analysis import Findings, analyse
from workflows.compiler.context import Context
from workflows.compiler.graph import walk
from workflows.compiler.plan import Code, DecisionNode
from workflows.compiler.report import Spot
from workflows.compiler.ways import Way
from workflows.language.nodes import Decision


def lower_decision(
    node: Decision, common: dict[str, Any], context: Context, spot: Spot
) -> DecisionNode:
    """Check a decision's conditions together."""
    lowered = DecisionNode(**common, mode=node.mode, upstream=_upstream(node, context))
    ways = {way.id: way for way in context.leaving(node.id)}
    conditions = [(ways[edge.id], edge.when) for edge in lowered.next if edge.when is not None]
    written = [way for way in ways.values() if way.edge and way.edge.when is not None]
    always = [way for way in ways.values() if way.edge and way.edge.when is None]
    otherwise = next((way for way in always if way.edge and way.edge.otherwise), None)
    if node.mode == "event" or len(conditions) < len(written):
        return lowered  # nothing is chosen, or a condition is wrong by itself
    scope = context.scopes.leaving(node.id)
    findings = analyse([when.code for _, when in conditions], scope)
    _tell_vain(node, conditions, findings, context)
    if node.mode == "exclusive":
        _tell_overlaps(conditions, findings, context)
    another = node.mode == "inclusive" and len(always) > 1
    if otherwise is not None and (findings.covering or another):
        context.report.warning(
            "FLOW_OTHERWISE_NEVER",
            f"one of the other edges of {node.id!r} is always taken, so this one never is",
            otherwise.spot,
            "remove it",
        )
    if not always and not findings.covering:
        context.report.error(
            "FLOW_DECISION_NO_OTHERWISE",
            f"the decision {node.id!r} does not say what happens when no condition holds",
            spot,
            f"no condition holds when {findings.gap}"
            if findings.gap
            else "mark one of its edges otherwise: true",
        )
    return lowered


def _tell_vain(
    node: Decision, conditions: list[tuple[Way, Code]], findings: Findings, context: Context
) -> None:
    for vain in findings.vain:
        way, when = conditions[vain.condition]
        if not vain.behind:
            why = f"{when.source!r} never holds"
        elif node.mode == "exclusive":
            behind = " or ".join(repr(conditions[index][1].source) for index in vain.behind)
            why = f"wherever {when.source!r} holds, {behind} has been taken before it"
        else:
            continue
        context.report.error(
            "FLOW_CONDITION_NEVER", why, way.spot / "when", "mend the condition or remove the edge"
        )


def _tell_overlaps(
    conditions: list[tuple[Way, Code]], findings: Findings, context: Context
) -> None:
    """Two conditions that both hold; a ladder from the special to the general is what the order of
    trying is for, and not told."""
    for overlap in findings.overlaps:
        if overlap.nested:
            continue
        first, (way, when) = conditions[overlap.first][1], conditions[overlap.second]
        context.report.warning(
            "FLOW_CONDITION_OVERLAP",
            f"{first.source!r} and {when.source!r} both hold when {overlap.witness}; "
            "the first is taken",
            way.spot / "when",
            "say in one of them what the other leaves",
        )


def _upstream(node: Decision, context: Context) -> dict[str, tuple[str, ...]]:
    """For each edge into an inclusive join, the nodes from which a token may still come to it by a
    way that does not pass the join itself."""
    entering = context.entering(node.id)
    if node.mode != "inclusive" or len(entering) == 1 or context.graph is None:
        return {}
    graph = context.graph
    found: dict[str, tuple[str, ...]] = {}
    for way in entering:
        starts = () if way.source == node.id else (way.source,)
        before = walk(starts, graph.previous, lambda name: name != node.id)
        found[way.id] = tuple(name for name in graph.nodes if name in before and name != node.id)
    return found
