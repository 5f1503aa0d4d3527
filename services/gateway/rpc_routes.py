"""One line a route: an RPC behind a path. What it takes and gives is read from its contract.

    expose(router, "GET", "/quotes/{quote_id}", "pricing.v1.PricingService/GetQuote", "One quote")

Path parameters and (for GET) query parameters are fields of the request; ``page_size`` and
``page_token`` fill its page. Otherwise the JSON body is the request, or the one field of it that
``body`` names. A request with an ``idempotency_key`` takes it from the ``Idempotency-Key`` header.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Request
from google.protobuf.descriptor import Descriptor, MethodDescriptor
from google.protobuf.message import Message
from starlette.responses import JSONResponse

from kit.errors import InvalidArgument
from kit.rpc.methods import find_method, request_class
from services.gateway import openapi, transcoding
from services.gateway.auth import Caller, CallerOf
from services.gateway.edge import Edge, EdgeOf
from services.gateway.transcoding import KEY_FIELD

KEY_HEADER: Final = "Idempotency-Key"
#: For the description of a route that takes a key and is no RPC.
KEY_PARAMETER: Final = {
    "parameters": [
        {"name": KEY_HEADER, "in": "header", "required": True, "schema": {"type": "string"}}
    ]
}
_LONGEST_KEY: Final = 128

Check = Callable[[Edge, Message], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Route:
    """How one path becomes one request."""

    rpc: str
    method: MethodDescriptor
    #: The field that the body is; empty: the whole request; None: there is no body.
    body: str | None
    path_names: tuple[str, ...]

    @property
    def request(self) -> Descriptor:
        """The contract's request."""
        return self.method.input_type

    @property
    def keyed(self) -> bool:
        """Whether it takes an idempotency key."""
        return KEY_FIELD in self.request.fields_by_name


def expose(
    router: APIRouter,
    verb: str,
    path: str,
    rpc: str,
    summary: str,
    *,
    body: str = "",
    example: Any = None,
    check: Check | None = None,
) -> None:
    """Serve an RPC at a path.

    Args:
        router: of the noun; its prefix stands before the path.
        verb: the HTTP method.
        path: with the request's fields as parameters.
        rpc: the full name.
        summary: for the API page.
        body: the request field that the JSON body is; empty: the whole request.
        example: a body, for the API page.
        check: looks at the request before the call, at what only the gateway knows.
    """
    method = find_method(rpc)
    names = tuple(part[1:-1] for part in path.split("/") if part.startswith("{"))
    route = _Route(rpc, method, None if verb == "GET" else body, names)

    async def serve(request: Request, edge: EdgeOf, caller: CallerOf) -> JSONResponse:
        message = await _read(route, request, caller)
        if check is not None:
            await check(edge, message)
        return JSONResponse(transcoding.to_json(await edge.caller.call(rpc, message)))

    router.add_api_route(
        path,
        serve,
        methods=[verb],
        name=rpc,
        operation_id=f"{verb.lower()}_{method.name}",
        summary=summary,
        description=f"RPC `{rpc}`.",
        openapi_extra=openapi.operation(
            method, body=route.body, path_names=names, keyed=route.keyed, example=example
        ),
    )


async def _read(route: _Route, request: Request, caller: Caller) -> Message:
    message = request_class(route.method)()
    if route.body is None:
        query = {name: request.query_params.getlist(name) for name in request.query_params}
        plain = transcoding.from_query(route.request, query, route.path_names)
    else:
        plain = _from_body(route, transcoding.read_json(await request.body()))
    _bind(route, plain, request.path_params)
    transcoding.parse(plain, message)
    if route.keyed:
        setattr(message, KEY_FIELD, idempotency_key(request, caller))
    return message


def _from_body(route: _Route, given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise InvalidArgument("FIELD_MALFORMED", "give a JSON object", field="body")
    if KEY_FIELD in given:
        raise InvalidArgument(
            "FIELD_UNKNOWN", f"the key goes into the {KEY_HEADER} header", field=KEY_FIELD
        )
    return {route.body: given} if route.body else dict(given)


def _bind(route: _Route, plain: dict[str, Any], path: dict[str, str]) -> None:
    """Put the path's parameters where they belong; a body that says otherwise is refused."""
    for name, value in path.items():
        target = plain
        if route.body and name not in route.request.fields_by_name:
            target = plain[route.body]
        if target.setdefault(name, value) != value:
            raise InvalidArgument(
                "FIELD_MALFORMED", f"the path says {value!r}; leave it out or agree", field=name
            )


def idempotency_key(request: Request, caller: Caller) -> str:
    """The caller's key, kept apart from everybody else's and from the flows'.

    Raises:
        InvalidArgument: ``IDEMPOTENCY_KEY_MISSING`` or ``IDEMPOTENCY_KEY_TOO_LONG``.
    """
    key = request.headers.get(KEY_HEADER, "").strip()
    if not key:
        raise InvalidArgument(
            "IDEMPOTENCY_KEY_MISSING",
            f"a change needs the header {KEY_HEADER}, 1 to {_LONGEST_KEY} characters of your choice;"
            " the same key again gives the same answer",
            field=KEY_HEADER,
        )
    if len(key) > _LONGEST_KEY:
        raise InvalidArgument(
            "IDEMPOTENCY_KEY_TOO_LONG", f"at most {_LONGEST_KEY} characters", field=KEY_HEADER
        )
    return f"api/{caller.actor.person_id}/{key}"
