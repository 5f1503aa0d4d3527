"""Acts on user tasks: from the person who asks to the case or field work that decides."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, Field

from kit.errors import InvalidArgument, NotFound, Unauthenticated
from protos.cases.v1 import cases_pb2, cases_pb2_grpc
from services.gateway.auth import Caller
from services.gateway.edge import Edge
from services.gateway.files import require_files
from workflows.client import Act, Verb, case_workflow_id


class Acted(BaseModel):
    """What became of an act that was applied."""

    act_key: str
    status: str = Field(description="Of the case or field work: running, completed …")
    revision: int
    user_task: dict[str, Any] | None = Field(description="As it stands now; null: it is closed")


#: Verbs that give something to the person they name, or to several.
_TO_ONE: Final = (Verb.TRANSFER, Verb.DELEGATE)
_TO_SEVERAL: Final = (Verb.ADD_SIGNER_BEFORE, Verb.ADD_SIGNER_AFTER, Verb.COPY_TO)


async def perform(edge: Edge, case_id: str, workflow_id: str, act: Act) -> Acted:
    """Apply an act, once for its key; a refusal is raised as what it is.

    Raises:
        InvalidArgument: ``CASE_PERSON_UNKNOWN`` when it names somebody who is none of the company's
            people: a case cannot know them all.
    """
    await check_act(edge, act)
    await require_files(edge, act.form)
    reply = await edge.cases.act(workflow_id, act, case_id)
    if reply.refusal is not None:
        raise reply.refusal.to_error()
    return Acted(
        act_key=reply.act_key,
        status=reply.status,
        revision=reply.revision,
        user_task=reply.user_task,
    )


async def check_act(edge: Edge, act: Act) -> None:
    """See whether an act names people of the company.

    Raises:
        InvalidArgument: ``CASE_PERSON_UNKNOWN``.
    """
    if act.verb in _TO_ONE and act.to:
        await check_member(edge, act.to, "to")
    if act.verb in _TO_SEVERAL:
        for person_id in act.people:
            await check_member(edge, person_id, "people")


async def check_member(edge: Edge, person_id: str, field: str) -> None:
    """See whether somebody is of the company's people.

    Raises:
        InvalidArgument: ``CASE_PERSON_UNKNOWN``.
    """
    try:
        actor = await edge.people.actor(person_id, "")
    except Unauthenticated:
        actor = None
    if actor is None or actor.has_role("customer"):
        raise InvalidArgument(
            "CASE_PERSON_UNKNOWN", f"{person_id!r} is none of the company's people", field=field
        )


def act_of(caller: Caller, act_key: str, verb: str, **more: Any) -> Act:
    """An act in the caller's name."""
    actor = caller.actor
    return Act(
        act_key=act_key,
        verb=verb,
        person=actor.person_id,
        roles=tuple(sorted(actor.roles)),
        origin=actor.origin,
        origin_detail=caller.origin_detail,
        **more,
    )


async def workflow_of(edge: Edge, case_id: str, user_task_id: str, act_key: str = "") -> str:
    """Which workflow holds a user task: the case's own, or that of its field work.

    A task that has closed meanwhile is looked for beside what is open at its node, so that an act
    asked for again, because its answer was lost, reaches the workflow that knows its key. Whoever does
    not see the case any more, now that they have acted, may still ask for that act.

    Raises:
        NotFound: ``CASE_UNKNOWN``.
    """
    stub = cases_pb2_grpc.CaseServiceStub(edge.caller.channel("cases"))
    try:
        case = await stub.GetCase(cases_pb2.GetCaseRequest(case_id=case_id))
    except NotFound:
        if not await applied_before(edge, case_id, act_key):
            raise
        return case_workflow_id(case_id)
    by_closeness = sorted(
        (task for task in case.user_tasks if user_task_id.startswith(f"{task.node}/")),
        key=lambda task: task.user_task_id != user_task_id,
    )
    return by_closeness[0].workflow_id if by_closeness else case_workflow_id(case_id)


async def applied_before(edge: Edge, case_id: str, act_key: str) -> cases_pb2.Act | None:
    """The caller's act of this key, if it was applied."""
    stub = cases_pb2_grpc.CaseServiceStub(edge.caller.channel("cases"))
    try:
        return await stub.GetAct(cases_pb2.GetActRequest(case_id=case_id, act_key=act_key))
    except NotFound:
        return None
