"""Files that people upload: photos, documents, signatures.

The bytes lie in a folder under the hash of their content, so that the same photo is kept once; who
uploaded them, when and under which name is in the database. A reference cannot be guessed: who is
signed in and knows it, because it stands in a form that they may see, may look at the file.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

from kit.errors import FailedPrecondition, InvalidArgument, NotFound
from kit.ids import new_id
from services.gateway import store
from services.gateway.edge import Edge
from services.gateway.file_kinds import ending_of
from services.gateway.pictures import perceptual_hash
from services.gateway.tables import FileRow
from workflows.language.file_types import MEDIA_TYPES, is_reference

_LONGEST_NAME: Final = 200
#: The form, its field, the row, its cell, one of several: nowhere deeper does a form name a file.
_DEEPEST: Final = 5


@dataclass(slots=True)
class _Incoming:
    """A file on its way in, under a name of its own until it is known what it is."""

    folder: Path
    size: int = 0
    digest: Any = field(default_factory=hashlib.sha256)
    file: BinaryIO = field(init=False)
    path: Path = field(init=False)

    def open(self) -> None:
        incoming = self.folder / "incoming"
        incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, name = tempfile.mkstemp(dir=incoming)
        self.file, self.path = os.fdopen(descriptor, "wb"), Path(name)

    def add(self, chunk: bytes) -> None:
        self.size += len(chunk)
        self.digest.update(chunk)
        self.file.write(chunk)

    def keep(self) -> tuple[str, str]:
        """Put it in its place; the ending of its reference, and what it looks like."""
        self.file.flush()
        os.fsync(self.file.fileno())
        ending = ending_of(self.path)
        looks = perceptual_hash(self.path, ending)
        if ending:
            place = _place(self.folder, self.digest.digest())
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.path.replace(place)
        return ending, looks

    def close(self) -> None:
        self.file.close()
        self.path.unlink(missing_ok=True)


async def keep_file(
    edge: Edge, person_id: str, name: str, content: AsyncIterator[bytes]
) -> FileRow:
    """Keep a file as it comes in.

    Raises:
        InvalidArgument: ``FILE_EMPTY`` or ``FILE_KIND_UNKNOWN``.
        FailedPrecondition: ``FILE_FOLDER_MISSING``.
    """
    incoming = _Incoming(folder_of(edge))
    await asyncio.to_thread(incoming.open)
    try:
        async for chunk in content:
            await asyncio.to_thread(incoming.add, chunk)
        if not incoming.size:
            raise InvalidArgument("FILE_EMPTY", "the file has no content", field="body")
        ending, looks = await asyncio.to_thread(incoming.keep)
    finally:
        await asyncio.to_thread(incoming.close)
    if not ending:
        raise InvalidArgument(
            "FILE_KIND_UNKNOWN",
            f"by its content the file is none of {', '.join(MEDIA_TYPES)}",
            field="body",
        )
    now = edge.clock.now()
    row = FileRow(
        file_id=f"{new_id('fl', now)}.{ending}",
        content_hash=incoming.digest.digest(),
        size_bytes=incoming.size,
        name=_harmless(name) or f"file.{ending}",
        uploaded_by_person_id=person_id,
        uploaded_at=now,
        perceptual_hash=looks,
    )
    async with edge.database.transaction() as session:
        await store.add_file(session, row)
    return row


async def file_of(edge: Edge, file_id: str) -> tuple[FileRow, Path]:
    """A file and where its bytes lie.

    Raises:
        NotFound: ``FILE_UNKNOWN``.
        FailedPrecondition: ``FILE_FOLDER_MISSING``.
    """
    async with edge.database.transaction(read_only=True) as session:
        row = await store.file(session, file_id)
    if row is None:
        raise NotFound("FILE_UNKNOWN", f"there is no file {file_id!r}", field="file_id")
    return row, _place(folder_of(edge), row.content_hash)


async def require_files(edge: Edge, values: dict[str, Any], holder: str = "form") -> None:
    """See that every file which some values refer to was uploaded.

    Args:
        edge: the gateway's ways out.
        values: of a form, or of something like one.
        holder: the request's field that they are.

    Raises:
        InvalidArgument: ``FILE_NOT_UPLOADED``, with every place at fault in its details.
    """
    named = dict(_references(values))
    if not named:
        return
    async with edge.database.transaction(read_only=True) as session:
        known = await store.known_files(session, set(named.values()))
    unknown = {path: "was not uploaded" for path, name in named.items() if name not in known}
    if unknown:
        first = next(iter(unknown))
        raise InvalidArgument(
            "FILE_NOT_UPLOADED",
            f"{first}: there is no file {named[first]!r}; upload it first",
            field=f"{holder}.{first}",
            details=unknown,
        )


def folder_of(edge: Edge) -> Path:
    """Where the bytes lie."""
    if edge.settings.files_folder is None:
        raise FailedPrecondition(
            "FILE_FOLDER_MISSING", "no files are kept here: set GONGDAN_FILES_FOLDER"
        )
    return edge.settings.files_folder


def _place(folder: Path, content_hash: bytes) -> Path:
    name = content_hash.hex()
    return folder / name[:2] / name


def _harmless(name: str) -> str:
    """A name to show: no path, nothing that is not printed."""
    last = re.split(r"[/\\]", name)[-1]
    return "".join(letter for letter in last if letter.isprintable())[:_LONGEST_NAME]


def _references(value: Any, path: str = "", depth: int = _DEEPEST) -> Iterator[tuple[str, str]]:
    """Every reference in a form's values, with its path."""
    match value:
        case str() if is_reference(value):
            yield path, value
        case list() if depth:
            for index, part in enumerate(value):
                yield from _references(part, f"{path}[{index}]", depth - 1)
        case dict() if depth:
            for name, part in value.items():
                yield from _references(part, f"{path}.{name}" if path else str(name), depth - 1)
        case _:
            pass
