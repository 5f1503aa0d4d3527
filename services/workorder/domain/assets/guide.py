"""Guides to installing a model (安装指南): documents, videos, 3D models, by language and version."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from kit.errors import InvalidArgument

_FILE: Final = re.compile(r"fl_[0-9a-z]{26}\.[a-z0-9]{2,5}")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_VERSION: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+_-]{0,31}")
_LONGEST_LINK: Final = 2_000
_ENDINGS: Final = {
    "document": ("pdf", "docx", "xlsx", "jpg", "png", "webp"),
    "video": ("mp4", "mov"),
    # No file of ours is a 3D model: they are shown by whoever made them.
    "model_3d": (),
}


class GuideKind(StrEnum):
    """What one looks at."""

    DOCUMENT = "document"
    VIDEO = "video"
    MODEL_3D = "model_3d"


def require_guide(kind: GuideKind, language: str, version: str, reference: str) -> None:
    """Refuse what nobody could open (``GUIDE_INVALID``, naming the field)."""
    if not _LANGUAGE.fullmatch(language):
        raise invalid(
            "language", "a language such as zh, en or pt-BR", "语言写成 zh、en、pt-BR 这样的代码。"
        )
    if not _VERSION.fullmatch(version):
        raise invalid("version", "a version such as 2.1", "版本写成 2.1 这样。")
    if not (_is_link(reference) or _is_file(kind, reference)):
        endings = ", ".join(_ENDINGS[kind]) or "none"
        raise invalid(
            "reference",
            f"an https link, or an uploaded file of this kind ({endings})",
            f"请写 https 链接，或者上传的文件编号（此类可用：{endings}）。",
        )


def require_words(text: str, field: str) -> str:
    """A title or a model (``GUIDE_INVALID``)."""
    text = text.strip()
    if not 0 < len(text) <= 100:
        raise invalid(field, "1 to 100 characters", "1 到 100 个字。")
    return text


def newest_first(version: str) -> tuple[tuple[int, int | str], ...]:
    """The key by which versions are compared: part by part, numbers as numbers."""
    parts = re.split(r"[.+_-]", version)
    return tuple((1, int(part)) if part.isdecimal() else (0, part) for part in parts)


def invalid(field: str, english: str, chinese: str) -> InvalidArgument:
    """The refusal of a guide."""
    return InvalidArgument("GUIDE_INVALID", english, field=field, details={"zh": chinese})


def _is_link(reference: str) -> bool:
    if len(reference) > _LONGEST_LINK or not reference.startswith("https://"):
        return False
    try:
        parts = urlsplit(reference)
    except ValueError:
        return False
    # No names and passwords in a link that many see, nothing that a browser reads otherwise.
    return (
        bool(parts.hostname) and "@" not in parts.netloc and not re.search(r"[\s\\\"<>]", reference)
    )


def _is_file(kind: GuideKind, reference: str) -> bool:
    ending = reference.rpartition(".")[2]
    return _FILE.fullmatch(reference) is not None and ending in _ENDINGS[kind]
