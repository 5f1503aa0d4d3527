"""User tasks: forms, approvals and confirmations."""

from __future__ import annotations

from typing import Any, Final, cast

from workflows.compiler.context import Context
from workflows.compiler.form_entries import name_of
from workflows.compiler.lower_assignee import lower_assignee
from workflows.compiler.lower_fields import lower_form
from workflows.compiler.lower_sla import lower_sla
from workflows.compiler.plan import (
    ApprovalNode,
    ConfirmNode,
    FormNode,
    PlanNode,
    PlanQuorum,
    PlanWeight,
)
from workflows.compiler.report import Spot
from workflows.compiler.results import APPROVED
from workflows.compiler.roles import check_role
from workflows.language.nearest import did_you_mean
from workflows.language.nodes import Approval, Confirm, Form, UserTask

_PLAN_NODES: Final = {Form: FormNode, Approval: ApprovalNode, Confirm: ConfirmNode}


def lower_user_task(
    node: UserTask, common: dict[str, Any], context: Context, spot: Spot
) -> PlanNode:
    """Check who does it, what it asks for, how soon, and where it may be sent back."""
    scope = context.scopes.entering(node.id)
    if isinstance(node, Form) and not node.form:
        context.report.error(
            "FLOW_FORM_EMPTY", "the form asks for nothing", spot / "form", "list its fields"
        )
    _check_pauses(node, context, spot / "pause_reasons")
    votes: dict[str, Any] = {}
    if isinstance(node, Approval):
        votes = {"mode": node.mode, "quorum": _quorum(node, context, spot)}
    plan_node = _PLAN_NODES[type(node)](
        **common,
        **votes,
        assignee=lower_assignee(node.assignee, scope, context, spot / "assignee", node.id),
        form=lower_form(node.form, context.forms, scope, context.report, spot / "form"),
        sla=lower_sla(node.sla, scope, context, spot / "sla") if node.sla else None,
        announce=node.announce,
        returns=context.drawing.proof.returns.get(node.id, ()),
        send_back=_send_back(node, context, spot / "send_back_to"),
        take_back=node.take_back,
        pause_reasons=node.pause_reasons,
        skippable=node.skippable,
        when_applicant=node.when_applicant,
        when_repeated=node.when_repeated,
    )
    return cast(PlanNode, plan_node)


def _check_pauses(node: UserTask, context: Context, spot: Spot) -> None:
    known = context.header.pause_reasons
    for index, reason in enumerate(node.pause_reasons):
        if reason not in known:
            context.report.error(
                "FLOW_PAUSE_REASON_UNKNOWN",
                f"the flow has no reason {reason!r} to pause",
                spot / index,
                did_you_mean(reason, known) or "declare it under pause_reasons",
            )


def _quorum(node: Approval, context: Context, spot: Spot) -> PlanQuorum | None:
    """How many votes decide; only where votes are counted."""
    quorum = node.quorum
    if (quorum is not None) != (node.mode == "quorum"):
        context.report.error(
            "FLOW_QUORUM",
            f"an approval of mode {node.mode} has a quorum"
            if quorum
            else "an approval of mode quorum says when enough have approved",
            spot / ("quorum" if quorum else "mode"),
            "write mode: quorum and quorum: {percent: 50}, or neither",
        )
    if quorum is None:
        return None
    if (quorum.votes is None) == (quorum.percent is None):
        context.report.error(
            "FLOW_QUORUM",
            "enough is said by exactly one of votes and percent",
            spot / "quorum",
            "percent: 50",
        )
    roles = [weight.role for weight in quorum.weights]
    for index, role in enumerate(roles):
        place = spot / "quorum" / "weights" / index / "role"
        check_role(role, context.header, context.report, place)
        if role in roles[:index]:
            context.report.error("FLOW_ID_DUPLICATE", f"{role!r} is weighed twice", place)
    for index, part in enumerate(node.form):
        if name_of(part) == APPROVED.name:
            context.report.error(
                "FLOW_ID_RESERVED",
                f"a vote sets {APPROVED.name!r} itself",
                spot / "form" / index,
                "choose another id",
            )
    return PlanQuorum(
        votes=quorum.votes,
        percent=quorum.percent,
        weights=tuple(PlanWeight(role=w.role, votes=w.votes) for w in quorum.weights),
    )


def _send_back(node: UserTask, context: Context, spot: Spot) -> tuple[str, ...]:
    """Where whoever does the task may send it back: what is written, or else every legal user
    task, but from a form nothing is sent back unless it is said."""
    legal = context.drawing.proof.returns.get(node.id, ())
    if node.send_back_to is None:
        if isinstance(node, Form):
            return ()
        return tuple(n for n in legal if isinstance(context.nodes[n], Form | Approval | Confirm))
    if context.drawing.proof.sound:
        for index, target in enumerate(node.send_back_to):
            if target not in legal:
                context.report.error(
                    "FLOW_SEND_BACK_ILLEGAL",
                    f"{node.id!r} cannot be sent back to {target!r}",
                    spot / index,
                    f"legal targets: {', '.join(legal) or 'none'}",
                )
    return tuple(target for target in node.send_back_to if target in legal)
