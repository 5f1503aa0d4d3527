"""``ReconciliationService``: bills read, compared with the books, resolved and closed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from kit.authn import current_actor
from kit.clock import SHANGHAI
from kit.db.session import current_session
from kit.errors import FailedPrecondition, InvalidArgument
from kit.ids import new_id
from kit.money import Money
from kit.rpc.convert import decode_page_token, instant_to_proto, page_info, page_size
from protos.settlement.v1 import reconciliation_pb2 as pb
from services.settlement.convert import reconciliation as protos
from services.settlement.convert.days import day_from_proto
from services.settlement.convert.money import amount
from services.settlement.domain.ledger.transfers import Document, Transfer
from services.settlement.domain.receipts.refund import cash_account
from services.settlement.domain.reconciliation import postings
from services.settlement.domain.reconciliation.bill_format import BillLine, check_format
from services.settlement.domain.reconciliation.matching import Tolerance
from services.settlement.domain.reconciliation.movement import Entry
from services.settlement.servicer.base import CASHIERS, LEDGER_READERS, RULE_MAKERS, Context
from services.settlement.servicer.reconciliation.base import (
    compared,
    format_of,
    headings_sha256,
    no_mapping,
    read_file,
    read_lines,
)
from services.settlement.servicer.reconciliation.discrepancies import DiscrepancyRpcs
from services.settlement.store.ledger import transfers
from services.settlement.store.reconciliation import bills, entries, findings, formats
from services.settlement.store.reconciliation.findings import Spoken
from services.settlement.tables.reconciliation import BillMatchRow, ChannelBillRow

_DEFAULT: Final = Tolerance()
#: Problems of one file that are worth telling.
_MOST_TOLD: Final = 100


class ReconciliationServicer(DiscrepancyRpcs):
    """Keeps what others say of our money beside what we say of it."""

    async def PutBillFormat(
        self, request: pb.PutBillFormatRequest, context: Context
    ) -> pb.BillFormat:
        current_actor().require_role(*RULE_MAKERS)
        how = protos.format_from_proto(request.bill_format)
        check_format(how)
        session, now = current_session(), self._clock.now()
        version = await formats.put(session, how, now, current_actor().person_id)
        return protos.format_to_proto(how, version)

    async def ListBillFormats(
        self, request: pb.ListBillFormatsRequest, context: Context
    ) -> pb.ListBillFormatsResponse:
        current_actor().require_role(*LEDGER_READERS)
        found = await formats.newest(current_session())
        return pb.ListBillFormatsResponse(
            bill_formats=[protos.format_to_proto(how, version) for how, version in found]
        )

    async def PreviewChannelBill(
        self, request: pb.PreviewChannelBillRequest, context: Context
    ) -> pb.ChannelBillPreview:
        current_actor().require_role(*CASHIERS)
        file = await read_file(request.content)
        found = await format_of(file, request.bill_format_code)
        if found is None:
            first = next(
                (cells for _, cells in file.rows if len(list(filter(None, cells))) > 2), []
            )
            return pb.ChannelBillPreview(file_sha256=file.sha256, headings=filter(None, first))
        how, _ = found
        read = await read_lines(how, file)
        preview = pb.ChannelBillPreview(
            file_sha256=file.sha256,
            bill_format_code=how.code,
            headings=how.columns.values(),
            problems=protos.problems_to_proto(read.bad[:_MOST_TOLD]),
            line_count=len(read.lines),
        )
        if read.lines:
            period = _period(read.lines, "", "")
            nothing = Spoken(frozenset(), frozenset())
            said, _ = await compared(how.channel_code, read.lines, period, _DEFAULT, nothing)
            preview.match_count = sum(len(match.lines) for match in said.matches)
            preview.discrepancy_count = len(said.discrepancies)
            preview.MergeFrom(_sums(read.lines))
        return preview

    async def ImportChannelBill(
        self, request: pb.ImportChannelBillRequest, context: Context
    ) -> pb.ChannelBill:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role(*CASHIERS)
        file = await read_file(request.content)
        if file.sha256 != request.file_sha256:
            raise FailedPrecondition(
                "IMPORT_FILE_CHANGED",
                "this is not the file that was previewed; preview it first",
                field="file_sha256",
            )
        found = await format_of(file, request.bill_format_code)
        if found is None:
            raise no_mapping()
        how, version = found
        read = await read_lines(how, file)
        if read.bad or not read.lines:
            raise InvalidArgument(
                "IMPORT_WRONG",
                f"{len(read.bad)} rows cannot be read and {len(read.lines)} can; nothing was taken"
                " in: put them right and preview again",
                field="content",
            )
        tolerance = _tolerance(request)
        since, until = _period(read.lines, request.first_day, request.last_day)
        row = ChannelBillRow(
            channel_bill_id=new_id("cb", now),
            channel_code=how.channel_code,
            bill_format_code=how.code,
            bill_format_version=version,
            period_from=since,
            period_until=until,
            file_sha256=file.sha256,
            tolerance_minor=tolerance.amount_minor,
            tolerance_seconds=int(tolerance.time.total_seconds()),
            edge_seconds=int(tolerance.edge.total_seconds()),
            imported_at=now,
            imported_by_person_id=actor.person_id,
        )
        await bills.add(session, row, read.lines)
        await formats.remember(session, await headings_sha256(how, file), how.code)
        await self._compare(row)
        return await self._bill_told(row)

    async def CompareAgain(
        self, request: pb.CompareAgainRequest, context: Context
    ) -> pb.ChannelBill:
        row = await self._open_bill(request.channel_bill_id)
        await self._compare(row)
        return await self._bill_told(row)

    async def GetChannelBill(
        self, request: pb.GetChannelBillRequest, context: Context
    ) -> pb.ChannelBill:
        current_actor().require_role(*LEDGER_READERS)
        return await self._bill(await bills.read(current_session(), request.channel_bill_id))

    async def ListChannelBills(
        self, request: pb.ListChannelBillsRequest, context: Context
    ) -> pb.ListChannelBillsResponse:
        current_actor().require_role(*LEDGER_READERS)
        size = page_size(request.page)
        (before,) = decode_page_token(request.page, 1) or ("",)
        rows = await bills.page(
            current_session(), request.channel_code, request.open, before, size + 1
        )
        return pb.ListChannelBillsResponse(
            channel_bills=[await self._bill(row) for row in rows[:size]],
            page=page_info([row.channel_bill_id for row in rows], size),
        )

    async def ListBillMatches(
        self, request: pb.ListBillMatchesRequest, context: Context
    ) -> pb.ListBillMatchesResponse:
        current_actor().require_role(*LEDGER_READERS)
        session, size = current_session(), page_size(request.page)
        (after,) = decode_page_token(request.page, 1) or ("0",)
        rows = await findings.matches(
            session, request.channel_bill_id, request.unconfirmed, int(after), size + 1
        )
        return pb.ListBillMatchesResponse(
            bill_matches=await self._matches(request.channel_bill_id, rows[:size]),
            page=page_info([str(row.match_number) for row in rows], size),
        )

    async def ConfirmBillMatches(
        self, request: pb.ConfirmBillMatchesRequest, context: Context
    ) -> pb.ChannelBill:
        row = await self._open_bill(request.channel_bill_id)
        now, person_id = self._clock.now(), current_actor().person_id
        await findings.confirm(
            current_session(), row.channel_bill_id, request.match_numbers, now, person_id
        )
        return await self._bill_told(row)

    async def CloseChannelBill(
        self, request: pb.CloseChannelBillRequest, context: Context
    ) -> pb.ChannelBill:
        row = await self._open_bill(request.channel_bill_id)
        session, now = current_session(), self._clock.now()
        told = await self._bill(row)
        waiting = (
            told.open_discrepancy_count + told.proposed_discrepancy_count + told.unconfirmed_count
        )
        if waiting:
            raise FailedPrecondition(
                "SETTLEMENT_BILL_UNRESOLVED",
                f"{waiting} of it wait for somebody's word: confirm the likely matches and resolve"
                " the discrepancies first",
                field="channel_bill_id",
            )
        await bills.close(session, row, now, current_actor().person_id)
        closing = await self._closing(row, now)
        await transfers.post(session, Document("channel_bill", row.channel_bill_id), closing, now)
        return await self._bill_told(row)

    async def _open_bill(self, channel_bill_id: str) -> ChannelBillRow:
        """A bill that is not closed, locked."""
        current_actor().require_role(*CASHIERS)
        row = await bills.read(current_session(), channel_bill_id, lock=True)
        if row.closed_at is not None:
            raise FailedPrecondition(
                "SETTLEMENT_BILL_CLOSED",
                f"bill {channel_bill_id} is closed",
                field="channel_bill_id",
            )
        return row

    async def _closing(self, row: ChannelBillRow, at: datetime) -> list[Transfer]:
        """What the channel kept, and what was tolerated."""
        session, cash = current_session(), cash_account(row.channel_code)
        booked = [
            postings.fees(cash, Money(total.currency, total.fee_minor), at)
            for total in await bills.totals(session, row.channel_bill_id)
            if total.fee_minor
        ]
        tolerated = await findings.tolerated(session, row.channel_bill_id)
        booked += [
            postings.suspended(
                cash, Money(currency, minor), at, f"tolerated {currency}", "within the tolerance"
            )
            for currency, minor in sorted(tolerated.items())
            if minor
        ]
        return booked

    async def _matches(
        self, channel_bill_id: str, rows: Sequence[BillMatchRow]
    ) -> list[pb.BillMatch]:
        session, numbers = current_session(), [row.match_number for row in rows]
        of_lines, of_entries = await findings.members(session, channel_bill_id, numbers)
        row_numbers = [each.row_number for each in of_lines]
        found = {
            line.row_number: line
            for line in await bills.lines(session, channel_bill_id, row_numbers)
        }
        booked = await entries.by_id(session, [each.document_id for each in of_entries])
        lines: dict[int, list[BillLine]] = defaultdict(list)
        for line in of_lines:
            lines[line.match_number].append(found[line.row_number])
        sides: dict[int, list[Entry]] = defaultdict(list)
        for entry in of_entries:
            if entry.document_id in booked:
                sides[entry.match_number].append(booked[entry.document_id])
        return [
            protos.match_to_proto(row, lines[row.match_number], sides[row.match_number])
            for row in rows
        ]


def _tolerance(request: pb.ImportChannelBillRequest) -> Tolerance:
    for field in ("tolerance_minor", "tolerance_seconds"):
        if getattr(request, field) < 0:
            raise InvalidArgument(
                "SETTLEMENT_TOLERANCE_INVALID", "a tolerance is not below zero", field=field
            )
    seconds = request.tolerance_seconds
    time = timedelta(seconds=seconds) if seconds else _DEFAULT.time
    return Tolerance(request.tolerance_minor, time, _DEFAULT.edge)


def _period(lines: Iterable[BillLine], first_day: str, last_day: str) -> tuple[datetime, datetime]:
    """From the beginning of the first day to the end of the last one, in Shanghai."""
    at = [line.occurred_at for line in lines]
    first, last = (each.astimezone(SHANGHAI).date() for each in (min(at), max(at)))
    first = day_from_proto(first_day, first, "first_day")
    last = day_from_proto(last_day, last, "last_day")
    since = datetime(first.year, first.month, first.day, tzinfo=SHANGHAI)
    until = datetime(last.year, last.month, last.day, tzinfo=SHANGHAI) + timedelta(days=1)
    if not since <= min(at) or not max(at) < until:
        raise InvalidArgument(
            "SETTLEMENT_BILL_PERIOD",
            "lines of the bill lie outside the days that were given",
            field="first_day" if since > min(at) else "last_day",
        )
    return since, until


def _sums(lines: Sequence[BillLine]) -> pb.ChannelBillPreview:
    """What a bill's first currency comes to, and when it begins and ends."""
    currency = lines[0].amount.currency
    own = [line for line in lines if line.amount.currency == currency]
    came_in = sum(max(line.amount.amount_minor, 0) for line in own)
    went_out = sum(min(line.amount.amount_minor, 0) for line in own)
    return pb.ChannelBillPreview(
        total_in=amount(came_in, currency),
        total_out=amount(went_out, currency),
        fees=amount(sum(line.fee.amount_minor for line in own), currency),
        first_at=instant_to_proto(min(line.occurred_at for line in lines)),
        last_at=instant_to_proto(max(line.occurred_at for line in lines)),
    )
