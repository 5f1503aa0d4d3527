"""Profiles and tables are put and approved by the right people; what tax leaves is private."""

from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import Any

import pytest

from kit.clock import SystemClock
from kit.errors import ServiceError
from kit.money import Money
from protos.common.v1.money_pb2 import Money as MoneyMessage
from protos.common.v1.page_pb2 import PageRequest
from protos.events.v1 import events_pb2
from protos.settlement.v1 import tax_pb2 as pb
from services.settlement.domain.ledger.transfers import Document
from services.settlement.domain.tax.profile import Payee
from services.settlement.store.tax import withholdings
from tests.rpc.settlement.conftest import unique
from tests.rpc.settlement.tax.conftest import Office

THIS_YEAR = SystemClock().now().year


def yuan(amount: int) -> MoneyMessage:
    return MoneyMessage(currency="CNY", amount_minor=amount * 100)


def profile(
    payee_id: str, kind: pb.ProfileKind.ValueType, **more: str
) -> pb.PutPayeeProfileRequest:
    values: Any = {"party_kind": "technician", "valid_from": "2026-01-01", "reason": "用工协议"}
    return pb.PutPayeeProfileRequest(
        payee_profile=pb.PayeeProfile(**{**values, **more}, payee_id=payee_id, profile_kind=kind)
    )


async def refusal(call: Awaitable[Any]) -> ServiceError:
    with pytest.raises(ServiceError) as refused:
        await call
    return refused.value


async def estimate(office: Office, person: str, technician: str, amount: int) -> pb.NetEstimate:
    request = pb.EstimateNetRequest(technician_id=technician, amount=yuan(amount))
    answer: pb.NetEstimate = await office.call(person, "TaxService/EstimateNet", request)
    return answer


async def withhold(office: Office, payee_id: str, amount: int, at: datetime) -> None:
    """As a payout does."""
    async with office.database.transaction() as session:
        await withholdings.record(
            session,
            Document("payout", unique("po")),
            Payee("technician", payee_id),
            Money("CNY", amount * 100),
            at,
            "pe_cashier",
        )


async def test_the_tables_of_the_law_are_there_and_say_their_source(office: Office) -> None:
    found = await office.call("finance", "TaxService/ListTaxTables", pb.ListTaxTablesRequest())
    by_id = {table.tax_table_id: table for table in found.tax_tables}
    platform = by_id["tt_platform_worker_2025"]
    assert platform.valid_from == "2025-10-01"
    assert "2025年第16号" in platform.source
    assert platform.brackets[-1].ratio == "9/20"
    assert not platform.brackets[-1].HasField("up_to_minor")


async def test_an_estimate_tells_gross_tax_net_and_why(office: Office) -> None:
    made = await estimate(office, "zhang", "pe_zhang", 5_000)
    assert (made.gross, made.tax, made.net) == (yuan(5_000), yuan(800), yuan(4_200))
    assert made.profile_kind == pb.PROFILE_KIND_LABOUR_SERVICE
    assert made.steps[-1].chinese == "到手 ¥5,000.00 − ¥800.00 = ¥4,200.00"
    assert made.steps[-1].english == "net ¥5,000.00 − ¥800.00 = ¥4,200.00"


async def test_an_estimate_knows_what_was_paid_before_and_stores_nothing(office: Office) -> None:
    kind = pb.PROFILE_KIND_PLATFORM_WORKER
    await office.call("finance", "TaxService/PutPayeeProfile", profile("pe_li", kind))
    assert (await estimate(office, "li", "pe_li", 10_000)).tax == yuan(90)
    await withhold(office, "pe_li", 10_000, SystemClock().now())
    for _ in range(2):
        assert (await estimate(office, "finance", "pe_li", 10_000)).tax == yuan(240)


@pytest.mark.parametrize("person", ["li", "hq", "supervisor", "manager", "customer"])
@pytest.mark.parametrize(
    ("rpc", "request_"),
    [
        ("EstimateNet", pb.EstimateNetRequest(technician_id="pe_zhang", amount=yuan(1))),
        ("ListWithholdings", pb.ListWithholdingsRequest(payee_id="pe_zhang")),
        ("ListTaxTotals", pb.ListTaxTotalsRequest(payee_id="pe_zhang")),
        ("ListTaxTotals", pb.ListTaxTotalsRequest()),
        (
            "GetPayeeProfile",
            pb.GetPayeeProfileRequest(party_kind="technician", payee_id="pe_zhang"),
        ),
    ],
)
async def test_what_tax_leaves_somebody_is_seen_by_them_and_finance_only(
    office: Office, person: str, rpc: str, request_: object
) -> None:
    refused = await refusal(office.call(person, f"TaxService/{rpc}", request_))
    assert refused.reason == "SETTLEMENT_TAX_PRIVATE"


@pytest.mark.parametrize("person", ["zhang", "supervisor", "manager"])
async def test_only_finance_and_headquarters_put_what_tax_goes_by(
    office: Office, person: str
) -> None:
    for rpc, request in (
        ("PutPayeeProfile", profile("pe_zhang", pb.PROFILE_KIND_EMPLOYEE)),
        ("PutTaxTable", pb.PutTaxTableRequest()),
        ("ApproveTaxTable", pb.ApproveTaxTableRequest(tax_table_id="tt_platform_worker_2025")),
    ):
        refused = await refusal(office.call(person, f"TaxService/{rpc}", request))
        assert refused.reason == "ROLE_REQUIRED"


