"""Guides to installing models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import NotFound
from services.workorder.tables.assets import GuideRow

#: Of one model: more are a mistake.
_MOST: Final = 1_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which guides are asked for; what is empty does not matter."""

    brand: str = ""
    model: str = ""
    kind: str = ""
    language: str = ""
    include_retired: bool = False


async def add(session: AsyncSession, row: GuideRow) -> None:
    """Keep a guide."""
    session.add(row)
    await session.flush()


async def locked(session: AsyncSession, guide_id: str) -> GuideRow:
    """One guide, to be retired (``GUIDE_UNKNOWN``)."""
    row = await session.get(GuideRow, guide_id, with_for_update=True)
    if row is None:
        raise NotFound("GUIDE_UNKNOWN", f"there is no guide {guide_id!r}", field="guide_id")
    return row


async def same(session: AsyncSession, row: GuideRow) -> GuideRow | None:
    """The guide in use of the same model, kind, language and version, if there is one."""
    query = select(GuideRow).where(
        GuideRow.brand == row.brand,
        GuideRow.model == row.model,
        GuideRow.kind == row.kind,
        GuideRow.language == row.language,
        GuideRow.version == row.version,
        GuideRow.retired_at.is_(None),
    )
    found: GuideRow | None = await session.scalar(query)
    return found


async def listed(session: AsyncSession, wanted: Wanted) -> Sequence[GuideRow]:
    """Guides by model, kind and language; of a brand, also those of whatever brand."""
    query = select(GuideRow)
    if wanted.model:
        query = query.where(GuideRow.model == wanted.model)
    if wanted.brand:
        query = query.where(GuideRow.brand.in_(["", wanted.brand]))
    if wanted.kind:
        query = query.where(GuideRow.kind == wanted.kind)
    if wanted.language:
        query = query.where(GuideRow.language == wanted.language)
    if not wanted.include_retired:
        query = query.where(GuideRow.retired_at.is_(None))
    ordered = query.order_by(
        GuideRow.model, GuideRow.brand, GuideRow.kind, GuideRow.language, GuideRow.guide_id
    )
    return (await session.scalars(ordered.limit(_MOST))).all()
