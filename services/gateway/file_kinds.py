"""What a file is, by its bytes: a name or a header may say anything."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Final

#: How files begin, and how their references end.
_BEGINNINGS: Final = (
    (b"\xff\xd8\xff", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"%PDF-", "pdf"),
)
#: The brands of ISO's container that cameras and telephones write.
_BRANDS: Final = {
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1"), "heic"),
    **dict.fromkeys((b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42"), "mp4"),
    **dict.fromkeys((b"avc1", b"M4V ", b"MSNV", b"dash"), "mp4"),
    b"qt  ": "mov",
}
#: The part that makes an Office document one.
_OFFICE: Final = {"word/document.xml": "docx", "xl/workbook.xml": "xlsx"}
_HEAD_BYTES: Final = 16


def ending_of(path: Path) -> str:
    """How a reference to this file ends; empty when it is nothing that we keep."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    for beginning, ending in _BEGINNINGS:
        if head.startswith(beginning):
            return ending
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "")
    return _office(path) if head.startswith(b"PK\x03\x04") else ""


def _office(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return ""
    return next((ending for part, ending in _OFFICE.items() if part in parts), "")
