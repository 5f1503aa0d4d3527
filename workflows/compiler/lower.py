"""From a checked draft to the Plan: one function a node kind."""

from __future__ import annotations

from typing import Any

from workflows.compiler import code
from workflows.compiler.check_ids import check_unique
from workflows.compiler.check_races import check_races
from workflows.compiler.check_timers import check_timers
from workflows.compiler.context import Context
from workflows.compiler.lower_bodies import lower_for_each, lower_subflow
from workflows.compiler.lower_decision import lower_decision
from workflows.compiler.lower_edges import lower_boundaries, lower_next
from workflows.compiler.lower_fields import lower_form
from workflows.compiler.lower_priorities import lower_priorities
from workflows.compiler.lower_service import lower_field_work, lower_service
from workflows.compiler.lower_user_task import lower_user_task
from workflows.compiler.lower_wait import lower_wait
from workflows.compiler.plan import (
    INTERPRETER_VERSION,
    Code,
    EndNode,
    ParallelNode,
    Plan,
    PlanGraph,
    PlanNode,
    PlanPauseReason,
    PlanRole,
    PlanStage,
)
from workflows.compiler.report import Spot
from workflows.compiler.roles import check_role
from workflows.language.nearest import did_you_mean
from workflows.language.nodes import (
    Approval,
    Confirm,
    Decision,
    End,
    FieldWork,
    ForEach,
    Form,
    NodeDefinition,
    Parallel,
    Service,
    Subflow,
    Wait,
)
from workflows.language.typed import Scope
from workflows.language.types import SCALARS, UNKNOWN, Field, Record, to_json

#: Parties that a pause can be charged to besides roles.
_OUTSIDERS = ("customer", "supplier")


def lower_flow(context: Context) -> Plan | None:
    """Check everything in a flow and lower it; None when something forbids it."""
    header = _header(context)
    priorities = lower_priorities(context)
    graph = _lower_graph(context)
    if context.report.failed or context.graph is None:
        return None
    flow = context.header
    return Plan(
        interpreter=INTERPRETER_VERSION,
        catalog=context.catalog.fingerprint,
        flow=flow.code,
        name=flow.name,
        name_en=flow.name_en,
        calendar=flow.calendar or "",
        stages=tuple(PlanStage(id=s.id, name=s.name, name_en=s.name_en) for s in flow.stages),
        roles=tuple(
            PlanRole(id=code, name=role.name, name_en=role.name_en)
            for code, role in flow.roles.items()
        ),
        managed_by=flow.managed_by,
        pause_reasons=tuple(
            PlanPauseReason(id=name, name=reason.name, name_en=reason.name_en, blames=reason.blames)
            for name, reason in flow.pause_reasons.items()
        ),
        priorities=priorities,
        variables=tuple((variable.id, to_json(SCALARS[variable.type])) for variable in flow.data),
        start=graph.start,
        nodes=graph.nodes,
        dominator=graph.dominator,
        **header,
    )


def _header(context: Context) -> dict[str, Any]:
    """Inputs, stages, roles, variables and outputs."""
    header, report = context.header, context.report
    check_unique(
        ((s.id, Spot(place=("stages", i))) for i, s in enumerate(header.stages)), "stage", report
    )
    check_unique(
        ((v.id, Spot(place=("data", i))) for i, v in enumerate(header.data)), "variable", report
    )
    for index, role in enumerate(header.managed_by):
        check_role(role, header, report, Spot(place=("managed_by", index)))
    for name, reason in header.pause_reasons.items():
        if reason.blames not in _OUTSIDERS:
            check_role(reason.blames, header, report, Spot(place=("pause_reasons", name, "blames")))
    inputs = lower_form(header.inputs, context.forms, Scope({}), report, Spot(place=("inputs",)))
    return {"inputs": inputs, "defaults": _defaults(context), **_outputs(context)}


