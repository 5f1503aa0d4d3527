"""Trying a flow out, a version or the draft: one case told step by step, with who hears of it when; and
the figures of many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter
from markupsafe import Markup
from pydantic import ValidationError
from starlette.responses import Response

from kit.clock import SHANGHAI
from kit.errors import InvalidArgument, NotFound, ServiceError
from protos.flow.v1 import flow_pb2, flow_pb2_grpc
from services.gateway.durations import lasting
from services.gateway.pages.base import Visit, VisitOf
from services.gateway.pages.cases_page import flows_of
from services.gateway.problems import STATUS_OF_KIND
from services.gateway.shown_figures import money, plot_of, share, time
from services.gateway.simulating import MOST_CASES, Tried, Wanted, try_out
from services.gateway.stories import names_of
from workflows.language.reading import read_source
from workflows.runtime.audit import SYSTEM
from workflows.simulation.account import Happening, What

router = APIRouter(include_in_schema=False)

_LONGEST: Final = 20_000
_PARTS: Final = ("scenario", "answers", "assumptions")
#: What comes from outside: somebody acts, time passes. All else follows from it.
_CAUSES: Final = (What.STARTED, What.ACTED, What.TIME, What.EVENT, What.CANCELLED)
#: What the choice of a version says of the draft.
_DRAFT: Final = "draft"


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happens, what follows from it at once, and who hears of it.

    Attributes:
        began: what it begins with.
    """

    began: Happening
    followed: list[Happening] = field(default_factory=list)
    told: list[Happening] = field(default_factory=list)


def steps_of(account: Iterable[Happening]) -> list[Step]:
    """An account by what its parts follow from."""
    steps: list[Step] = []
    for happening in account:
        if not steps or _is_cause(happening) or happening.at != steps[-1].began.at:
            steps.append(Step(happening))
            if happening.what is not What.TOLD:
                continue
        step = steps[-1]
        (step.told if happening.what is What.TOLD else step.followed).append(happening)
    return steps


def _is_cause(happening: Happening) -> bool:
    return happening.what in _CAUSES and happening.who != (SYSTEM,)


@router.get("/flows/{flow_code}/simulation")
async def ask(visit: VisitOf, flow_code: str) -> Response:
    """What shall be tried out."""
    return await _show(visit, flow_code, {}, None, None)


@router.post("/flows/{flow_code}/simulation")
async def simulate(visit: VisitOf, flow_code: str) -> Response:
    """Try it out, and show what came of it."""
    form = await visit.form()
    try:
        tried = await try_out(visit.edge, flow_code, _read(form))
    except ServiceError as refused:
        return await _show(visit, flow_code, form, None, refused)
    return await _show(visit, flow_code, form, tried, None)


def _read(form: Mapping[str, str]) -> Wanted:
    """What the form asks for; its texts are as in ``scenarios.yaml`` and ``simulation.yaml``.

    Raises:
        InvalidArgument: ``SIMULATION_MALFORMED``.
    """
    wanted: dict[str, Any] = {
        name: form[name] for name in ("starts_at", "seed", "runs", "story") if form.get(name)
    }
    if version := form.get("version"):
        wanted |= {"draft": True} if version == _DRAFT else {"version": version}
    for name in _PARTS:
        if form.get(name, "").strip():
            source = read_source(form[name][:_LONGEST])
            if source.problems:
                raise InvalidArgument("SIMULATION_MALFORMED", str(source.problems[0]), field=name)
            wanted[name] = source.value
    try:
        return Wanted.model_validate(wanted)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InvalidArgument(
            "SIMULATION_MALFORMED", f"{field}: {first['msg']}", field=field
        ) from error


async def _show(
    visit: Visit,
    flow_code: str,
    form: Mapping[str, str],
    tried: Tried | None,
    refused: ServiceError | None,
) -> Response:
    stub = flow_pb2_grpc.FlowServiceStub(visit.channel("flow"))
    listed = await stub.ListFlowVersions(flow_pb2.ListFlowVersionsRequest(flow_code=flow_code))
    draft = await _draft(visit, flow_code)
    if draft is None and not listed.versions:
        raise NotFound("FLOW_UNKNOWN", f"there is no flow {flow_code!r}", field="flow_code")
    figures = tried.figures if tried else None
    return await visit.page(
        "simulation.html",
        status=STATUS_OF_KIND[refused.kind] if refused else 200,
        flow_code=flow_code,
        flows=await flows_of(visit),
        versions=[each.version for each in listed.versions],
        draft=draft,
        stories=names_of(flow_code),
        form=form or visit.request.query_params,
        steps=steps_of(tried.account) if tried else [],
        most_cases=MOST_CASES,
        tried=tried,
        figures=figures,
        plot=Markup(plot_of([figures], [""], visit.language)) if figures else "",
        problem=refused,
        at=_local,
        lasted=lambda count: lasting(count, visit.language),
        share=share,
        time=time,
        money=money,
    )


async def _draft(visit: Visit, flow_code: str) -> flow_pb2.FlowDraft | None:
    stub = flow_pb2_grpc.FlowServiceStub(visit.channel("flow"))
    try:
        found: flow_pb2.FlowDraft = await stub.GetDraft(
            flow_pb2.GetDraftRequest(flow_code=flow_code)
        )
    except NotFound:
        return None
    return found


def _local(instant: datetime) -> str:
    return f"{instant.astimezone(SHANGHAI):%m-%d %H:%M:%S}"
