"""Trying a published flow out: one case told step by step, and the figures of many."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter
from markupsafe import Markup
from pydantic import ValidationError
from starlette.responses import Response

from kit.clock import SHANGHAI
from kit.errors import InvalidArgument, ServiceError
from protos.flow.v1 import flow_pb2, flow_pb2_grpc
from services.gateway.pages.base import VisitOf
from services.gateway.problems import STATUS_OF_KIND
from services.gateway.shown_figures import money, plot_of, seconds, share, time
from services.gateway.simulating import MOST_CASES, Tried, Wanted, try_out
from workflows.language.reading import read_source

router = APIRouter(include_in_schema=False)

_LONGEST: Final = 20_000
_PARTS: Final = ("scenario", "answers", "assumptions")


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
        name: form[name] for name in ("starts_at", "seed", "runs") if form.get(name)
    }
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
    visit: VisitOf,
    flow_code: str,
    form: Mapping[str, str],
    tried: Tried | None,
    refused: ServiceError | None,
) -> Response:
    stub = flow_pb2_grpc.FlowServiceStub(visit.channel("flow"))
    figures = tried.figures if tried else None
    return await visit.page(
        "simulation.html",
        status=STATUS_OF_KIND[refused.kind] if refused else 200,
        flow_code=flow_code,
        flows=(await stub.ListFlows(flow_pb2.ListFlowsRequest())).flows,
        form=form,
        most_cases=MOST_CASES,
        tried=tried,
        figures=figures,
        plot=Markup(plot_of([figures], [""], visit.language)) if figures else "",
        problem=refused,
        at=_local,
        lasted=seconds,
        share=share,
        time=time,
        money=money,
    )


def _local(instant: datetime) -> str:
    return f"{instant.astimezone(SHANGHAI):%m-%d %H:%M:%S}"
