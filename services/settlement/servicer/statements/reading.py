"""Statements are read, drafted, proved and exported."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from kit.db.session import current_session
from kit.errors import InvalidArgument
from kit.rpc.convert import decode_page_token, page_info, page_size
from protos.settlement.v1 import statement_pb2 as pb
from services.settlement.convert import statements as protos
from services.settlement.domain.statements.cycle import cycle_of, period_around
from services.settlement.domain.statements.state import statement_missing
from services.settlement.servicer.base import Context
from services.settlement.servicer.statements.base import StatementRpcs, viewer
from services.settlement.store.ledger import periods
from services.settlement.store.statements import cycles
from services.settlement.store.statements import statements as store
from services.settlement.tables.statements import StatementRow

#: More items than this are a matter for the database.
_MOST_ITEMS: Final = 100_000


class ReadingRpcs(StatementRpcs):
    """What statements say."""

    async def GetStatement(self, request: pb.GetStatementRequest, context: Context) -> pb.Statement:
        row = await store.get(current_session(), request.statement_id, viewer())
        return protos.statement_to_proto(row)

    async def ListStatements(
        self, request: pb.ListStatementsRequest, context: Context
    ) -> pb.ListStatementsResponse:
        sight, size = viewer(), page_size(request.page)
        wanted = store.Wanted(
            request.party_kind,
            request.party_id,
            request.outlet_id,
            _significant(request.region_adcode),
            protos.state_name(request.state),
            request.currency,
        )
        (before,) = decode_page_token(request.page, 1) or ("",)
        rows = await store.page(current_session(), wanted, sight, before, size)
        return pb.ListStatementsResponse(
            statements=[protos.statement_to_proto(row) for row in rows[:size]],
            page=page_info([row.statement_id for row in rows], size),
        )

    async def DraftStatement(
        self, request: pb.DraftStatementRequest, context: Context
    ) -> pb.Statement:
        sight, session, now = viewer(), current_session(), self._clock.now()
        party_kind = request.party_kind or "technician"
        party_id = request.party_id or sight.technician_id
        if not party_id:
            raise InvalidArgument(
                "SETTLEMENT_TEXT_MISSING", "give party_id: whose statement", field="party_id"
            )
        account = await store.account_of(session, party_kind, party_id, request.currency or "CNY")
        seen = account is not None and (
            sight.sees_all
            or (party_kind == "technician" and party_id == sight.technician_id)
            or (
                party_kind in ("technician", "outlet")
                and sight.outlet_id != ""
                and account.outlet_id == sight.outlet_id
            )
        )
        if account is None or not seen:
            raise statement_missing(f"{party_kind}:{party_id}")
        last = await store.last_of(session, account.account_number)
        start = last.period_end if last else None
        watermark = await periods.newest(session)
        until = now + timedelta(microseconds=1)  # itself included
        reach = store.Reach(account.account_number, start, until, watermark)
        lines = await store.summed(session, reach)
        versions = cycle_of(await cycles.every(session), account.outlet_id, account.region_adcode)
        begins = start or (period_around(versions, now).start if versions else now)
        opening = last.closing_minor if last else 0
        return protos.draft_to_proto(account, begins, now, opening, lines)

    async def ListStatementItems(
        self, request: pb.ListStatementItemsRequest, context: Context
    ) -> pb.ListStatementItemsResponse:
        size = page_size(request.page)
        row = await store.get(current_session(), request.statement_id, viewer())
        (after,) = decode_page_token(request.page, 1) or ("0",)
        found = await self._items(row, int(after), size + 1)
        return pb.ListStatementItemsResponse(
            items=found[:size],
            page=page_info([str(each.transfer_number) for each in found], size),
        )

    async def VerifyStatement(
        self, request: pb.VerifyStatementRequest, context: Context
    ) -> pb.VerifyStatementResponse:
        session = current_session()
        row = await store.get(session, request.statement_id, viewer())
        findings = await store.findings(session, row)
        return pb.VerifyStatementResponse(sound=not findings, findings=findings)

    async def ExportStatement(
        self, request: pb.ExportStatementRequest, context: Context
    ) -> pb.StatementFile:
        row = await store.get(current_session(), request.statement_id, viewer())
        if row.item_count > _MOST_ITEMS:
            raise InvalidArgument(
                "SETTLEMENT_STATEMENT_TOO_LONG",
                f"{row.item_count} items are too many for a file; list them page by page",
                field="statement_id",
            )
        found = await self._items(row, 0, _MOST_ITEMS)
        return protos.file_of(protos.statement_to_proto(row), found, request.format)

    async def _items(self, row: StatementRow, after: int, size: int) -> list[pb.StatementItem]:
        session = current_session()
        found: Sequence[Any] = await store.items(
            session, await store.reach_of(session, row), after, size
        )
        ids = [each.document_id for each in found if each.document_kind == "earning"]
        earnings = await store.earnings_of(session, ids)
        return [protos.item_to_proto(each, row, earnings) for each in found]


def _significant(adcode: str) -> str:
    while adcode.endswith("00"):
        adcode = adcode[:-2]
    return adcode
