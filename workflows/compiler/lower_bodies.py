"""Nodes with a body, and nodes that live through another flow."""

from __future__ import annotations

from typing import Any, Final

from workflows.compiler import code
from workflows.compiler.context import BodyContext, Context
from workflows.compiler.library import FlowInterface
from workflows.compiler.plan import Code, ForEachNode, PlanGraph, SubflowNode
from workflows.compiler.report import Spot
from workflows.language.nearest import did_you_mean
from workflows.language.nodes import End, ForEach, Subflow
from workflows.language.typed import Scope
from workflows.language.types import INT, Record, to_json

_NOTHING: Final = Code(source="", code=["record", []])
#: What a for_each's ``enough`` reads besides everything else.
_PROGRESS: Final = {"done": INT, "total": INT}


def lower_for_each(
    node: ForEach, common: dict[str, Any], body: PlanGraph, context: Context, spot: Spot
) -> ForEachNode:
    """Check what says that enough runs are done; the rest was checked on going into the body."""
    inside = context.bodies[node.id]
    _check_failures(node, inside, context)
    enough = None
    if node.enough is not None:
        around = context.scopes.entering(node.id)
        scope = Scope({**around.variables, **_PROGRESS}, around.unset)
        enough = code.condition(node.enough, scope, context.report, spot / "enough")
    return ForEachNode(
        **common,
        items=inside.items or _NOTHING,
        element=node.element,
        mode=node.mode,
        body=body,
        collect=next((left for _, left in inside.leaves), None),
        enough=enough,
    )


def lower_subflow(
    node: Subflow, common: dict[str, Any], body: PlanGraph | None, context: Context, spot: Spot
) -> SubflowNode | None:
    """Check a part of the flow seen as one node; None when it says not what it is."""
    if not _check_settings(node, context, spot):
        return None
    if body is not None:
        inside = context.bodies[node.id]
        _check_failures(node, inside, context)
        response = to_json(inside.result)
        return SubflowNode(**common, response=response, body=body, output=inside.leaves)
    interface = _interface(node, context, spot)
    if interface is None:
        return None
    scope = context.scopes.entering(node.id)
    request = code.value(node.input, interface.inputs, scope, context.report, spot / "input")
    return SubflowNode(
        **common,
        flow=interface.flow,
        version=interface.version,
        plan_hash=interface.plan_hash,
        request=request or _NOTHING,
        response=to_json(Record(interface.outputs.fields, node.id)),
    )


def _check_settings(node: Subflow, context: Context, spot: Spot) -> bool:
    if (node.flow is None) == (node.body is None):
        context.report.error(
            "FLOW_SUBFLOW_RULE",
            "a subflow is either another flow or a body of its own",
            spot,
            "give flow: and its input, or body:",
        )
        return False
    other = {"input": node.input, "version": node.version} if node.body else {"output": node.output}
    for key, given in other.items():
        if given:
            context.report.error(
                "FLOW_SUBFLOW_RULE",
                f"{key} belongs to a subflow that {'is another flow' if node.body else 'has a body'}",
                spot / key,
                "a body reads what is set around it"
                if node.body
                else "what the other flow leaves behind is said there, under outputs",
            )
    return True


def _interface(node: Subflow, context: Context, spot: Spot) -> FlowInterface | None:
    code_, own, library = node.flow or "", context.header.code, context.flow.library
    found = library.find(code_, node.version)
    if code_ == own or (found and own in found.uses):
        context.report.error(
            "FLOW_SUBFLOW_RECURSION",
            f"{code_!r} lives through this flow in turn, and would never end"
            if code_ != own
            else "a flow cannot live through itself",
            spot / "flow",
            "draw a loop instead",
        )
        return None
    if found is None:
        versions = library.versions(code_)
        context.report.error(
            "FLOW_SUBFLOW_UNKNOWN",
            f"{code_!r} has no version {node.version}"
            if versions
            else f"no flow {code_!r} has been published",
            spot / ("version" if versions else "flow"),
            f"the newest is {max(versions)}" if versions else did_you_mean(code_, library.codes),
        )
    return found


def _check_failures(node: ForEach | Subflow, inside: BodyContext, context: Context) -> None:
    """A body fails at its ends that say so, and nowhere else: each of their reasons wants an error
    path around it, else it is an incident, and each error path wants an end that takes it."""
    ways = [way for way in context.leaving(node.id) if way.cause == "error"]
    ends = [
        (end.id, end.fails, place)
        for end, place in inside.context.drawing.draft.nodes
        if isinstance(end, End) and end.fails
    ]
    reasons = {reason for _, reason, _ in ends}
    named = {reason for way in ways if way.edge for reason in way.edge.reasons}
    for way in ways:
        own = set(way.edge.reasons) if way.edge else set()
        never = own - reasons if own else ({""} if reasons <= named else set())
        if never:
            context.report.error(
                "FLOW_ERROR_PATH_NEVER",
                f"no end in the body of {node.id!r} fails for {' or '.join(sorted(never))}"
                if own
                else f"no end in the body of {node.id!r} fails for any other reason",
                way.spot,
                "let an end there fail, or remove the edge",
            )
    for end, reason, place in ends:
        if reason not in named and all(way.edge and way.edge.reasons for way in ways):
            context.report.warning(
                "FLOW_FAILURE_UNHANDLED",
                f"when {end!r} fails with {reason}, no error path of {node.id!r} is for it",
                place / "fails",
                f"draw an edge from {node.id} with on: error, reasons: [{reason}]",
            )
