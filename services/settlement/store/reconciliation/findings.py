"""What a comparison found: matches and discrepancies, kept as far as somebody spoke of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.settlement.domain.reconciliation.correction import (
    DiscrepancyState,
    discrepancy_missing,
)
from services.settlement.domain.reconciliation.matching import Match, MatchedBy
from services.settlement.tables.reconciliation import (
    BillMatchEntryRow,
    BillMatchLineRow,
    BillMatchRow,
    DiscrepancyRow,
)

#: What was matched by a correction, beside what a comparison matches by.
BY_CORRECTION: Final = "correction"


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a comparison leaves alone, because somebody spoke of it."""

    row_numbers: frozenset[int]
    document_ids: frozenset[str]


async def forget_unspoken(session: AsyncSession, channel_bill_id: str) -> Spoken:
    """Take back what a comparison found and nobody spoke of, so that another may find it again.

    Returns: lines and entries that are somebody's word already.
    """
    await session.execute(
        delete(BillMatchRow).where(
            BillMatchRow.channel_bill_id == channel_bill_id,
            BillMatchRow.confirmed_at.is_(None),
            BillMatchRow.matched_by != BY_CORRECTION,
        )
    )
    await session.execute(
        delete(DiscrepancyRow).where(
            DiscrepancyRow.channel_bill_id == channel_bill_id,
            DiscrepancyRow.state == DiscrepancyState.OPEN,
        )
    )
    rows = await session.scalars(
        select(BillMatchLineRow.row_number).where(
            BillMatchLineRow.channel_bill_id == channel_bill_id
        )
    )
    spoken_rows, spoken_ids = set(rows), set[str]()
    of_discrepancies = await session.execute(
        select(DiscrepancyRow.row_numbers, DiscrepancyRow.document_ids).where(
            DiscrepancyRow.channel_bill_id == channel_bill_id
        )
    )
    for row_numbers, document_ids in of_discrepancies:
        spoken_rows.update(row_numbers)
        spoken_ids.update(document_ids)
    return Spoken(frozenset(spoken_rows), frozenset(spoken_ids))


async def keep_matches(
    session: AsyncSession, channel_bill_id: str, found: Sequence[Match], kinds: dict[str, str]
) -> None:
    """Keep the matches of a comparison.

    Args:
        kinds: of each entry, by the id of its document.
    """
    if not found:
        return
    first = 1 + (
        await session.scalar(
            select(func.coalesce(func.max(BillMatchRow.match_number), 0)).where(
                BillMatchRow.channel_bill_id == channel_bill_id
            )
        )
        or 0
    )
    numbered = list(enumerate(found, start=first))
    rows: dict[type[Any], list[dict[str, Any]]] = {
        BillMatchRow: [
            {
                "match_number": number,
                "matched_by": match.by.value,
                "difference_minor": match.difference.amount_minor,
            }
            for number, match in numbered
        ],
        BillMatchLineRow: [
            {"match_number": number, "row_number": int(line.key)}
            for number, match in numbered
            for line in match.lines
        ],
        BillMatchEntryRow: [
            {
                "match_number": number,
                "document_kind": kinds[entry.key],
                "document_id": entry.key,
            }
            for number, match in numbered
            for entry in match.entries
        ],
    }
    for table, values in rows.items():
        await session.execute(
            insert(table), [{"channel_bill_id": channel_bill_id, **each} for each in values]
        )


async def correct(
    session: AsyncSession,
    channel_bill_id: str,
    pairs: Sequence[tuple[int, str, str]],
    at: datetime,
    person_id: str,
) -> None:
    """Match lines with what a correction booked for them.

    Args:
        pairs: the row number, the document's kind and its id.
    """
    highest = await session.scalar(
        select(func.coalesce(func.max(BillMatchRow.match_number), 0)).where(
            BillMatchRow.channel_bill_id == channel_bill_id
        )
    )
    for number, (row_number, kind, document_id) in enumerate(pairs, start=1 + (highest or 0)):
        match = {"channel_bill_id": channel_bill_id, "match_number": number}
        session.add(
            BillMatchRow(
                **match,
                matched_by=BY_CORRECTION,
                difference_minor=0,
                confirmed_at=at,
                confirmed_by_person_id=person_id,
            )
        )
        await session.flush()
        session.add(BillMatchLineRow(**match, row_number=row_number))
        session.add(BillMatchEntryRow(**match, document_kind=kind, document_id=document_id))
    await session.flush()