async def test_profiles_are_put_in_versions_and_looked_up_for_a_day(office: Office) -> None:
    put = "TaxService/PutPayeeProfile"
    await office.call("finance", put, profile("pe_wu", pb.PROFILE_KIND_LABOUR_SERVICE))
    later = profile("pe_wu", pb.PROFILE_KIND_SOLE_TRADER, valid_from="2026-07-01", vat_ratio="0.01")
    assert (await office.call("finance", put, later)).version == 2
    stale = profile("pe_wu", pb.PROFILE_KIND_COMPANY)
    stale.payee_profile.version = 1
    assert (await refusal(office.call("finance", put, stale))).reason == "SETTLEMENT_PROFILE_STALE"

    async def on(day: str) -> pb.PayeeProfile:
        asked = pb.GetPayeeProfileRequest(party_kind="technician", payee_id="pe_wu", on=day)
        found: pb.PayeeProfile = await office.call("finance", "TaxService/GetPayeeProfile", asked)
        return found

    assert (await on("2026-06-30")).profile_kind == pb.PROFILE_KIND_LABOUR_SERVICE
    assert (await on("2026-07-01")).profile_kind == pb.PROFILE_KIND_SOLE_TRADER
    assert (await on("2025-06-30")).payee_id == ""


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"party_kind": "customer"}, "payee_profile.party_kind"),
        ({"identity_reference": "11010519491231002X"}, "payee_profile.identity_reference"),
        ({"reason": " "}, "payee_profile.reason"),
        ({"vat_ratio": "0.06"}, "payee_profile.vat_ratio"),
        ({"valid_from": "soon"}, "payee_profile.valid_from"),
    ],
)
async def test_a_profile_nobody_could_be_paid_by_is_refused(
    office: Office, changed: dict[str, str], field: str
) -> None:
    asked = profile("pe_wu", pb.PROFILE_KIND_LABOUR_SERVICE, **changed)
    refused = await refusal(office.call("finance", "TaxService/PutPayeeProfile", asked))
    assert refused.field == field


async def test_a_table_is_put_by_one_and_approved_by_another(office: Office) -> None:
    table = pb.TaxTable(
        profile_kind=pb.PROFILE_KIND_LABOUR_SERVICE,
        currency="CNY",
        valid_from="2099-01-01",
        span=pb.TAX_SPAN_MONTH,
        allowances=[pb.TaxAllowance(ratio="0.2")],
        brackets=[pb.TaxBracket(up_to_minor=100_00, ratio="0"), pb.TaxBracket(ratio="0.1", quick_deduction_minor=10_00)],
        source="将来的公告",
    )  # fmt: skip
    put = await office.call(
        "finance", "TaxService/PutTaxTable", pb.PutTaxTableRequest(tax_table=table)
    )
    assert not put.HasField("approved_at")
    asked = pb.ApproveTaxTableRequest(tax_table_id=put.tax_table_id)
    refused = await refusal(office.call("finance", "TaxService/ApproveTaxTable", asked))
    assert refused.reason == "SETTLEMENT_FOUR_EYES"
    again = pb.ApproveTaxTableRequest(tax_table_id=put.tax_table_id)
    approved = await office.call("accountant", "TaxService/ApproveTaxTable", again)
    assert approved.approved_by_person_id == "pe_accountant"
    once_more = pb.ApproveTaxTableRequest(tax_table_id=put.tax_table_id)
    assert await office.call("hq", "TaxService/ApproveTaxTable", once_more) == approved
    table.source = ""
    no_source = pb.PutTaxTableRequest(tax_table=table)
    refused = await refusal(office.call("finance", "TaxService/PutTaxTable", no_source))
    assert refused.field == "tax_table.source"
    table.source, table.brackets[1].quick_deduction_minor = "x", 1
    mistyped = pb.PutTaxTableRequest(tax_table=table)
    refused = await refusal(office.call("finance", "TaxService/PutTaxTable", mistyped))
    assert refused.field == "tax_table.brackets[1]"


async def test_what_is_put_and_approved_is_told_once_by_events(office: Office) -> None:
    kind = pb.PROFILE_KIND_EMPLOYEE
    await office.call("finance", "TaxService/PutPayeeProfile", profile("pe_told", kind))
    request = events_pb2.ReadEventsRequest(limit=1000)
    read = await office.call("system", "events.v1.EventService/ReadEvents", request)
    told = [each for each in read.events if each.aggregate_id == "technician:pe_told"]
    (event,) = told
    put = pb.PayeeProfilePut()
    assert event.payload.Unpack(put)
    assert put.payee_profile.profile_kind == kind
    assert event.acting_person_id == "pe_finance"


async def test_totals_of_a_year_are_told_by_payee_and_by_month_page_by_page(office: Office) -> None:
    for payee in ("pe_a", "pe_b"):
        for month in (1, 2):
            at = datetime(THIS_YEAR - 1, month, 10, tzinfo=UTC)
            await withhold(office, payee, 4_000, at)

    async def page(token: str, by_month: bool) -> pb.ListTaxTotalsResponse:
        request = pb.ListTaxTotalsRequest(
            page=PageRequest(page_size=3, page_token=token), year=THIS_YEAR - 1, by_month=by_month
        )
        answer: pb.ListTaxTotalsResponse = await office.call(
            "finance", "TaxService/ListTaxTotals", request
        )
        return answer

    year = await page("", False)
    assert [(total.payee_id, total.tax, total.payment_count) for total in year.totals] == [
        ("pe_a", yuan(1_280), 2),
        ("pe_b", yuan(1_280), 2),
    ]
    first = await page("", True)
    second = await page(first.page.next_page_token, True)
    months = [(total.payee_id, total.month) for each in (first, second) for total in each.totals]
    assert months == [("pe_a", 1), ("pe_a", 2), ("pe_b", 1), ("pe_b", 2)]
    own = pb.ListWithholdingsRequest(payee_id="pe_zhang", year=THIS_YEAR)
    assert not (await office.call("zhang", "TaxService/ListWithholdings", own)).withholdings
