"""Who a user task is for, and who is told or asked instead."""

from __future__ import annotations

from typing import Final

from workflows.compiler import code
from workflows.compiler.choices import LONGEST_ID, choice_field
from workflows.compiler.context import Context
from workflows.compiler.plan import Code, PlanAssignee
from workflows.compiler.report import Spot
from workflows.compiler.roles import check_role
from workflows.language.expression import check_expression
from workflows.language.nearest import did_you_mean
from workflows.language.nodes import Approval, AssigneeRule, Confirm, Form, Nobody
from workflows.language.typed import Scope
from workflows.language.types import STRING, UNKNOWN, ListOf, assignable

_RULES: Final = ("person", "role", "leader_of", "field", "previous", "chosen_at", "customer")
#: Stands for a rule that is wrong. It never runs: the report has failed.
_NOBODY: Final = PlanAssignee(rule="person")


def lower_assignee(
    rule: AssigneeRule, scope: Scope, context: Context, spot: Spot, task: str = ""
) -> PlanAssignee:
    """Check a rule.

    Args:
        task: the user task whose assignee it says; empty when it only says who is told or who
            takes over.
    """
    given = [name for name in _RULES if getattr(rule, name) is not None]
    if len(given) != 1:
        context.report.error(
            "FLOW_ASSIGNEE_RULE",
            f"a rule names exactly one of {', '.join(_RULES)}; this one has {len(given)}",
            spot,
            "role: designer gives it to whoever holds that role",
        )
        return _NOBODY
    _check_settings(rule, task, context, spot)
    lowered = _lower(given[0], rule, scope, context, spot, task)
    nobody = rule.nobody
    if isinstance(nobody, Nobody):
        role = check_role(nobody.role, context.header, context.report, spot / "nobody" / "role")
        return lowered.model_copy(update={"nobody": role})
    return lowered.model_copy(update={"skip": nobody == "skip"})


def _check_settings(rule: AssigneeRule, task: str, context: Context, spot: Spot) -> None:
    """What means something beside another rule only, or for an assignee only."""
    complaints = []
    if rule.role is None and (rule.region is not None or rule.outlet is not None):
        complaints.append(("", "region and outlet narrow a role only", "add a role"))
    if rule.leader_of is None and rule.levels != 1:
        complaints.append(("levels", "levels count above leader_of only", "add leader_of"))
    if not task and rule.chosen_at is not None:
        complaints.append(("chosen_at", "only an assignee is chosen", "name a role or a person"))
    if not task and rule.nobody == "skip":
        complaints.append(("nobody", "there is no task to pass over here", "name another role"))
    for key, message, hint in complaints:
        context.report.error("FLOW_ASSIGNEE_RULE", message, spot / key if key else spot, hint)


def _lower(
    kind: str, rule: AssigneeRule, scope: Scope, context: Context, spot: Spot, task: str
) -> PlanAssignee:
    match kind:
        case "role":
            return PlanAssignee(
                rule="role",
                role=check_role(rule.role or "", context.header, context.report, spot / "role"),
                region=_text(rule.region, scope, context, spot / "region"),
                outlet=_text(rule.outlet, scope, context, spot / "outlet"),
            )
        case "previous":
            return _previous(rule.previous or "", scope, context, spot / "previous")
        case "customer":
            person = _text(rule.customer, scope, context, spot / "customer")
            return PlanAssignee(rule="customer", person=person)
        case "leader_of":
            person = _text(rule.leader_of, scope, context, spot / "leader_of")
            return PlanAssignee(rule="leader", person=person, levels=rule.levels)
        case "chosen_at":
            person = _chosen(rule.chosen_at or "", task, scope, context, spot / "chosen_at")
            return PlanAssignee(rule="person", person=person)
        case "field":
            person = _people(f"={rule.field}", scope, context, spot / "field")
            return PlanAssignee(rule="person", person=person)
        case _:
            person = _people(rule.person, scope, context, spot / "person")
            return PlanAssignee(rule="person", person=person)


def _text(raw: object, scope: Scope, context: Context, spot: Spot) -> Code | None:
    return None if raw is None else code.value(raw, STRING, scope, context.report, spot)


def _people(raw: object, scope: Scope, context: Context, spot: Spot) -> Code | None:
    """A person or a list of them."""
    if not isinstance(raw, str) or not raw.startswith("="):
        kind = ListOf(STRING) if isinstance(raw, list) else STRING
        return code.value(raw, kind, scope, context.report, spot)
    checked, findings = check_expression(raw[1:].strip(), scope)
    context.report.findings(findings, spot)
    if checked is None or checked.type == UNKNOWN:
        return None
    if not any(assignable(checked.type, kind) for kind in (STRING, ListOf(STRING))):
        context.report.error(
            "FLOW_EXPRESSION_TYPE",
            f"expected a person or a list of people, this is {checked.type}",
            spot,
            "give the person's id",
        )
        return None
    return Code(source=raw, code=checked.json_code)


def _handled(node: str, context: Context, spot: Spot) -> bool:
    """True when a person handles the node."""
    if isinstance(context.nodes.get(node), Form | Approval | Confirm):
        return True
    people = [n.id for n in context.nodes.values() if isinstance(n, Form | Approval | Confirm)]
    context.report.error(
        "FLOW_ASSIGNEE_RULE",
        f"{node!r} is no node that a person handles",
        spot,
        did_you_mean(node, people),
    )
    return False


def _previous(node: str, scope: Scope, context: Context, spot: Spot) -> PlanAssignee:
    if _handled(node, context, spot) and (node,) in scope.unset:
        context.report.error(
            "FLOW_VARIABLE_UNSET",
            f"{node!r} has not been handled on some path to here",
            spot,
            "choose a node that every path goes through",
        )
    return PlanAssignee(rule="previous", previous=node)


def _chosen(node: str, task: str, scope: Scope, context: Context, spot: Spot) -> Code | None:
    if not task or not _handled(node, context, spot):
        return None
    if len(task) > LONGEST_ID:
        context.report.error(
            "FLOW_ASSIGNEE_RULE",
            f"the id {task!r} is too long for a task whose people are chosen",
            spot,
            f"shorten it to {LONGEST_ID} characters",
        )
        return None
    return _people(f"={node}.{choice_field(task)}", scope, context, spot)
