"""The flows that cases are started of, and what can be looked at of each."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.pages.base import VisitOf
from services.gateway.pages.cases_page import flows_of
from workflows.client import MIGRATION_ROLES

router = APIRouter(include_in_schema=False)


@router.get("/flows")
async def flows(visit: VisitOf) -> Response:
    """The latest version of each flow."""
    return await visit.page(
        "flows.html",
        flows=await flows_of(visit),
        may_migrate=visit.caller.actor.has_role(*MIGRATION_ROLES),
    )
