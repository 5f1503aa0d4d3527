"""Tax and conversions over HTTP: what a technician is told, what finance takes away as a file."""

import io

from openpyxl import load_workbook

from tests.rpc.gateway.conftest import As

HALF = {"technician_id": "pe_zhang", "amount": {"currency": "CNY", "amount_minor": 500000}}


async def test_a_technician_is_told_an_estimate_line_by_line_and_others_are_not(as_: As) -> None:
    told = (await as_("pe_zhang").post("/api/v1/tax/estimate", json=HALF)).json()
    assert told["net"]["amount_minor"] == 420000
    assert told["steps"][-1]["chinese"].startswith("到手")
    for other in ("pe_liu", "pe_wang"):
        refused = await as_(other).post("/api/v1/tax/estimate", json=HALF)
        assert refused.status_code == 403
        assert refused.json()["reason"] == "SETTLEMENT_TAX_PRIVATE"


async def test_profiles_and_totals_are_there_for_finance(as_: As) -> None:
    finance = as_("pe_qian")
    profile = {
        "party_kind": "outlet",
        "payee_id": "ou_beijing",
        "profile_kind": "PROFILE_KIND_SOLE_TRADER",
        "vat_ratio": "0.01",
        "reason": "营业执照",
    }
    key = {"Idempotency-Key": "profile-1"}
    put = await finance.post("/api/v1/tax/payee-profiles", json=profile, headers=key)
    assert put.json()["version"] == 1
    where = "/api/v1/tax/payee-profiles/at?party_kind=outlet&payee_id=ou_beijing"
    assert (await finance.get(where)).json()["profile_kind"] == "PROFILE_KIND_SOLE_TRADER"
    tables = (await finance.get("/api/v1/tax/tables")).json()["tax_tables"]
    assert {table["tax_table_id"] for table in tables} >= {"tt_labour_service_2019"}


async def test_the_years_totals_are_a_workbook_and_a_csv_with_the_same_columns(as_: As) -> None:
    finance = as_("pe_qian")
    book = load_workbook(
        io.BytesIO((await finance.get("/api/v1/exports/tax-totals.xlsx?by_month=true")).content)
    )
    headings = [cell.value for cell in next(book["tax-totals"].rows)]
    sheet = (await finance.get("/api/v1/exports/tax-totals.csv")).text
    assert sheet.lstrip("\ufeff").splitlines()[0] == ",".join(map(str, headings))
    assert (await as_("pe_zhang").get("/api/v1/exports/tax-totals.csv")).status_code == 403


async def test_a_conversion_without_a_rate_says_what_to_do(as_: As) -> None:
    asked = {
        "party_kind": "technician",
        "party_id": "pe_zhang",
        "amount": {"currency": "THB", "amount_minor": 100},
        "to_currency": "CNY",
    }
    refused = await as_("pe_qian").post("/api/v1/conversions/preview", json=asked)
    assert refused.json()["reason"] == "SETTLEMENT_BALANCE_TOO_SMALL"
    listed = await as_("pe_qian").get("/api/v1/conversions/exposures")
    assert listed.json()["exposures"] == []
