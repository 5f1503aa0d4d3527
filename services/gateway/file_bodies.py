"""RPCs that take a file or give one: over HTTP it is the body, all else is in the path and query."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final, cast
from urllib.parse import quote

from fastapi import Request
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message
from starlette.responses import Response

from kit.rpc.methods import find_method, request_class
from services.gateway import openapi, transcoding
from services.gateway.edge import Edge
from workflows.language.file_types import MEDIA_TYPES

#: Of these requests: what comes as the body.
FILE: Final = "content"
#: A file of thousands of rows takes longer than any other call.
_SECONDS: Final = 30.0


def described(rpc: str, *, but: Collection[str] = (), keyed: bool = False) -> dict[str, Any]:
    """What the description says of a route whose body is a file; its path says what is in it."""
    binary = {"schema": {"type": "string", "format": "binary"}}
    return in_query(rpc, but=(FILE, *but), keyed=keyed) | {
        "requestBody": {"required": True, "content": {"application/octet-stream": binary}}
    }


def in_query(rpc: str, *, but: Collection[str] = (), keyed: bool = False) -> dict[str, Any]:
    """What the description says of a route whose request stands in the query."""
    told = openapi.operation(find_method(rpc), body=None, path_names=(), keyed=keyed, example=None)
    return told | {"parameters": [each for each in told["parameters"] if each["name"] not in but]}


async def with_file(rpc: str, request: Request) -> Message:
    """A request with the body as its file, the rest from the path and the query."""
    message = request_class(find_method(rpc))()
    fill(message, request)
    setattr(message, FILE, await request.body())
    return message


def fill(message: Message, request: Request, but: Collection[str] = ()) -> None:
    """Set what the path and the query say, but for what is read otherwise."""
    query = {
        name: request.query_params.getlist(name) for name in request.query_params if name not in but
    }
    descriptor = cast(Descriptor, message.DESCRIPTOR)
    bound = (FILE, *request.path_params)
    plain = transcoding.from_query(descriptor, query, bound) | dict(request.path_params)
    transcoding.parse(plain, message)


async def ask(edge: Edge, rpc: str, request: Message) -> Message:
    """Make a call that has the time that a file takes."""
    return await edge.caller.call(rpc, request, deadline_seconds=_SECONDS)


def spreadsheet(content: bytes, name: str, *, is_csv: bool) -> Response:
    """A spreadsheet to be saved under a name."""
    media_type, ending = (
        ("text/csv; charset=utf-8", "csv") if is_csv else (MEDIA_TYPES["xlsx"], "xlsx")
    )
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}.{ending}"}
    return Response(content, media_type=media_type, headers=headers)
