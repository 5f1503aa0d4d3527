"""What runs here and how well: for people, for the command line, for probes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Final

from fastapi import APIRouter
from grpc_health.v1 import health_pb2, health_pb2_grpc
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from kit.errors import ServiceError, Unavailable
from services.gateway.edge import Edge, EdgeOf

_AREAS: Final = ("directory", "pricing", "workorder", "settlement", "notify", "cases")
_ANSWER_SECONDS: Final = 2.0

router = APIRouter(tags=["product"])
probes = APIRouter(include_in_schema=False)


class Product(BaseModel):
    """Which product this is and where its other windows are."""

    name: str = "Gongdan 工单"
    environment: str
    development: bool = Field(description="Roles may be played here")
    temporal_ui_url: str
    temporal_namespace: str
    wecom_sandbox_url: str


class PartHealth(BaseModel):
    """One part of the product."""

    part: str
    well: bool
    says: str


class Health(BaseModel):
    """Well only when every part is."""

    well: bool
    parts: list[PartHealth]


@router.get("/product", summary="What runs here")
async def product(edge: EdgeOf) -> Product:
    """Needs no login."""
    settings = edge.settings
    return Product(
        environment=settings.environment,
        development=settings.development,
        temporal_ui_url=settings.temporal_ui_url,
        temporal_namespace=settings.temporal_namespace,
        wecom_sandbox_url=settings.wecom_sandbox_url,
    )


@router.get("/health", summary="Is every part well", responses={503: {"model": Health}})
async def health(edge: EdgeOf) -> Response:
    """Asks every service, the database and Temporal at once; 503 unless all are well."""
    parts = await asyncio.gather(
        _part("database", edge.database.ping()),
        _part("temporal", edge.cases.ping()),
        *(_part(area, _serving(edge, area)) for area in _AREAS),
    )
    answer = Health(well=all(part.well for part in parts), parts=list(parts))
    return JSONResponse(answer.model_dump(), 200 if answer.well else 503)


@probes.get("/healthz")
async def alive() -> dict[str, str]:
    """This process answers."""
    return {"says": "alive"}


async def _part(name: str, asking: Awaitable[None]) -> PartHealth:
    try:
        await asyncio.wait_for(asking, _ANSWER_SECONDS)
    except ServiceError as error:
        # The reason alone: whoever asks need not have logged in.
        return PartHealth(part=name, well=False, says=error.reason)
    except TimeoutError:
        return PartHealth(part=name, well=False, says=f"no answer in {_ANSWER_SECONDS:.0f} s")
    return PartHealth(part=name, well=True, says="answers")


async def _serving(edge: Edge, area: str) -> None:
    stub = health_pb2_grpc.HealthStub(edge.caller.channel(area))
    reply = await stub.Check(health_pb2.HealthCheckRequest(), timeout=_ANSWER_SECONDS)
    if reply.status != health_pb2.HealthCheckResponse.SERVING:
        raise Unavailable("SERVICE_UNAVAILABLE", f"{area} says it is not serving")


ROUTERS: Final = (router,)