def _defaults(context: Context) -> tuple[tuple[str, Code], ...]:
    variables = context.scopes.variables
    start = Scope({name: variables[name] for name in ("inputs", "case")})
    lowered: list[tuple[str, Code]] = []
    for index, variable in enumerate(context.header.data):
        if variable.default is not None:
            spot = Spot(place=("data", index, "default"))
            kind = SCALARS[variable.type]
            default = code.expression(variable.default, kind, start, context.report, spot)
            if default:
                lowered.append((variable.id, default))
    return tuple(lowered)


def _outputs(context: Context) -> dict[str, Any]:
    """What the flow leaves behind: set at whichever end a case comes to."""
    outputs: list[tuple[str, Code]] = []
    fields: list[Field] = []
    for name, text in context.header.outputs.items():
        spot = Spot(place=("outputs", name))
        checked = code.inferred(text, context.scopes.ending, context.report, spot)
        if checked is not None and checked.type != UNKNOWN:
            outputs.append((name, Code(source=text, code=checked.json_code)))
            fields.append(Field(name, checked.type))
    response = Record(tuple(fields), context.header.code)
    return {"outputs": tuple(outputs), "response": to_json(response)}


def _lower_graph(context: Context) -> PlanGraph:
    draft = context.drawing.draft
    nodes: list[PlanNode] = []
    for node, spot in draft.nodes:
        lowered = _lower_node(node, context, spot)
        if lowered is not None:
            check_timers(lowered, context, spot)
            nodes.append(lowered)
    check_races(context)
    return PlanGraph(
        start=draft.start,
        nodes=tuple(nodes),
        dominator=context.graph.dominator if context.graph else {},
    )


def _lower_node(node: NodeDefinition, context: Context, spot: Spot) -> PlanNode | None:
    """Check one node and lower it; None when it is not even clear what it is."""
    common = _common(node, context, spot)
    match node:
        case Form() | Approval() | Confirm():
            return lower_user_task(node, common, context, spot)
        case Service():
            return lower_service(node, common, context, spot)
        case FieldWork():
            return lower_field_work(node, common, context, spot)
        case Wait():
            return lower_wait(node, common, context, spot)
        case Decision():
            return lower_decision(node, common, context, spot)
        case Parallel():
            arrivals = tuple(way.id for way in context.entering(node.id))
            return ParallelNode(**common, arrivals=arrivals)
        case ForEach() | Subflow():
            return _with_body(node, common, context, spot)
        case End():
            return EndNode(**common, terminate=node.terminate, fails=node.fails or "")


def _with_body(
    node: ForEach | Subflow, common: dict[str, Any], context: Context, spot: Spot
) -> PlanNode | None:
    inside = context.bodies.get(node.id)
    body = _lower_graph(inside.context) if inside else None
    if isinstance(node, Subflow):
        return lower_subflow(node, common, body, context, spot)
    return lower_for_each(node, common, body, context, spot) if body else None


def _common(node: NodeDefinition, context: Context, spot: Spot) -> dict[str, Any]:
    stages = [stage.id for stage in context.header.stages]
    if node.stage is not None and node.stage not in stages:
        context.report.error(
            "FLOW_STAGE_UNKNOWN",
            f"the flow has no stage {node.stage!r}",
            spot / "stage",
            did_you_mean(node.stage, stages),
        )
    return {
        "id": node.id,
        "stage": node.stage or "",
        "name": node.name,
        "name_en": node.name_en,
        "next": lower_next(node, context),
        "boundary": lower_boundaries(node, context),
        "assign": _assignments(node, context, spot),
    }


def _assignments(
    node: NodeDefinition, context: Context, spot: Spot
) -> tuple[tuple[str, Code], ...]:
    variables = {variable.id: variable for variable in context.header.data}
    scope = context.scopes.leaving(node.id)
    lowered: list[tuple[str, Code]] = []
    for name, text in node.assign.items():
        place = spot / "assign" / name
        if name not in variables:
            context.report.error(
                "FLOW_VARIABLE_UNKNOWN",
                f"the flow has no variable {name!r}",
                place,
                did_you_mean(name, variables) or "declare it under data",
            )
            continue
        kind = SCALARS[variables[name].type]
        assigned = code.expression(text, kind, scope, context.report, place)
        if assigned:
            lowered.append((name, assigned))
    return tuple(lowered)
