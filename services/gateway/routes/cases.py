"""Cases: start, look at, act on, follow live; and everybody's user tasks."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.responses import JSONResponse

from kit.errors import NotFound, Unavailable
from protos.cases.v1 import cases_pb2, cases_pb2_grpc
from protos.pricing.v1 import pricing_pb2
from services.gateway.acting import Acted, act_of, perform, workflow_of
from services.gateway.auth import CallerOf
from services.gateway.edge import Edge, EdgeOf
from services.gateway.files import require_files
from services.gateway.openapi import answers
from services.gateway.quotes import quote_of_case
from services.gateway.rpc_routes import KEY_PARAMETER, expose, idempotency_key
from services.gateway.transcoding import to_json
from workflows.client import CaseStart

if TYPE_CHECKING:  # the generated stubs alone know the asynchronous class
    from protos.cases.v1.cases_pb2_grpc import CaseServiceAsyncStub

_SERVICE: Final = "cases.v1.CaseService"
_RECORDED_WITHIN_SECONDS: Final = 2.0
_LOOK_EVERY_SECONDS: Final = 0.03
_STREAM_LIFETIME: Final = timedelta(minutes=10)

cases = APIRouter(prefix="/cases", tags=["cases 个案"])
expose(
    cases,
    "GET",
    "",
    f"{_SERVICE}/ListCases",
    "Cases by any combination of filters, in one of five orders; counted if asked",
)
expose(
    cases,
    "GET",
    "/{case_id}",
    f"{_SERVICE}/GetCase",
    "Where a case stands: nodes, user tasks, what it waits for, its data",
)
expose(cases, "GET", "/{case_id}/acts", f"{_SERVICE}/ListActs", "Who did what, in order")

user_tasks = APIRouter(prefix="/user-tasks", tags=["cases 个案"])
expose(
    user_tasks,
    "GET",
    "",
    f"{_SERVICE}/ListUserTasks",
    "The inbox: open user tasks by urgency; without person_id everybody's",
)
expose(
    user_tasks,
    "GET",
    "/counts",
    f"{_SERVICE}/CountUserTasks",
    "How many user tasks wait, are held, overdue, due today, and stand at each node",
)

audit = APIRouter(prefix="/acts", tags=["cases 个案"])
expose(
    audit,
    "GET",
    "",
    f"{_SERVICE}/SearchActs",
    "The audit over all cases, newest first: who did what, when, from where",
)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewCase(_Body):
    """Which flow, and what its cases start with."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "flow_code": "aircon_install",
                    "inputs": {
                        "customer_id": "cu_inside",
                        "address_id": "ad_…",
                        "region_adcode": "110105",
                    },
                }
            ]
        },
    )

    flow_code: str = Field(min_length=1, max_length=64)
    flow_version: int = Field(0, ge=0, description="0: the latest")
    title: str = Field("", max_length=200, description="Empty: the flow's name")
    inputs: dict[str, Any] = {}


class StartedCase(BaseModel):
    """A case that runs."""

    case_id: str
    workflow_id: str
    run_id: str
    flow_code: str
    flow_version: int


class NewAct(_Body):
    """One verb on one user task, or on the case when ``user_task_id`` is empty."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "user_task_id": "intake/1",
                    "verb": "complete",
                    "revision": 1,
                    "form": {"needs": "客厅装一台挂机", "floor": 12, "work_at_height": True},
                }
            ]
        },
    )

    user_task_id: str = Field("", max_length=200)
    verb: str = Field(min_length=1, max_length=32)
    revision: int | None = Field(None, description="The revision that the person saw")
    form: dict[str, Any] = {}
    to: str = Field(
        "",
        max_length=200,
        description="Whom to transfer or delegate to; the node to go back to; a pause's reason",
    )
    people: list[str] = Field(
        [],
        max_length=100,
        description="Signers to add or remove; whom to copy to; whose place a manager gives away",
    )
    comment: str = Field("", max_length=2000)


@cases.post("", summary="Start a case", status_code=201, openapi_extra=KEY_PARAMETER)
async def start(body: NewCase, request: Request, edge: EdgeOf, caller: CallerOf) -> StartedCase:
    """Checks the inputs by the flow's own form; once for each key."""
    return await start_case(edge, caller, body, idempotency_key(request, caller))