async def keep_discrepancies(session: AsyncSession, rows: Sequence[DiscrepancyRow]) -> None:
    """Keep what does not agree."""
    session.add_all(rows)
    await session.flush()


async def confirm(
    session: AsyncSession,
    channel_bill_id: str,
    match_numbers: Collection[int],
    at: datetime,
    person_id: str,
) -> int:
    """Confirm what is likely by amount and time; empty: all that wait. Returns how many."""
    statement = (
        update(BillMatchRow)
        .where(
            BillMatchRow.channel_bill_id == channel_bill_id,
            BillMatchRow.matched_by == MatchedBy.AMOUNT_AND_TIME,
            BillMatchRow.confirmed_at.is_(None),
        )
        .values(confirmed_at=at, confirmed_by_person_id=person_id)
        .returning(BillMatchRow.match_number)
    )
    if match_numbers:
        statement = statement.where(BillMatchRow.match_number.in_(match_numbers))
    return len((await session.scalars(statement)).all())


async def tolerated(session: AsyncSession, channel_bill_id: str) -> dict[str, int]:
    """What matched within the tolerance differs by in all, by currency."""
    rows = await session.execute(
        text(
            "SELECT l.currency, sum(d.difference_minor)::bigint AS minor"
            " FROM (SELECT match_number, difference_minor FROM bill_match"
            "        WHERE channel_bill_id = :id AND difference_minor <> 0) d"
            " CROSS JOIN LATERAL (SELECT min(b.currency) AS currency FROM channel_bill_line b"
            "   JOIN bill_match_line m USING (channel_bill_id, row_number)"
            "  WHERE b.channel_bill_id = :id AND m.match_number = d.match_number) l"
            " GROUP BY l.currency"
        ),
        {"id": channel_bill_id},
    )
    return {row.currency: row.minor for row in rows}


async def matches(
    session: AsyncSession, channel_bill_id: str, only_unconfirmed: bool, after: int, size: int
) -> Sequence[BillMatchRow]:
    """Matches in the order of their numbers, from after one on."""
    query = (
        select(BillMatchRow)
        .where(BillMatchRow.channel_bill_id == channel_bill_id, BillMatchRow.match_number > after)
        .order_by(BillMatchRow.match_number)
        .limit(size)
    )
    if only_unconfirmed:
        query = query.where(
            BillMatchRow.matched_by == MatchedBy.AMOUNT_AND_TIME,
            BillMatchRow.confirmed_at.is_(None),
        )
    return (await session.scalars(query)).all()


async def members(
    session: AsyncSession, channel_bill_id: str, match_numbers: Collection[int]
) -> tuple[list[BillMatchLineRow], list[BillMatchEntryRow]]:
    """The lines and the entries of some matches."""
    of_lines = await session.scalars(
        select(BillMatchLineRow).where(
            BillMatchLineRow.channel_bill_id == channel_bill_id,
            BillMatchLineRow.match_number.in_(match_numbers),
        )
    )
    of_entries = await session.scalars(
        select(BillMatchEntryRow).where(
            BillMatchEntryRow.channel_bill_id == channel_bill_id,
            BillMatchEntryRow.match_number.in_(match_numbers),
        )
    )
    return list(of_lines), list(of_entries)


async def lock_discrepancy(session: AsyncSession, discrepancy_id: str) -> DiscrepancyRow:
    """A discrepancy, nobody else's to resolve until this transaction ends.

    Raises:
        NotFound: ``SETTLEMENT_DISCREPANCY_NOT_FOUND``.
    """
    row = await session.get(DiscrepancyRow, discrepancy_id, with_for_update=True)
    if row is None:
        raise discrepancy_missing(discrepancy_id)
    return row


async def discrepancies(
    session: AsyncSession, channel_bill_id: str, state: str, kind: str, after: str, size: int
) -> Sequence[DiscrepancyRow]:
    """Discrepancies in the order in which they were found, from after an id on."""
    query = select(DiscrepancyRow).order_by(DiscrepancyRow.discrepancy_id).limit(size)
    for column, value in (
        (DiscrepancyRow.channel_bill_id, channel_bill_id),
        (DiscrepancyRow.state, state),
        (DiscrepancyRow.kind, kind),
    ):
        if value:
            query = query.where(column == value)
    if after:
        query = query.where(DiscrepancyRow.discrepancy_id > after)
    return (await session.scalars(query)).all()
