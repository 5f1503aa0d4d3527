"""From a checked draft to the Plan: one function a node kind."""

from __future__ import annotations

from typing import Any, Final, cast

from workflows.compiler import code
from workflows.compiler.check_edges import check_unique
from workflows.compiler.context import Context
from workflows.compiler.lower_fields import lower_form
from workflows.compiler.lower_people import lower_assignee, lower_returns, lower_sla
from workflows.compiler.lower_service import lower_field_work, lower_service
from workflows.compiler.plan import (
    INTERPRETER_VERSION,
    ApprovalNode,
    Code,
    ConfirmNode,
    DecisionNode,
    EndNode,
    FormNode,
    ParallelNode,
    Plan,
    PlanBoundary,
    PlanEdge,
    PlanNode,
    PlanPauseReason,
    PlanStage,
    WaitNode,
)
from workflows.compiler.report import Spot
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
    forms, place = context.scopes.forms, Spot(place=("inputs",))
    inputs = lower_form(header.inputs, forms, Scope({}), report, place)
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
            arrivals = tuple(way.id for way in context.entering.get(node.id, ()))
            return ParallelNode(**common, arrivals=arrivals)
        case End():
            return _end(node, common, context, spot)
        case ForEach() | Subflow():
            context.report.unsupported(f"a node of kind {node.kind}", spot / "kind")
            return None


def _common(node: NodeDefinition, context: Context, spot: Spot) -> dict[str, Any]:
    report = context.report
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
        "boundary": _boundary(node, context),
        "assign": _assignments(node, context, spot),
    }


def _edges(node: NodeDefinition, context: Context) -> tuple[PlanEdge, ...]:
    """The ways on: a decision's conditions in the order written, otherwise last."""
    ways = [way for way in context.leaving.get(node.id, ()) if way.edge.on is None]
    lowered: list[PlanEdge] = []
    for way in sorted(ways, key=lambda way: way.edge.otherwise):
        edge, when = way.edge, None
        if edge.when is not None:
            scope = context.scopes.leaving(node.id)
            when = code.condition(edge.when, scope, context.report, way.spot / "when")
        lowered.append(
            PlanEdge(
                id=way.id, to=edge.target, name=edge.name, name_en=edge.name_en,
                when=when, otherwise=edge.otherwise,
            )
        )  # fmt: skip
    return tuple(lowered)


def _boundary(node: NodeDefinition, context: Context) -> tuple[PlanBoundary, ...]:
    """The ways out while it waits: error paths for named reasons come before the one for all."""
    ways = [way for way in context.leaving.get(node.id, ()) if way.edge.on is not None]
    lowered: list[PlanBoundary] = []
    for way in sorted(ways, key=lambda way: not way.edge.reasons):
        edge = way.edge
        if edge.on != "error" or edge.alongside:
            context.report.unsupported(f"an edge on {edge.on}", way.spot / "on")
            continue
        lowered.append(
            PlanBoundary(
                id=way.id, to=edge.target, name=edge.name, name_en=edge.name_en,
                cause="error", reasons=edge.reasons,
            )
        )  # fmt: skip
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
    form = lower_form(node.form, context.scopes.forms, scope, context.report, spot / "form")
    returns, send_back = lower_returns(node, context, spot)
    for key in ("pause_reasons", "skippable"):
        if getattr(node, key):
            context.report.unsupported(key, spot / key)
    for key in ("when_applicant", "when_repeated"):
        if getattr(node, key) != "ask":
            context.report.unsupported(key, spot / key)
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
        returns=returns,
        send_back=send_back,
        take_back=node.take_back,
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


def _end(node: End, common: dict[str, Any], context: Context, spot: Spot) -> EndNode:
    if node.terminate or node.fails:
        context.report.unsupported("an end that terminates or fails", spot)
    return EndNode(**common)


def assemble(context: Context, header: dict[str, Any], nodes: tuple[PlanNode, ...]) -> Plan:
    """The Plan of a flow without errors."""
    flow = context.header
    assert context.graph is not None
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
        pause_reasons=tuple(
            PlanPauseReason(id=name, name=reason.name, name_en=reason.name_en, blames=reason.blames)
            for name, reason in flow.pause_reasons.items()
        ),
        start=flow.start,
        nodes=nodes,
        dominator=context.graph.dominator,
        **header,
    )