async def start_case(edge: Edge, caller: CallerOf, body: NewCase, key: str) -> StartedCase:
    """Start a case in the caller's name, once for the key."""
    inputs = body.inputs
    await require_files(edge, inputs)
    started = await edge.cases.start(
        CaseStart(
            flow_code=body.flow_code,
            inputs=inputs,
            started_by=caller.actor.person_id,
            start_key=key,
            version=body.flow_version,
            title=body.title,
            customer_id=str(inputs.get("customer_id") or ""),
            region_adcode=str(inputs.get("region_adcode") or ""),
        )
    )
    await _until_recorded(edge, started.case_id)
    return StartedCase(
        case_id=started.case_id,
        workflow_id=started.workflow_id,
        run_id=started.run_id,
        flow_code=started.flow_code,
        flow_version=started.flow_version,
    )


async def _until_recorded(edge: Edge, case_id: str) -> None:
    """Wait for the read model to know a case, so that whoever started it can look at it.

    Only for a while: the case runs, whether the read model has heard of it or not.
    """
    stub = cases_pb2_grpc.CaseServiceStub(edge.caller.channel("cases"))
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_RECORDED_WITHIN_SECONDS):
            while True:
                with contextlib.suppress(NotFound):
                    await stub.GetCase(cases_pb2.GetCaseRequest(case_id=case_id))
                    return
                await asyncio.sleep(_LOOK_EVERY_SECONDS)


@cases.post("/{case_id}/acts", summary="Act on a user task", openapi_extra=KEY_PARAMETER)
async def act(
    case_id: str, body: NewAct, request: Request, edge: EdgeOf, caller: CallerOf
) -> Acted:
    """The case decides at once; a refusal changes nothing and leaves no trace."""
    wanted = act_of(
        caller,
        idempotency_key(request, caller),
        body.verb,
        task_id=body.user_task_id,
        revision=body.revision,
        form=body.form,
        to=body.to,
        people=tuple(body.people),
        comment=body.comment,
    )
    workflow_id = await workflow_of(edge, case_id, body.user_task_id, wanted.act_key)
    return await perform(edge, case_id, workflow_id, wanted)


@cases.get(
    "/{case_id}/quote",
    summary="The newest quote of a case, in the view of whoever asks",
    openapi_extra=answers(pricing_pb2.QuoteResult.DESCRIPTOR),
)
async def quote(case_id: str, edge: EdgeOf, caller: CallerOf) -> JSONResponse:
    """The customer of the case sees the fee list, without the internal settlement price."""
    return JSONResponse(to_json(await quote_of_case(edge, caller, case_id)))


@cases.get(
    "/{case_id}/events",
    summary="Follow a case live (server-sent events)",
    response_class=EventSourceResponse,
)
async def follow(
    case_id: str, request: Request, edge: EdgeOf, _caller: CallerOf
) -> EventSourceResponse:
    """An event `case` with the whole case whenever it changes, `end` when it is over.

    A client that comes back with `Last-Event-ID` hears only what is newer than that.
    """
    stub = cases_pb2_grpc.CaseServiceStub(edge.caller.channel("cases"))
    wanted = cases_pb2.GetCaseRequest(case_id=case_id)
    first = await stub.GetCase(wanted)  # refused before the stream begins

    return EventSourceResponse(
        _changes(edge, stub, wanted, first, request.headers.get("Last-Event-ID", ""))
    )


async def _changes(
    edge: Edge,
    stub: CaseServiceAsyncStub,
    wanted: cases_pb2.GetCaseRequest,
    case: cases_pb2.Case,
    seen: str,
) -> AsyncIterator[ServerSentEvent]:
    """A case whenever it is not what was seen last, until it is over.

    A stream ends after a while by itself: the client comes back, and shows again who it is.
    """
    ends = edge.clock.now() + _STREAM_LIFETIME
    while edge.clock.now() < ends:
        if (now := event_id(case)) != seen:
            seen = now
            told = json.dumps(to_json(case), ensure_ascii=False)
            yield ServerSentEvent(told, event="case", id=seen)
        if case.ended_at.seconds:
            yield ServerSentEvent("{}", event="end", id=seen)
            return
        await asyncio.sleep(edge.settings.stream_period_seconds)
        with contextlib.suppress(Unavailable):  # asked again the next time
            case = await stub.GetCase(wanted)


def event_id(case: cases_pb2.Case) -> str:
    """What tells one standing of a case from another; its field work changes without its revision."""
    content = case.SerializeToString(deterministic=True)
    return f"{case.revision}-{hashlib.sha256(content).hexdigest()[:12]}"


ROUTERS: Final = (cases, user_tasks, audit)
