"""The kinds of files that a form takes, and how a reference says which of them a file is.

A file is kept outside the case, under a reference such as ``fl_01jd….jpg`` whose ending was found in
its bytes, not in its name. So whoever only sees the reference, a form's check in a replayed case or
a page that shows it, knows what it is.
"""

from __future__ import annotations

import re
from typing import Final, Literal

FileKind = Literal["image", "video", "document"]

#: By kind: the endings.
ENDINGS: Final[dict[FileKind, tuple[str, ...]]] = {
    "image": ("jpg", "png", "gif", "webp", "heic"),
    "video": ("mp4", "mov"),
    "document": ("pdf", "docx", "xlsx"),
}
#: By ending: the media type.
MEDIA_TYPES: Final[dict[str, str]] = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "heic": "image/heic",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def endings_of(kinds: tuple[FileKind, ...]) -> tuple[str, ...]:
    """The endings of files of these kinds; of all kinds when none is named."""
    return tuple(ending for kind in kinds or ENDINGS for ending in ENDINGS[kind])


def reference_pattern(kinds: tuple[FileKind, ...]) -> str:
    """The regular expression of a reference to a file of one of these kinds."""
    return rf"^fl_[0-9a-z]{{26}}\.({'|'.join(endings_of(kinds))})$"


def is_reference(text: str, kinds: tuple[FileKind, ...] = ()) -> bool:
    """True when the text refers to a file of one of these kinds."""
    return re.fullmatch(reference_pattern(kinds), text) is not None


def media_type_of(reference: str) -> str:
    """The media type that a reference's ending says."""
    return MEDIA_TYPES[reference.rpartition(".")[2]]


def is_image(reference: str) -> bool:
    """True when a page can show it as a picture."""
    return reference.rpartition(".")[2] in ENDINGS["image"]
