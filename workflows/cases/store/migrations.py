"""Migrations of cases to another version, and what became of each case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from workflows.cases.store.paging import Order
from workflows.cases.tables import CaseMigrationRow, MigrationRow

BY_CASE: Final = Order((CaseMigrationRow.case_id,))


class Tally(NamedTuple):
    """How many cases had an outcome for a reason."""

    outcome: str
    code: str
    node: str
    words: str
    words_en: str
    cases: int


async def put_migration(session: AsyncSession, values: dict[str, Any]) -> MigrationRow:
    """Create or replace a migration."""
    await _put(session, MigrationRow, ("migration_id",), [values])
    return await session.get_one(MigrationRow, values["migration_id"], populate_existing=True)


async def put_cases(session: AsyncSession, values: list[dict[str, Any]]) -> None:
    """Create or replace what became of some cases."""
    if values:
        await _put(session, CaseMigrationRow, ("migration_id", "case_id"), values)


async def _put(
    session: AsyncSession, kind: type[Any], key: tuple[str, ...], values: list[dict[str, Any]]
) -> None:
    row = insert(kind).values(values)
    changed = {name: row.excluded[name] for name in values[0] if name not in key}
    await session.execute(row.on_conflict_do_update(index_elements=key, set_=changed))


async def migration_by_id(session: AsyncSession, migration_id: str) -> MigrationRow | None:
    """A migration, or None."""
    return await session.get(MigrationRow, migration_id)


async def tallies(session: AsyncSession, migration_id: str) -> list[Tally]:
    """How many cases had which outcome and why, the most frequent first."""
    row = CaseMigrationRow
    reasons = (row.outcome, row.code, row.node, row.words, row.words_en)
    number = func.count().label("number")
    query = (
        select(*reasons, number)
        .where(row.migration_id == migration_id)
        .group_by(*reasons)
        .order_by(number.desc(), *reasons)
    )
    return [Tally(*found) for found in (await session.execute(query)).tuples()]


async def list_cases(
    session: AsyncSession,
    migration_id: str,
    outcome: str,
    after: Sequence[Any] | None,
    limit: int,
) -> Sequence[CaseMigrationRow]:
    """What became of the cases, by id; of all outcomes when it is empty."""
    query = select(CaseMigrationRow).where(CaseMigrationRow.migration_id == migration_id)
    if outcome:
        query = query.where(CaseMigrationRow.outcome == outcome)
    return (await session.scalars(BY_CASE.page(query, after, limit))).all()
