"""What the forms on the pages do: an act, and how a form stands while it is filled in."""

from __future__ import annotations

from urllib.parse import quote as quoted

from fastapi import APIRouter
from starlette.responses import Response

from kit.errors import FailedPrecondition, ServiceError
from protos.cases.v1 import cases_pb2, cases_pb2_grpc
from services.gateway.acting import act_of, perform, workflow_of
from services.gateway.forms import Typed, values_of
from services.gateway.pages.base import Visit, VisitOf, back_to, own_path
from services.gateway.pages.case_page import show_case
from services.gateway.pages.filling import filled_in, live_look, look_at_task, opened
from services.gateway.pages.inbox_page import show_inbox
from services.gateway.pages.tasks import schema_of
from services.gateway.words import word
from workflows.client import Act

router = APIRouter(include_in_schema=False)


@router.post("/acts")
async def act(visit: VisitOf) -> Response:
    """Do what the visitor asks, and go back to where they were; a refusal keeps what they typed."""
    form, typed = await visit.form(), await visit.typed()
    case_id, task_id, verb = form["case_id"], form["user_task_id"], form["verb"]
    task = await _open_task(visit, case_id, task_id)
    wanted = act_of(
        visit.caller,
        form["act_key"],
        verb,
        task_id=task_id,
        revision=int(form["revision"]) if task_id else None,
        form=values_of(schema_of(task, verb), typed) if task else {},
        to=form.get("to", ""),
        people=await visit.chosen("people"),
        comment=form.get("comment", ""),
    )
    here = own_path(form["here"])
    try:
        workflow_id = await workflow_of(visit.edge, case_id, task_id, wanted.act_key)
        await perform(visit.edge, case_id, workflow_id, wanted)
    except ServiceError as refused:
        return await _refused(visit, here, case_id, wanted, task, typed, refused)
    done = word(verb, visit.language)
    said = f"{task.title}：{done} ✓" if task else f"{done} ✓"
    return back_to(f"{here}?said={quoted(said)}")


@router.post("/acts/look")
async def look(visit: VisitOf) -> Response:
    """How the form stands while the visitor fills it in."""
    form, typed = await visit.form(), await visit.typed()
    task = await _open_task(visit, form["case_id"], form["user_task_id"])
    if task is None:
        raise FailedPrecondition("CASE_TASK_CLOSED", "this is done already, or was withdrawn")
    found = await look_at_task(visit, task, form["deed"], typed)
    return await live_look(visit, schema_of(task, form["deed"]), found)


async def _refused(
    visit: Visit,
    here: str,
    case_id: str,
    wanted: Act,
    task: cases_pb2.UserTask | None,
    typed: dict[str, Typed],
    refused: ServiceError,
) -> Response:
    """The page as it was, with what was typed and why it was refused."""
    filled = None
    if task is not None and typed:
        found = await look_at_task(visit, task, wanted.verb, typed)
        filled = filled_in(visit, typed, opened(task, wanted.verb), found, refused)
    if here == f"/cases/{case_id}":
        return await show_case(visit, case_id, wanted.task_id, filled, refused)
    return await show_inbox(visit, f"{case_id}:{wanted.task_id}", filled, refused)


async def _open_task(visit: Visit, case_id: str, task_id: str) -> cases_pb2.UserTask | None:
    """The user task; None when it is closed: the case says what became of an act on it."""
    if not task_id:
        return None
    stub = cases_pb2_grpc.CaseServiceStub(visit.channel("cases"))
    case = await stub.GetCase(cases_pb2.GetCaseRequest(case_id=case_id))
    return next((task for task in case.user_tasks if task.user_task_id == task_id), None)
