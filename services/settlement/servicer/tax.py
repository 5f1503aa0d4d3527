"""``TaxService``: who is withheld from, by which tables, and what it comes to."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Final

from kit.authn import current_actor
from kit.clock import SHANGHAI
from kit.db.session import current_session
from kit.errors import FailedPrecondition, InvalidArgument
from kit.ids import new_id
from kit.rpc.convert import decode_page_token, money_from_proto, page_info, page_size
from kit.rpc.events import record
from protos.settlement.v1 import tax_pb2 as pb
from protos.settlement.v1.tax_pb2_grpc import TaxServiceServicer
from services.settlement.convert import tax as protos
from services.settlement.convert.days import day_from_proto
from services.settlement.domain.tax.profile import Payee, check_profile
from services.settlement.domain.tax.table import check_table
from services.settlement.domain.tax.view import check_sees_tax, sees_all_tax
from services.settlement.servicer.base import Context, Rpcs, require_text
from services.settlement.store.tax import declared, profiles, tables, withholdings
from services.settlement.store.tax.declared import TotalsKey

#: Who puts profiles and tables; of these another one approves a table.
_TAX_KEEPERS: Final = ("finance", "hq", "admin")
_FIRST_YEAR: Final = 2000
#: Digits that the number of a row has at most.
_LONGEST_NUMBER: Final = 18


class TaxServicer(Rpcs, TaxServiceServicer):
    """Keeps profiles and tables, estimates, and shows what was withheld."""

    async def PutPayeeProfile(
        self, request: pb.PutPayeeProfileRequest, context: Context
    ) -> pb.PayeeProfile:
        current_actor().require_role(*_TAX_KEEPERS)
        asked = protos.profile_from_proto(request.payee_profile, self._today())
        check_profile(asked)
        session = current_session()
        await profiles.take_turn(session, asked.payee)
        newest = await profiles.newest_version(session, asked.payee)
        if asked.version not in (0, newest):
            raise FailedPrecondition(
                "SETTLEMENT_PROFILE_STALE",
                f"the profile is at version {newest} by now; look at it and put again",
                field="payee_profile.version",
            )
        put = replace(asked, version=newest + 1)
        now = self._clock.now()
        told = protos.profile_to_proto(
            await profiles.put(session, put, now, current_actor().person_id)
        )
        whose = f"{put.payee.party_kind}:{put.payee.payee_id}"
        await record(
            pb.PayeeProfilePut(payee_profile=told),
            aggregate=("payee_profile", whose),
            occurred_at=now,
        )
        return told

    async def GetPayeeProfile(
        self, request: pb.GetPayeeProfileRequest, context: Context
    ) -> pb.PayeeProfile:
        check_sees_tax(current_actor(), request.payee_id)
        payee = Payee(request.party_kind, request.payee_id)
        on = day_from_proto(request.on, self._today(), "on")
        session = current_session()
        found = await profiles.on_day(session, payee, on)
        return protos.profile_to_proto(await profiles.row_of(session, found))

    async def ListPayeeProfiles(
        self, request: pb.ListPayeeProfilesRequest, context: Context
    ) -> pb.ListPayeeProfilesResponse:
        current_actor().require_role(*_TAX_KEEPERS)
        size = page_size(request.page)
        after = None
        if token := decode_page_token(request.page, 3):
            after = (token[0], token[1], _number(token[2]))
        rows = await profiles.page(
            current_session(), request.party_kind, request.payee_id, after, size
        )
        keys = ["\x1f".join((row.party_kind, row.payee_id, str(row.version))) for row in rows]
        return pb.ListPayeeProfilesResponse(
            payee_profiles=[protos.profile_to_proto(row) for row in rows[:size]],
            page=page_info(keys, size),
        )

    async def PutTaxTable(self, request: pb.PutTaxTableRequest, context: Context) -> pb.TaxTable:
        current_actor().require_role(*_TAX_KEEPERS)
        now = self._clock.now()
        table = protos.table_from_proto(request.tax_table, new_id("tt", now), self._today())
        check_table(table)
        source = request.tax_table.source
        require_text(source, "tax_table.source", "which announcement says so")
        row = await tables.put(
            current_session(), table, source.strip(), now, current_actor().person_id
        )
        return await _told(protos.table_to_proto(row, None), now)

    async def ApproveTaxTable(
        self, request: pb.ApproveTaxTableRequest, context: Context
    ) -> pb.TaxTable:
        current_actor().require_role(*_TAX_KEEPERS)
        session, now = current_session(), self._clock.now()
        row, approval = await tables.lock(session, request.tax_table_id)
        if approval is not None:
            return protos.table_to_proto(row, approval)
        approval = await tables.approve(session, row, now, current_actor().person_id)
        return await _told(protos.table_to_proto(row, approval), now)

    async def ListTaxTables(
        self, request: pb.ListTaxTablesRequest, context: Context
    ) -> pb.ListTaxTablesResponse:
        current_actor().require_role(*_TAX_KEEPERS)
        size, kind = page_size(request.page), ""
        if request.profile_kind:
            kind = protos.kind_of(request.profile_kind, "profile_kind").value
        token = decode_page_token(request.page, 1)
        before = _number(token[0]) if token else None
        found = await tables.page(current_session(), kind, before, size)
        return pb.ListTaxTablesResponse(
            tax_tables=[protos.table_to_proto(row, approval) for row, approval in found[:size]],
            page=page_info([str(row.table_number) for row, _ in found], size),
        )

    async def EstimateNet(self, request: pb.EstimateNetRequest, context: Context) -> pb.NetEstimate:
        check_sees_tax(current_actor(), request.technician_id)
        require_text(request.technician_id, "technician_id", "who would be paid")
        payee, now = Payee("technician", request.technician_id), self._clock.now()
        gross = money_from_proto(request.amount, "amount")
        made = await withholdings.compute(current_session(), payee, gross, now)
        return protos.estimate_to_proto(made, now)

    async def ListWithholdings(
        self, request: pb.ListWithholdingsRequest, context: Context
    ) -> pb.ListWithholdingsResponse:
        check_sees_tax(current_actor(), request.payee_id)
        require_text(request.payee_id, "payee_id", "whose withholdings")
        size = page_size(request.page)
        (before,) = decode_page_token(request.page, 1) or ("",)
        rows = await declared.page(
            current_session(), request.payee_id, self._year(request.year), before, size
        )
        return pb.ListWithholdingsResponse(
            withholdings=[protos.withholding_to_proto(row) for row in rows[:size]],
            page=page_info([row.withholding_id for row in rows], size),
        )

    async def ListTaxTotals(
        self, request: pb.ListTaxTotalsRequest, context: Context
    ) -> pb.ListTaxTotalsResponse:
        actor = current_actor()
        if request.payee_id or not sees_all_tax(actor):
            check_sees_tax(actor, request.payee_id)
        size, year = page_size(request.page), self._year(request.year)
        after = TotalsKey()
        if token := decode_page_token(request.page, 5):
            party_kind, payee_id, kind, currency, month = token
            after = TotalsKey(party_kind, payee_id, kind, currency, _number(month))
        rows = await declared.totals(
            current_session(), year, request.payee_id, request.by_month, after, size
        )
        keys = [
            "\x1f".join(
                (row.party_kind, row.payee_id, row.profile_kind, row.currency, str(row.month))
            )
            for row in rows
        ]
        return pb.ListTaxTotalsResponse(
            totals=protos.totals_to_proto(rows[:size], year), page=page_info(keys, size)
        )

    def _today(self) -> date:
        return self._clock.now().astimezone(SHANGHAI).date()

    def _year(self, asked: int) -> int:
        year = asked or self._today().year
        if not _FIRST_YEAR <= year <= self._today().year:
            raise InvalidArgument(
                "SETTLEMENT_YEAR_INVALID", f"a year from {_FIRST_YEAR} to this one", field="year"
            )
        return year


async def _told(table: pb.TaxTable, at: datetime) -> pb.TaxTable:
    await record(
        pb.TaxTableChanged(tax_table=table),
        aggregate=("tax_table", table.tax_table_id),
        occurred_at=at,
    )
    return table


def _number(text: str) -> int:
    """A number of a page token (``PAGE_TOKEN_INVALID``)."""
    if not text.isdecimal() or len(text) > _LONGEST_NUMBER:
        raise InvalidArgument(
            "PAGE_TOKEN_INVALID", "pass next_page_token as it was given", field="page.page_token"
        )
    return int(text)
