"""The door: by password or, on a development stack, by choosing whom to play."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from kit.authn import SYSTEM
from kit.errors import ServiceError
from kit.rpc.client import act_for
from protos.common.v1 import page_pb2
from protos.directory.v1 import directory_pb2, directory_pb2_grpc
from services.gateway.auth import SESSION_COOKIE, log_in, log_out, play
from services.gateway.edge import Edge, EdgeOf
from services.gateway.pages.base import VisitOf, back_to, own_path, page
from services.gateway.problems import STATUS_OF_KIND
from services.gateway.routes.session import refuse_other_sites, set_cookie

router = APIRouter(include_in_schema=False)


@router.get("/login")
async def door(request: Request, edge: EdgeOf) -> Response:
    """Who are you, or whom do you want to play."""
    return await _door(request, edge, request.query_params.get("next", "/"))


@router.post("/login")
async def come_in(request: Request, edge: EdgeOf) -> Response:
    """Open a session and go where the visitor wanted to go."""
    refuse_other_sites(request)
    form = {name: str(value) for name, value in (await request.form()).items()}
    wanted = form.get("next", "/")
    try:
        if form.get("person_id"):
            token = await play(edge, form["person_id"])
        else:
            token = await log_in(edge, form.get("login_name", ""), form.get("password", ""))
    except ServiceError as refused:
        return await _door(request, edge, wanted, refused)
    response = back_to(own_path(wanted))
    set_cookie(response, edge, token)
    return response


@router.post("/logout")
async def leave(visit: VisitOf) -> Response:
    """End the session."""
    await visit.form()
    await log_out(visit.edge, visit.request.cookies.get(SESSION_COOKIE, ""))
    response = back_to("/login")
    response.delete_cookie(SESSION_COOKIE)
    return response


async def _door(
    request: Request, edge: Edge, wanted: str, refused: ServiceError | None = None
) -> Response:
    more: dict[str, Any] = {"people": [], "customers": []}
    if edge.settings.development:
        act_for(SYSTEM)
        directory = directory_pb2_grpc.DirectoryServiceStub(edge.caller.channel("directory"))
        first = page_pb2.PageRequest(page_size=100)
        people = await directory.ListPeople(directory_pb2.ListPeopleRequest(page=first))
        first.page_size = 6
        customers = await directory.ListCustomers(directory_pb2.ListCustomersRequest(page=first))
        more = {"people": people.people, "customers": customers.customers}
    status = STATUS_OF_KIND[refused.kind] if refused else 200
    return page(request, edge, "login.html", status=status, problem=refused, wanted=wanted, **more)
