"""The API's pages, made from its own description: nothing is loaded from elsewhere."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.gateway import openapi
from services.gateway.auth import session_caller
from services.gateway.edge import EdgeOf
from services.gateway.pages.base import page

router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def reference(request: Request, edge: EdgeOf) -> Response:
    """Every route by noun, with what it takes and gives."""
    described = openapi.describe(request.app)
    operations = [
        {"method": method.upper(), "path": path, **told}
        for path, methods in described["paths"].items()
        for method, told in methods.items()
    ]
    nouns = groupby(operations, key=lambda operation: operation["tags"][0])
    by_noun: dict[str, list[dict[str, Any]]] = {}
    for noun, told in nouns:
        by_noun.setdefault(noun, []).extend(told)
    caller = await session_caller(request, edge)
    return page(
        request,
        edge,
        "reference.html",
        caller,
        me=caller.actor.person_id if caller else "",
        described=described,
        by_noun=by_noun,
        schema_name=_schema_name,
    )


def _schema_name(content: dict[str, Any]) -> str:
    """The name of the schema that a body has; empty when it has none of its own."""
    for told in content.get("content", {}).values():
        return str(told.get("schema", {}).get("$ref", "")).rpartition("/")[2]
    return ""
