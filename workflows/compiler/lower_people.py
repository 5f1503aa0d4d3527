"""User tasks: who they are for, how soon, and where they may be sent back."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, Literal

from workflows.compiler import code
from workflows.compiler.context import Context
from workflows.compiler.plan import Code, PlanAlarm, PlanAssignee, PlanSla
from workflows.compiler.report import Spot
from workflows.language.nearest import did_you_mean
from workflows.language.nodes import (
    Approval,
    AssigneeRule,
    Confirm,
    Escalation,
    FieldWork,
    Form,
    Nobody,
    Reminder,
    Service,
    Sla,
    UserTask,
    Wait,
)
from workflows.language.typed import Scope
from workflows.language.types import STRING
from workflows.language.units import has_days, parse_duration

_RULES: Final = ("person", "role", "field", "previous", "customer")
_LATER: Final = ("leader_of", "chosen_at")
#: Kinds of nodes that can be entered again by a send-back.
_TARGETS: Final = (Form, Approval, Confirm, Service, FieldWork, Wait)


def lower_assignee(rule: AssigneeRule, scope: Scope, context: Context, spot: Spot) -> PlanAssignee:
    """Check a rule. A wrong one is lowered to nobody, which never runs: the report has failed."""
    report = context.report
    given = [name for name in _RULES if getattr(rule, name) is not None]
    later = [name for name in _LATER if getattr(rule, name) is not None]
    for name in later:
        report.unsupported(f"the assignee rule {name}", spot / name)
    if len(given) != 1 and later:
        return PlanAssignee(rule="person")
    if len(given) != 1:
        report.error(
            "FLOW_ASSIGNEE_RULE",
            f"a rule names exactly one of {', '.join(_RULES)}; this one has {len(given)}",
            spot,
            "role: designer gives it to whoever holds that role",
        )
        return PlanAssignee(rule="person")
    if rule.role is None and (rule.region is not None or rule.outlet is not None):
        report.error(
            "FLOW_ASSIGNEE_RULE", "region and outlet narrow a role only", spot, "add a role"
        )
    nobody = ""
    if isinstance(rule.nobody, Nobody):
        nobody = _role(rule.nobody.role, context, spot / "nobody" / "role")
    match given[0]:
        case "role":
            assert rule.role is not None
            return PlanAssignee(
                rule="role",
                role=_role(rule.role, context, spot / "role"),
                region=_text(rule.region, scope, context, spot / "region"),
                outlet=_text(rule.outlet, scope, context, spot / "outlet"),
                nobody=nobody,
            )
        case "previous":
            assert rule.previous is not None
            return _previous(rule.previous, nobody, scope, context, spot / "previous")
        case "customer":
            person = _text(rule.customer, scope, context, spot / "customer")
            return PlanAssignee(rule="customer", person=person, nobody=nobody)
        case "field":
            assert rule.field is not None
            found = code.expression(rule.field, STRING, scope, report, spot / "field")
            return PlanAssignee(rule="person", person=found, nobody=nobody)
        case _:
            person = _text(rule.person, scope, context, spot / "person")
            return PlanAssignee(rule="person", person=person, nobody=nobody)


def _text(raw: object, scope: Scope, context: Context, spot: Spot) -> Code | None:
    return None if raw is None else code.value(raw, STRING, scope, context.report, spot)


def _role(role: str, context: Context, spot: Spot) -> str:
    if role not in context.roles:
        context.report.error(
            "FLOW_ROLE_UNKNOWN",
            f"the flow has no role {role!r}",
            spot,
            did_you_mean(role, context.roles) or "declare it under roles",
        )
    return role


def _previous(node: str, nobody: str, scope: Scope, context: Context, spot: Spot) -> PlanAssignee:
    if not isinstance(context.nodes.get(node), Form | Approval | Confirm):
        people = [n.id for n in context.nodes.values() if isinstance(n, Form | Approval | Confirm)]
        context.report.error(
            "FLOW_ASSIGNEE_RULE",
            f"{node!r} is no node that a person handles",
            spot,
            did_you_mean(node, people),
        )
    elif (node,) in scope.unset:
        context.report.error(
            "FLOW_VARIABLE_UNSET",
            f"{node!r} has not been handled on some path to here",
            spot,
            "choose a node that every path goes through",
        )
    return PlanAssignee(rule="previous", previous=node, nobody=nobody)


def lower_sla(sla: Sla, scope: Scope, context: Context, spot: Spot) -> PlanSla:
    """Check deadlines, reminders and escalations."""
    report = context.report
    business = sla.calendar == "business" and context.header.calendar is not None
    limits: dict[str, timedelta] = {}
    for key, text in (("respond", sla.respond), ("complete", sla.complete)):
        if text is not None:
            limits[key] = _duration(text, business, context, spot / key)
            if not limits[key]:
                report.error("FLOW_DURATION_INVALID", "a deadline cannot be at once", spot / key)
    if not limits:
        report.error("FLOW_SLA_DEADLINE", "there is no deadline", spot, "set respond or complete")
    if "respond" in limits and "complete" in limits and limits["respond"] > limits["complete"]:
        report.error(
            "FLOW_SLA_DEADLINE",
            "the time to respond is longer than the time to complete",
            spot / "respond",
        )
    alarms = [
        _reminder(reminder, index, limits, business, context, spot / "remind" / index)
        for index, reminder in enumerate(sla.remind)
    ]
    alarms += [
        _escalation(escalation, index, limits, business, scope, context, spot / "escalate" / index)
        for index, escalation in enumerate(sla.escalate)
    ]
    return PlanSla(
        calendar="business" if business else "natural",
        respond_seconds=_seconds(limits.get("respond")),
        complete_seconds=_seconds(limits.get("complete")),
        alarms=tuple(alarms),
    )


def _duration(text: str, business: bool, context: Context, spot: Spot) -> timedelta:
    """A duration; with days only where a day is 24 hours for everybody."""
    if business and has_days(text):
        context.report.error(
            "FLOW_DURATION_DAYS",
            f"{text!r}: in working time a day has as many hours as the calendar opens",
            spot,
            "write hours, or calendar: natural",
        )
    try:
        return parse_duration(text)
    except ValueError as error:
        context.report.error("FLOW_DURATION_INVALID", str(error), spot)
        return timedelta(hours=1)


def _seconds(duration: timedelta | None) -> int | None:
    return None if duration is None else int(duration.total_seconds())


def _has_deadline(
    of: Literal["respond", "complete"], limits: dict[str, timedelta], context: Context, spot: Spot
) -> None:
    if of not in limits:
        context.report.error(
            "FLOW_SLA_DEADLINE", f"there is no time to {of}", spot / "of", f"set {of}"
        )


def _reminder(
    reminder: Reminder,
    index: int,
    limits: dict[str, timedelta],
    business: bool,
    context: Context,
    spot: Spot,
) -> PlanAlarm:
    _has_deadline(reminder.of, limits, context, spot)
    offset = timedelta(0)
    if (reminder.before is None) == (reminder.after is None):
        context.report.error(
            "FLOW_SLA_REMINDER", "a reminder comes either before or after a deadline", spot
        )
    elif reminder.before is not None:
        offset = -_duration(reminder.before, business, context, spot / "before")
        if reminder.of in limits and -offset >= limits[reminder.of]:
            context.report.error(
                "FLOW_SLA_REMINDER",
                f"{reminder.before} before the deadline is before the task opens",
                spot / "before",
            )
    elif reminder.after is not None:
        offset = _duration(reminder.after, business, context, spot / "after")
    return PlanAlarm(
        id=f"remind-{index + 1}",
        level=index + 1,
        of=reminder.of,
        offset_seconds=int(offset.total_seconds()),
        notify=None,
        template=reminder.template,
    )


def _escalation(
    escalation: Escalation,
    index: int,
    limits: dict[str, timedelta],
    business: bool,
    scope: Scope,
    context: Context,
    spot: Spot,
) -> PlanAlarm:
    _has_deadline(escalation.of, limits, context, spot)
    if escalation.reassign_to is not None:
        context.report.unsupported("an escalation that reassigns", spot / "reassign_to")
    if escalation.take is not None:
        context.report.unsupported("an escalation that takes a path", spot / "take")
    notify = None
    if escalation.notify is None:
        context.report.error(
            "FLOW_SLA_ESCALATION",
            "an escalation tells somebody",
            spot,
            "notify: {role: supervisor}",
        )
    else:
        notify = lower_assignee(escalation.notify, scope, context, spot / "notify")
    offset = _duration(escalation.after, business, context, spot / "after")
    return PlanAlarm(
        id=f"escalate-{index + 1}",
        level=index + 1,
        of=escalation.of,
        offset_seconds=int(offset.total_seconds()),
        notify=notify,
        template=escalation.template,
    )


def lower_returns(
    node: UserTask, context: Context, spot: Spot
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The legal targets of a way back, and those to which whoever does the task may send it back.

    A target is legal when every way to the node goes through it, and it does not lie in a parallel
    branch that the node is not in: then whatever the target needs is there again.
    """
    graph = context.graph
    if graph is None:
        return (), ()
    around = graph.blocks_of(node.id)
    legal: list[str] = []
    for other in graph.dominators(node.id):
        blocks = graph.blocks_of(other)
        if isinstance(context.nodes.get(other), _TARGETS) and around[: len(blocks)] == blocks:
            legal.append(other)
    if node.send_back_to is None:
        if isinstance(node, Form):
            return tuple(legal), ()
        people = (n for n in legal if isinstance(context.nodes[n], Form | Approval | Confirm))
        return tuple(legal), tuple(people)
    for index, target in enumerate(node.send_back_to):
        if target not in legal:
            context.report.error(
                "FLOW_SEND_BACK_ILLEGAL",
                f"{node.id!r} cannot be sent back to {target!r}",
                spot / "send_back_to" / index,
                f"legal targets: {', '.join(legal) or 'none'}",
            )
    return tuple(legal), tuple(target for target in node.send_back_to if target in legal)
