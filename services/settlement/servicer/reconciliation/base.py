"""What the RPCs of reconciliation share: a file read, a bill compared, and what is told of it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from kit.db.session import current_session
from kit.errors import InvalidArgument
from kit.ids import new_id
from kit.rpc import events
from kit.spreadsheet.reading import read_rows
from kit.spreadsheet.table import Limits
from protos.settlement.v1 import reconciliation_pb2 as pb
from services.settlement.convert import reconciliation as protos
from services.settlement.domain.reconciliation.bill_format import (
    BillFormat,
    BillLine,
    BillRead,
    fingerprint,
    heading_row,
    read_bill,
)
from services.settlement.domain.reconciliation.correction import DiscrepancyState
from services.settlement.domain.reconciliation.explaining import explain
from services.settlement.domain.reconciliation.matching import (
    Discrepancy,
    Reconciled,
    Tolerance,
    reconcile,
)
from services.settlement.domain.reconciliation.movement import Entry
from services.settlement.servicer.base import Rpcs
from services.settlement.store.reconciliation import bills, entries, findings, formats
from services.settlement.tables.reconciliation import ChannelBillRow, DiscrepancyRow

#: A bill of a day; a month of a large shop is more than one file.
LIMITS: Final = Limits(bytes=7 * 1024 * 1024, rows=60_000)
#: How many rows from the top headings may stand.
_TOP: Final = 30

Rows = Sequence[tuple[int, list[str]]]


@dataclass(frozen=True, slots=True)
class File:
    """A file as it came."""

    sha256: str
    rows: Rows


async def read_file(content: bytes) -> File:
    """The rows of a file; a cell that is no plain value is empty, and told where it is needed."""
    raw = await asyncio.to_thread(read_rows, content, LIMITS)
    rows = [
        (number, [cell if isinstance(cell, str) else "" for cell in cells]) for number, cells in raw
    ]
    return File(hashlib.sha256(content).hexdigest(), rows)


async def format_of(file: File, code: str) -> tuple[BillFormat, int] | None:
    """The format that was asked for, that was used for these headings last, or whose headings the
    file has; None: nobody has said how such a file is read.

    Raises:
        NotFound: ``SETTLEMENT_BILL_FORMAT_NOT_FOUND``.
    """
    session = current_session()
    if code:
        return await formats.read(session, code)
    top = [cells for _, cells in file.rows[:_TOP]]
    for cells in top:
        remembered = await formats.remembered(session, fingerprint(cells))
        if remembered:
            return await formats.read(session, remembered)
    fitting = [
        each for each in await formats.newest(session) if heading_row(each[0], top) is not None
    ]
    return fitting[0] if len(fitting) == 1 else None


async def headings_sha256(how: BillFormat, file: File) -> str:
    """What a file with these headings is remembered by."""
    place = heading_row(how, (cells for _, cells in file.rows))
    return fingerprint(file.rows[place or 0][1])


async def read_lines(how: BillFormat, file: File) -> BillRead:
    """The lines of a bill, read beside the event loop."""
    return await asyncio.to_thread(read_bill, how, file.rows)


async def compared(
    channel_code: str,
    lines: Sequence[BillLine],
    period: tuple[datetime, datetime],
    tolerance: Tolerance,
    spoken: findings.Spoken,
) -> tuple[Reconciled, dict[str, str]]:
    """A bill beside the books, but for what somebody spoke of; and the kind of each entry."""
    since, until = period[0] - tolerance.edge, period[1] + tolerance.edge
    booked: list[Entry] = [
        entry
        for entry in await entries.of_channel(current_session(), channel_code, since, until)
        if entry.document_id not in spoken.document_ids
    ]
    left = [line.movement() for line in lines if line.row_number not in spoken.row_numbers]
    found = await asyncio.to_thread(reconcile, left, entries.movements(booked), period, tolerance)
    return found, {entry.document_id: entry.document_kind for entry in booked}


def tolerance_of(row: ChannelBillRow) -> Tolerance:
    """What a bill was compared with."""
    return Tolerance(
        row.tolerance_minor,
        timedelta(seconds=row.tolerance_seconds),
        timedelta(seconds=row.edge_seconds),
    )


def no_mapping() -> InvalidArgument:
    """The refusal of a file that nobody has said how to read."""
    return InvalidArgument(
        "SETTLEMENT_BILL_FORMAT_UNKNOWN",
        "nobody has said yet how a file with these headings is read; put a bill format, or name one",
        field="bill_format_code",
        details={"zh": "还没有这种表头的账单格式，请先建立格式或指定一个。"},
    )


class ReconciliationRpcs(Rpcs):
    """What a bill's RPCs are served with."""

    async def _compare(self, row: ChannelBillRow) -> None:
        """Find again what nobody has spoken of."""
        session = current_session()
        spoken = await findings.forget_unspoken(session, row.channel_bill_id)
        lines = await bills.lines(session, row.channel_bill_id)
        period = (row.period_from, row.period_until)
        found, kinds = await compared(row.channel_code, lines, period, tolerance_of(row), spoken)
        await findings.keep_matches(session, row.channel_bill_id, found.matches, kinds)
        fees = {str(line.row_number): line.fee for line in lines if line.fee.amount_minor}
        rows = []
        for one in found.discrepancies:
            said = explain(one, fees)
            rows.append(
                DiscrepancyRow(
                    discrepancy_id=new_id("dc", self._clock.now()),
                    channel_bill_id=row.channel_bill_id,
                    kind=one.kind.value,
                    currency=one.difference.currency,
                    difference_minor=one.difference.amount_minor,
                    row_numbers=_row_numbers(one),
                    document_ids=[entry.key for entry in one.entries],
                    english=said.english,
                    chinese=said.chinese,
                    proposed_correction=said.correction.value,
                    state=DiscrepancyState.OPEN.value,
                )
            )
        await findings.keep_discrepancies(session, rows)

    async def _bill(self, row: ChannelBillRow) -> pb.ChannelBill:
        session, bill_id = current_session(), row.channel_bill_id
        return protos.bill_to_proto(
            row, await bills.counts(session, bill_id), await bills.totals(session, bill_id)
        )

    async def _bill_told(self, row: ChannelBillRow) -> pb.ChannelBill:
        told = await self._bill(row)
        await events.record(
            pb.ChannelBillChanged(channel_bill=told),
            aggregate=("channel_bill", row.channel_bill_id),
            occurred_at=self._clock.now(),
        )
        return told


def _row_numbers(one: Discrepancy) -> list[int]:
    return [int(line.key) for line in one.lines]
