"""Drafts of price books, their edits, and who may price locally."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import NotFound
from services.pricing.tables import (
    PriceDelegationRow,
    PriceDraftChangeRow,
    PriceDraftEditRow,
    PriceDraftRow,
)


async def add(session: AsyncSession, row: PriceDraftRow) -> None:
    """Insert a draft."""
    session.add(row)
    await session.flush()


async def draft(session: AsyncSession, draft_id: str, *, to_change: bool = False) -> PriceDraftRow:
    """A draft; who wants to change it waits for others who do.

    Raises:
        NotFound: ``PRICING_DRAFT_UNKNOWN``.
    """
    row = await session.get(PriceDraftRow, draft_id, with_for_update=to_change or None)
    if row is None:
        raise NotFound("PRICING_DRAFT_UNKNOWN", f"no draft {draft_id!r}", field="draft_id")
    return row


@dataclass(frozen=True, slots=True)
class WantedDrafts:
    """Which drafts are wanted; empty: any."""

    price_book_code: str = ""
    draft_state: str = ""
    created_by_person_id: str = ""


async def page(
    session: AsyncSession, wanted: WantedDrafts, before: str, limit: int
) -> Sequence[PriceDraftRow]:
    """Drafts, the newest first, before one of them."""
    query = select(PriceDraftRow)
    if wanted.price_book_code:
        query = query.where(PriceDraftRow.price_book_code == wanted.price_book_code)
    if wanted.draft_state:
        query = query.where(PriceDraftRow.draft_state == wanted.draft_state)
    if wanted.created_by_person_id:
        query = query.where(PriceDraftRow.created_by_person_id == wanted.created_by_person_id)
    if before:
        query = query.where(PriceDraftRow.draft_id < before)
    newest_first = query.order_by(PriceDraftRow.draft_id.desc()).limit(limit)
    return (await session.scalars(newest_first)).all()


async def editors(session: AsyncSession, draft_id: str) -> set[str]:
    """Whoever edited a draft, whether it counts still or not."""
    query = select(PriceDraftEditRow.edited_by_person_id).where(
        PriceDraftEditRow.draft_id == draft_id
    )
    return set(await session.scalars(query.distinct()))


async def last_edits(
    session: AsyncSession, draft_id: str, limit: int
) -> list[tuple[PriceDraftEditRow, int]]:
    """A draft's last edits, the newest first, each with the number of rules that it changed."""
    rules = (
        select(func.count())
        .where(
            PriceDraftChangeRow.draft_id == PriceDraftEditRow.draft_id,
            PriceDraftChangeRow.edit_number == PriceDraftEditRow.edit_number,
        )
        .scalar_subquery()
    )
    query = select(PriceDraftEditRow, rules).where(PriceDraftEditRow.draft_id == draft_id)
    newest = query.order_by(PriceDraftEditRow.edit_number.desc()).limit(limit)
    return [(row, count) for row, count in await session.execute(newest)]


async def changes(session: AsyncSession, draft_id: str) -> Sequence[PriceDraftChangeRow]:
    """What counts of a draft: of each rule the last change that was not undone."""
    change, edit = PriceDraftChangeRow, PriceDraftEditRow
    query = (
        select(change)
        .join(edit, and_(edit.draft_id == change.draft_id, edit.edit_number == change.edit_number))
        .where(change.draft_id == draft_id, edit.edit_state == "done")
        .distinct(change.rule_kind, change.rule_code)
        .order_by(change.rule_kind, change.rule_code, change.edit_number.desc())
    )
    return (await session.scalars(query)).all()


async def edit(
    session: AsyncSession, row: PriceDraftEditRow, its_changes: Sequence[PriceDraftChangeRow]
) -> None:
    """Append an edit; what was undone before it cannot be redone any more."""
    await set_state(session, row.draft_id, "undone", "dropped")
    session.add(row)
    await session.flush()
    session.add_all(its_changes)
    await session.flush()


async def next_edit_number(session: AsyncSession, draft_id: str) -> int:
    """The number of a draft's next edit."""
    query = select(func.max(PriceDraftEditRow.edit_number))
    return (await session.scalar(query.where(PriceDraftEditRow.draft_id == draft_id)) or 0) + 1


async def set_state(session: AsyncSession, draft_id: str, before: str, after: str) -> None:
    """Turn all edits of one state into another."""
    row = PriceDraftEditRow
    await session.execute(
        update(row)
        .where(row.draft_id == draft_id, row.edit_state == before)
        .values(edit_state=after)
    )


async def last_done(session: AsyncSession, draft_id: str) -> PriceDraftEditRow | None:
    """The last edit that counts."""
    return await _first(session, draft_id, "done", newest=True)


async def first_undone(session: AsyncSession, draft_id: str) -> PriceDraftEditRow | None:
    """The earliest edit that can be redone."""
    return await _first(session, draft_id, "undone", newest=False)


async def _first(
    session: AsyncSession, draft_id: str, state: str, *, newest: bool
) -> PriceDraftEditRow | None:
    row = PriceDraftEditRow
    order = row.edit_number.desc() if newest else row.edit_number
    query = select(row).where(row.draft_id == draft_id, row.edit_state == state)
    return (await session.scalars(query.order_by(order).limit(1))).one_or_none()


async def delegation(
    session: AsyncSession, delegation_id: str, *, to_change: bool = False
) -> PriceDelegationRow:
    """A delegation.

    Raises:
        NotFound: ``PRICING_DELEGATION_UNKNOWN``.
    """
    row = await session.get(PriceDelegationRow, delegation_id, with_for_update=to_change or None)
    if row is None:
        raise NotFound(
            "PRICING_DELEGATION_UNKNOWN",
            f"no delegation {delegation_id!r}",
            field="delegation.delegation_id",
        )
    return row


async def delegations(
    session: AsyncSession, price_book_code: str, person_id: str, after: str, limit: int
) -> Sequence[PriceDelegationRow]:
    """Delegations after one of them; of a book (or of every book), to a person; empty: any."""
    row = PriceDelegationRow
    query = select(row).where(row.delegation_id > after)
    if price_book_code:
        query = query.where(row.price_book_code.in_(("", price_book_code)))
    if person_id:
        query = query.where(row.person_id == person_id)
    return (await session.scalars(query.order_by(row.delegation_id).limit(limit))).all()


async def delegated_to(
    session: AsyncSession,
    price_book_code: str,
    person_id: str,
    roles: Sequence[str],
    at: datetime,
) -> Sequence[PriceDelegationRow]:
    """The delegations by which a person may price a book at an instant."""
    row = PriceDelegationRow
    query = select(row).where(
        row.price_book_code.in_(("", price_book_code)),
        or_(row.person_id == person_id, row.role.in_(roles)),
        row.valid_from <= at,
        or_(row.valid_until.is_(None), row.valid_until > at),
    )
    return (await session.scalars(query.order_by(row.delegation_id))).all()


async def put_delegation(session: AsyncSession, row: PriceDelegationRow) -> None:
    """Insert or overwrite a delegation."""
    await session.merge(row)
    await session.flush()
