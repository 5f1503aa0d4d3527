"""Files: upload one, look at one."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import FileResponse, Response

from services.gateway.auth import CallerOf
from services.gateway.edge import EdgeOf
from services.gateway.files import file_of, keep_file
from workflows.language.file_types import media_type_of

#: What a browser shows by itself; all else it saves.
_SHOWN: Final = ("image/", "video/", "application/pdf")

files = APIRouter(prefix="/files", tags=["files 文件"])


class KeptFile(BaseModel):
    """A file that can be named in a form."""

    file_id: str = Field(examples=["fl_01jd7q2v9x3k8m4n5p6r7s8t9v.jpg"])
    media_type: str = Field(description="By its content, whatever it was called")
    size_bytes: int
    name: str


@files.post(
    "",
    status_code=201,
    summary="Upload a file: its bytes are the body",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
            },
        }
    },
)
async def upload(
    request: Request,
    edge: EdgeOf,
    caller: CallerOf,
    name: str = Query("", max_length=200, description="What it is called where it comes from"),
) -> KeptFile:
    """A photo, a video or a document of at most 20 MiB; forms then name it by its ``file_id``."""
    row = await keep_file(edge, caller.actor.person_id, name, request.stream())
    return KeptFile(
        file_id=row.file_id,
        media_type=media_type_of(row.file_id),
        size_bytes=row.size_bytes,
        name=row.name,
    )


@files.get("/{file_id}", summary="The bytes of a file", response_class=FileResponse)
async def download(file_id: str, edge: EdgeOf, caller: CallerOf) -> Response:
    """For whoever is signed in and knows its ``file_id``, which cannot be guessed."""
    row, path = await file_of(edge, file_id)
    media_type = media_type_of(row.file_id)
    shown = "inline" if media_type.startswith(_SHOWN) else "attachment"
    headers = {
        "Content-Disposition": f"{shown}; filename*=UTF-8''{quote(row.name)}",
        "Cache-Control": "private, max-age=86400, immutable",
    }
    return FileResponse(path, media_type=media_type, headers=headers)


ROUTERS: Final = (files,)
