"""Builds of workers: which one new runs of cases begin on, and what still runs on the others."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from fastapi import APIRouter
from pydantic import BaseModel

from services.gateway.auth import CallerOf
from services.gateway.edge import EdgeOf

#: Who may let cases move to another build.
BUILD_ROLES: Final = ("admin", "ops")

builds = APIRouter(prefix="/builds", tags=["operations 运维"])


class Build(BaseModel):
    """A build of workers.

    ``present``: new runs begin on it. ``runs``: what runs on it now. ``drained``: Temporal has found
    nothing left on it; it looks every few minutes.
    """

    build_id: str
    present: bool
    drained: bool
    runs: int
    first_seen_at: datetime


class Builds(BaseModel):
    """All builds, the newest first."""

    builds: list[Build]


@builds.get("", summary="Builds of workers, and how many cases run on each")
async def list_builds(edge: EdgeOf, caller: CallerOf) -> Builds:
    """As Temporal knows them."""
    caller.actor.require_role(*BUILD_ROLES)
    found = await edge.cases.deployment.builds()
    return Builds(builds=[Build.model_validate(each, from_attributes=True) for each in found])


@builds.post("/{build_id}/promote", summary="Let new runs of cases begin on a build")
async def promote(build_id: str, edge: EdgeOf, caller: CallerOf) -> Builds:
    """Forward to a new build or back to an earlier one; its workers must be there."""
    caller.actor.require_role(*BUILD_ROLES)
    await edge.cases.deployment.promote(build_id)
    return await list_builds(edge, caller)


@builds.post("/nudge", summary="Have idle cases move to the present build now", status_code=202)
async def nudge(edge: EdgeOf, caller: CallerOf) -> Builds:
    """A few a second; without this it happens every night, a day after a build became present."""
    caller.actor.require_role(*BUILD_ROLES)
    await edge.cases.nudge()
    return await list_builds(edge, caller)


ROUTERS: Final = (builds,)
