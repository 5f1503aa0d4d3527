"""From a checked draft to the Plan: one function a node kind."""

from __future__ import annotations

from typing import Any, Final, cast

from workflows.compiler import code
from workflows.compiler.check_edges import check_unique
from workflows.compiler.context import Context
from workflows.compiler.lower_fields import lower_fields
from workflows.compiler.lower_people import lower_assignee, lower_send_back, lower_sla
from workflows.compiler.lower_service import lower_field_work, lower_service
from workflows.compiler.plan import (
    INTERPRETER_VERSION,
    ApprovalNode,
    Code,
    ConfirmNode,
    DecisionNode,
    EndNode,
    FormNode,
    JoinNode,
    Plan,
    PlanEdge,
    PlanField,
    PlanNode,
    PlanStage,
    SplitNode,
    WaitNode,
)
from workflows.compiler.report import Spot
from workflows.language.model import Edge
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
    UserTask,
    Wait,
)
from workflows.language.typed import Scope
from workflows.language.types import SCALARS, STRING, TIMESTAMP, to_json
from workflows.language.units import has_days, parse_duration


def lower_header(context: Context) -> dict[str, Any]:
    """Inputs, stages, roles and variables."""
    header, report = context.header, context.report
    check_unique(
        ((s.id, Spot(place=("stages", i))) for i, s in enumerate(header.stages)), "stage", report
    )
    check_unique(
        ((v.id, Spot(place=("data", i))) for i, v in enumerate(header.data)), "variable", report
    )
    for index, role in enumerate(header.managed_by):
        if role not in header.roles:
            report.error(
                "FLOW_ROLE_UNKNOWN",
                f"the flow has no role {role!r}",
                Spot(place=("managed_by", index)),
                did_you_mean(role, header.roles),
            )
    start = context.scopes.at_start
    defaults: list[tuple[str, Code]] = []
    for index, variable in enumerate(header.data):
        if variable.default is not None:
            spot = Spot(place=("data", index, "default"))
            default = code.expression(variable.default, SCALARS[variable.type], start, report, spot)
            if default:
                defaults.append((variable.id, default))
    inputs = lower_fields(header.inputs, Scope({}), report, Spot(place=("inputs",)))
    return {"inputs": inputs, "defaults": tuple(defaults)}


def lower_node(node: NodeDefinition, context: Context, spot: Spot) -> PlanNode | None:
    """Check one node and lower it; None when this version has no such kind."""
    common = _common(node, context, spot)
    match node:
        case Form() | Approval() | Confirm():
            return _user_task(node, common, context, spot)
        case Service():
            return lower_service(node, common, context, spot)
        case FieldWork():
            return lower_field_work(node, common, context, spot)
        case Wait():
            return _wait(node, common, context, spot)
        case Decision():
            if node.mode != "exclusive":
                context.report.unsupported(f"a decision of mode {node.mode}", spot / "mode")
            return DecisionNode(**common)
        case Parallel():
            return _parallel(node, common, context)
        case End():
            return EndNode(**common)
        case ForEach() | Subflow():
            context.report.unsupported(f"a node of kind {node.kind}", spot / "kind")
            return None


def _common(node: NodeDefinition, context: Context, spot: Spot) -> dict[str, Any]:
    report = context.report
    if node.pause_reasons:
        report.unsupported("pausing with a reason", spot / "pause_reasons")
    stages = [stage.id for stage in context.header.stages]
    if node.stage is not None and node.stage not in stages:
        report.error(
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
        "next": _edges(node, context),
        "blocks": context.graph.blocks_of(node.id) if context.graph else (),
        "assign": _assignments(node, context, spot),
    }


def _edges(node: NodeDefinition, context: Context) -> tuple[PlanEdge, ...]:
    """A decision's conditions in the order written, otherwise last; error paths after that, those
    for named reasons first."""

    def rank(edge: Edge) -> int:
        if edge.on is None:
            return 1 if edge.otherwise else 0
        return 2 if edge.reasons else 3

    lowered: list[PlanEdge] = []
    for edge, spot in sorted(context.leaving.get(node.id, ()), key=lambda pair: rank(pair[0])):
        when = None
        if edge.when is not None:
            scope = context.scopes.leaving(node.id)
            when = code.condition(edge.when, scope, context.report, spot / "when")
        reasons = edge.reasons if edge.on else None
        lowered.append(PlanEdge(to=edge.target, when=when, reasons=reasons))
    return tuple(lowered)


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


_PLAN_NODES: Final = {Form: FormNode, Approval: ApprovalNode, Confirm: ConfirmNode}


