"""Guides, between messages and rows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import Final

from kit.ids import new_id
from kit.rpc.convert import instant_to_proto
from protos.workorder.v1 import asset_pb2 as pb
from services.workorder.domain.assets import guide
from services.workorder.domain.assets.guide import GuideKind
from services.workorder.tables.assets import GuideRow

KINDS: Final = {
    pb.GUIDE_KIND_DOCUMENT: GuideKind.DOCUMENT,
    pb.GUIDE_KIND_VIDEO: GuideKind.VIDEO,
    pb.GUIDE_KIND_MODEL_3D: GuideKind.MODEL_3D,
}
_DEFAULT_LANGUAGE: Final = "zh"


def row_from_proto(message: pb.AddGuideRequest, now: datetime, person_id: str) -> GuideRow:
    """A new guide (``GUIDE_INVALID``, naming the field)."""
    kind = KINDS.get(message.kind)
    if kind is None:
        raise guide.invalid(
            "kind", "a document, a video or a 3D model", "请选择文档、视频或 3D 模型。"
        )
    language = message.language or _DEFAULT_LANGUAGE
    guide.require_guide(kind, language, message.version, message.reference)
    return GuideRow(
        guide_id=new_id("gd", now),
        brand=message.brand.strip(),
        model=guide.require_words(message.model, "model"),
        kind=kind,
        language=language,
        version=message.version,
        title=guide.require_words(message.title, "title"),
        reference=message.reference,
        put_at=now,
        put_by_person_id=person_id,
        retired_at=None,
    )


def newest_of_each(rows: Iterable[GuideRow]) -> list[GuideRow]:
    """Of each kind and language of a model, the newest version; rows come in that order."""

    def what(row: GuideRow) -> tuple[str, str, str, str]:
        return row.model, row.brand, row.kind, row.language

    return [max(same, key=_age) for _, same in groupby(rows, what)]


def in_order(rows: Iterable[GuideRow]) -> list[GuideRow]:
    """Of each kind and language of a model, the newest version first."""
    newest_first = sorted(rows, key=_age, reverse=True)
    return sorted(newest_first, key=lambda row: (row.model, row.brand, row.kind, row.language))


def _age(row: GuideRow) -> tuple[tuple[tuple[int, int | str], ...], str]:
    return guide.newest_first(row.version), row.guide_id


def to_proto(row: GuideRow) -> pb.Guide:
    """A guide on the wire."""
    return pb.Guide(
        guide_id=row.guide_id,
        brand=row.brand,
        model=row.model,
        kind=pb.GuideKind.Value(f"GUIDE_KIND_{row.kind.upper()}"),
        language=row.language,
        version=row.version,
        title=row.title,
        reference=row.reference,
        put_at=instant_to_proto(row.put_at),
        put_by_person_id=row.put_by_person_id,
        retired_at=instant_to_proto(row.retired_at),
    )
