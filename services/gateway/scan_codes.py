"""Scan codes as pictures to be printed, and where they lead."""

from __future__ import annotations

import io
from typing import Final, Literal
from urllib.parse import quote

import segno

#: A QR code with a quarter of it dirty or scratched can still be read.
_ERROR_CORRECTION: Final = "q"
_BORDER: Final = 4
_PIXELS: Final = 10

PictureFormat = Literal["svg", "png"]
MEDIA_TYPES: Final[dict[PictureFormat, str]] = {"svg": "image/svg+xml", "png": "image/png"}


def link_of(base_url: str, scan_code: str) -> str:
    """Where a scanned code leads, at the product's own address."""
    return f"{base_url.rstrip('/')}/s/{quote(scan_code, safe='')}"


def picture(link: str, kind: PictureFormat) -> bytes:
    """A QR code of a link, with its quiet zone around."""
    code = segno.make_qr(link, error=_ERROR_CORRECTION)
    out = io.BytesIO()
    code.save(out, kind=kind, border=_BORDER, scale=_PIXELS)
    return out.getvalue()