def _user_task(node: UserTask, common: dict[str, Any], context: Context, spot: Spot) -> PlanNode:
    scope = context.scopes.entering(node.id)
    form: tuple[PlanField, ...] = lower_fields(node.form, scope, context.report, spot / "form")
    if isinstance(node, Form) and not node.form:
        context.report.error(
            "FLOW_FORM_EMPTY", "the form asks for nothing", spot / "form", "list its fields"
        )
    extra: dict[str, Any] = {}
    if isinstance(node, Approval):
        if node.mode in ("quorum", "sequence") or node.quorum is not None:
            context.report.unsupported(f"an approval of mode {node.mode}", spot / "mode")
        else:
            extra["mode"] = node.mode
    plan_node = _PLAN_NODES[type(node)](
        **common,
        **extra,
        assignee=lower_assignee(node.assignee, scope, context, spot / "assignee"),
        form=form,
        sla=lower_sla(node.sla, scope, context, spot / "sla") if node.sla else None,
        announce=node.announce,
        send_back=lower_send_back(node, context, spot),
    )
    return cast(PlanNode, plan_node)


def _wait(node: Wait, common: dict[str, Any], context: Context, spot: Spot) -> WaitNode:
    report = context.report
    scope = context.scopes.entering(node.id)
    given = [key for key in ("duration", "until", "event") if getattr(node, key) is not None]
    if len(given) != 1:
        report.error(
            "FLOW_WAIT_RULE",
            f"a wait has exactly one of duration, until and event; this one has {len(given)}",
            spot,
            "duration: 3d",
        )
        return WaitNode(**common)
    business = node.calendar == "business" and context.header.calendar is not None
    lowered: dict[str, Any] = {"calendar": "business" if business else "natural"}
    if node.duration is not None:
        lowered["duration_seconds"] = _wait_seconds(node.duration, business, context, spot)
    elif node.until is not None:
        lowered["until"] = code.value(node.until, TIMESTAMP, scope, report, spot / "until")
    elif node.event is not None:
        lowered |= _awaited(node, node.event, context, spot)
    return WaitNode(**common, **lowered)


def _wait_seconds(text: str, business: bool, context: Context, spot: Spot) -> int:
    if business and has_days(text):
        context.report.error(
            "FLOW_DURATION_DAYS",
            f"{text!r}: in working time a day has as many hours as the calendar opens",
            spot / "duration",
            "write hours, or calendar: natural",
        )
    try:
        seconds = int(parse_duration(text).total_seconds())
    except ValueError as error:
        context.report.error("FLOW_DURATION_INVALID", str(error), spot / "duration")
        return 0
    if not seconds:
        context.report.error("FLOW_DURATION_INVALID", "the wait is over at once", spot / "duration")
    return seconds


def _awaited(node: Wait, event: str, context: Context, spot: Spot) -> dict[str, Any]:
    known = context.catalog.events
    spec = known.get(event)
    if spec is None:
        context.report.error(
            "FLOW_EVENT_UNKNOWN",
            f"{event!r} is no event that wakes a case",
            spot / "event",
            did_you_mean(event, known),
        )
        return {}
    if node.key is None:
        context.report.error(
            "FLOW_KEY_MISSING", "'key' is missing", spot / "key", "say whose event is awaited"
        )
        return {}
    scope = context.scopes.entering(node.id)
    key = code.value(node.key, STRING, scope, context.report, spot / "key")
    return {"event": event, "key": key, "payload": to_json(spec.payload)}


def _parallel(node: Parallel, common: dict[str, Any], context: Context) -> PlanNode | None:
    if context.graph is None:
        return None
    for block in context.graph.blocks:
        if block.split == node.id:
            return SplitNode(**common, join=block.join)
        if block.join == node.id:
            return JoinNode(**common, split=block.split, arrivals=len(block.branches))
    return None


def assemble(context: Context, header: dict[str, Any], nodes: tuple[PlanNode, ...]) -> Plan:
    """The Plan of a flow without errors."""
    flow = context.header
    return Plan(
        interpreter=INTERPRETER_VERSION,
        catalog=context.catalog.fingerprint,
        flow=flow.code,
        name=flow.name,
        name_en=flow.name_en,
        calendar=flow.calendar or "",
        stages=tuple(PlanStage(id=s.id, name=s.name, name_en=s.name_en) for s in flow.stages),
        roles=tuple(flow.roles),
        managed_by=flow.managed_by,
        start=flow.start,
        nodes=nodes,
        **header,
    )
