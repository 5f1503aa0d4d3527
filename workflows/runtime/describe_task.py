"""A user task as people see it: whose it is, who signs it, who may do what."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from workflows.compiler.plan import ApprovalNode, ConfirmNode, FormNode, Plan
from workflows.compiler.plan import UserTaskNode as PlanUserTask
from workflows.language.schema import form_schema
from workflows.language.values import timestamp_to_json
from workflows.runtime.forms import FormLook, look_at_form, opening_of
from workflows.runtime.places import Place, place_of
from workflows.runtime.quorum import votes_needed
from workflows.runtime.state import CaseState
from workflows.runtime.user_task import UserTask
from workflows.runtime.verbs import Allowance, possible_verbs, task_allowances


def open_task(state: CaseState, plan: Plan, task_id: str) -> dict[str, Any] | None:
    """An open user task of a case, wherever it is; None: it is closed."""
    found = place_of(state, plan, "tasks", task_id)
    if found is None:
        return None
    place, own_id = found
    return user_task(state, place, place.run.tasks[own_id], plan)


def look_at_task(
    state: CaseState, plan: Plan, task_id: str, given: dict[str, Any]
) -> FormLook | None:
    """How the form of an open user task stands with these values; None: the task is closed."""
    found = place_of(state, plan, "tasks", task_id)
    if found is None:
        return None
    place, own_id = found
    node = place.node(place.run.tasks[own_id].node)
    assert isinstance(node, FormNode | ApprovalNode | ConfirmNode)
    return look_at_form(node.form, given, place.data)


def user_task(state: CaseState, place: Place, task: UserTask, plan: Plan) -> dict[str, Any]:
    """A user task in the words of ``cases.v1.UserTask``."""
    node = place.node(task.node)
    assert isinstance(node, FormNode | ApprovalNode | ConfirmNode)
    allowances = task_allowances(node, task, plan)
    first = task.waiting_on[0] if task.waiting_on else ""
    shown: dict[str, Any] = {
        "user_task_id": f"{place.path}{task.task_id}",
        "case_id": state.case_id,
        "workflow_id": state.workflow_id,
        "node": f"{place.path}{task.node}",
        "title": place.name(node.id),
        "stage": node.stage,
        "user_task_kind": node.kind,
        "assignee_person_id": task.doer(task.assignee) if task.assignee else "",
        "candidate_person_ids": list(task.waiting_on),
        "candidate_role": node.assignee.role,
        "verbs": [str(verb) for verb in possible_verbs(allowances, first, ())],
        "allowances": [allowance_in_words(each) for each in allowances],
        "revision": task.revision,
        "due_provisional": task.provisional,
        "form_schema_json": json.dumps(form_schema(node.form), ensure_ascii=False),
        "context": _context(place, node, task, plan),
        "opened_at": timestamp_to_json(task.opened_at),
    }
    return shown | _deadlines(task) | _people(task) | _signers(node, task) | _pause(task, plan)


def allowance_in_words(allowance: Allowance) -> dict[str, Any]:
    """In the words of ``cases.v1.Allowance``."""
    return {
        "verbs": [str(verb) for verb in allowance.verbs],
        "person_ids": list(allowance.people),
        "roles": list(allowance.roles),
        "anybody": allowance.anybody,
    }


def _context(place: Place, node: PlanUserTask, task: UserTask, plan: Plan) -> dict[str, Any]:
    """What the person should see beside the form: how it opens, where it may be sent back to, why it
    may be paused, who has signed."""
    names = {reason.id: reason.name for reason in plan.pause_reasons}
    start, look = opening_of(node.form, place.data, task.draft)
    context: dict[str, Any] = {
        "defaults": start,
        "hidden": look.hidden,
        "needed": look.needed,
        "send_back_to": [
            {"node": target, "name": place.node(target).name} for target in node.send_back
        ],
        "pause_reasons": [
            {"reason": reason, "name": names[reason]} for reason in node.pause_reasons
        ],
        "signed": [signature.person for signature in task.signatures],
    }
    return {key: value for key, value in context.items() if value}


def _deadlines(task: UserTask) -> dict[str, str]:
    if task.stands:
        return {}
    answered = task.responded_at is not None
    due: dict[str, datetime | None] = {
        "respond_due_at": None if answered else task.respond_due,
        "complete_due_at": task.complete_due,
    }
    return {name: timestamp_to_json(at) for name, at in due.items() if at is not None}


def _people(task: UserTask) -> dict[str, Any]:
    return {
        "substitutions": [
            {"person_id": person, "on_behalf_of_person_id": whom}
            for person, absent in task.on_behalf_of.items()
            for whom in absent
        ],
        "delegations": [
            {"person_id": doer, "delegated_by_person_id": lender}
            for lender, doer in task.lent.items()
        ],
    }


def _signers(node: PlanUserTask, task: UserTask) -> dict[str, Any]:
    signed = {signature.person: signature for signature in task.signatures}
    signers: list[dict[str, Any]] = []
    for signer in task.signers:
        shown: dict[str, Any] = {
            "person_id": signer.person,
            "votes": signer.votes,
            "added_by_person_id": signer.added_by,
        }
        if signature := signed.get(signer.person):
            shown |= {
                "signed_at": timestamp_to_json(signature.at),
                "in_favour": signature.in_favour,
                "by_rule": signature.by_rule,
            }
        signers.append(shown)
    needed = votes_needed(node, task) if isinstance(node, ApprovalNode) and node.quorum else 0
    return {"signers": signers, "votes_needed": needed}


def _pause(task: UserTask, plan: Plan) -> dict[str, Any]:
    if task.paused is None:
        return {}
    paused = task.paused
    return {
        "pause": {
            "reason": paused.reason,
            "title": next((r.name for r in plan.pause_reasons if r.id == paused.reason), ""),
            "blamed_party": paused.blames,
            "paused_by_person_id": paused.person,
            "paused_at": timestamp_to_json(paused.at),
        }
    }
