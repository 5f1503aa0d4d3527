"""A year of withholding is what its records say: payments, reversals, years, months, tables."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from kit.db.session import Database
from kit.errors import AlreadyExists, FailedPrecondition
from kit.money import Money
from services.settlement.domain.ledger.transfers import Document
from services.settlement.domain.tax.profile import Payee, PayeeProfile, ProfileKind
from services.settlement.store.tax import declared, profiles, tables, withholdings
from services.settlement.store.tax.declared import TotalsKey
from tests.unit.settlement.tax.tables import TABLES
from tests.unit.settlement.words import cny

ZHANG = Payee("technician", "pe_zhang")
OUTLET = Payee("outlet", "ou_east")
NOON = datetime(2026, 1, 15, 4, tzinfo=UTC)


def payout(number: int) -> Document:
    return Document("payout", f"po_{number}")


async def put(session: AsyncSession, kind: ProfileKind, payee: Payee = ZHANG) -> None:
    version = await profiles.newest_version(session, payee) + 1
    made = PayeeProfile(payee, version, date(2026, 1, 1), kind, reason="平台用工协议")
    await profiles.put(session, made, NOON, "pe_finance")


async def pay(
    session: AsyncSession, number: int, gross: int, at: datetime = NOON, payee: Payee = ZHANG
) -> int:
    made = await withholdings.record(session, payout(number), payee, cny(gross), at, "pe_cashier")
    return made.tax.amount_minor


async def take_back(session: AsyncSession, number: int, at: datetime = NOON) -> Money | None:
    return await withholdings.reverse(session, payout(number), at, "pe_cashier", "银行退回")


async def test_twelve_months_of_a_platform_worker_withhold_what_the_year_owes(
    session: AsyncSession,
) -> None:
    await put(session, ProfileKind.PLATFORM_WORKER)
    taxes = [
        await pay(session, month, 20_000_00, NOON.replace(month=month)) for month in range(1, 13)
    ]
    assert taxes == [330_00] * 3 + [890_00] + [1_100_00] * 8
    (year,) = await declared.totals(session, 2026, "", False, TotalsKey(), 10)
    assert (year.gross_minor, year.tax_minor, year.payment_count) == (240_000_00, 10_680_00, 12)
    months = await declared.totals(session, 2026, "pe_zhang", True, TotalsKey(), 12)
    assert [each.month for each in months] == list(range(1, 13))


async def test_who_has_no_profile_is_withheld_from_as_labour_service(session: AsyncSession) -> None:
    assert await pay(session, 1, 800_00) == 0
    assert await pay(session, 2, 2_000_00) == 240_00


async def test_an_outlet_without_a_profile_is_a_company_and_paid_against_an_invoice(
    session: AsyncSession,
) -> None:
    with pytest.raises(FailedPrecondition) as refused:
        await pay(session, 1, 5_000_00, payee=OUTLET)
    assert refused.value.reason == "SETTLEMENT_INVOICE_REQUIRED"
    made = await withholdings.record(
        session, payout(2), OUTLET, cny(5_000_00), NOON, "pe_cashier", "FP-2026-0001"
    )
    assert made.net == cny(5_000_00)


async def test_a_payment_taken_back_leaves_no_trace_in_what_comes_after(
    session: AsyncSession,
) -> None:
    await put(session, ProfileKind.PLATFORM_WORKER)
    await pay(session, 1, 20_000_00)
    await pay(session, 2, 50_000_00)
    assert await take_back(session, 2) == cny(2_250_00)
    assert await take_back(session, 2) is None
    assert await take_back(session, 99) is None
    february = NOON.replace(month=2)
    assert await pay(session, 3, 20_000_00, february) == 330_00
    months = await declared.totals(session, 2026, "pe_zhang", True, TotalsKey(), 12)
    assert [(each.month, each.payment_count, each.tax_minor) for each in months] == [
        (1, 1, 330_00),
        (2, 1, 330_00),
    ]


async def test_what_comes_back_in_january_is_taken_out_of_the_year_it_was_paid_in(
    session: AsyncSession,
) -> None:
    await put(session, ProfileKind.PLATFORM_WORKER)
    december, january = NOON.replace(month=12, day=30), NOON.replace(year=2027, day=3)
    await pay(session, 1, 20_000_00, december)
    assert await pay(session, 2, 20_000_00, january) == 330_00
    await take_back(session, 1, january)
    assert (await declared.totals(session, 2026, "", False, TotalsKey(), 9))[0].tax_minor == 0
    assert (await declared.totals(session, 2027, "", False, TotalsKey(), 9))[0].tax_minor == 330_00


async def test_the_year_of_a_payment_turns_at_midnight_in_shanghai(session: AsyncSession) -> None:
    await put(session, ProfileKind.PLATFORM_WORKER)
    for number, at in (
        (1, datetime(2026, 12, 31, 15, 59, tzinfo=UTC)),
        (2, datetime(2026, 12, 31, 16, 0, tzinfo=UTC)),
    ):
        assert await pay(session, number, 10_000_00, at) == 90_00


async def test_another_kind_of_profile_begins_to_count_anew(session: AsyncSession) -> None:
    await pay(session, 1, 30_000_00)
    await put(session, ProfileKind.PLATFORM_WORKER)
    assert await pay(session, 2, 10_000_00) == 90_00


async def test_a_document_withholds_once(session: AsyncSession) -> None:
    await pay(session, 1, 2_000_00)
    with pytest.raises(AlreadyExists):
        await pay(session, 1, 2_000_00)


async def test_a_table_counts_once_somebody_else_has_approved_it(session: AsyncSession) -> None:
    cheaper = replace(
        TABLES[0],
        tax_table_id="tt_new",
        valid_from=date(2026, 1, 1),
        brackets=(replace(TABLES[0].brackets[-1], ratio=TABLES[0].brackets[0].ratio / 2, quick_deduction_minor=0),),
    )  # fmt: skip
    row = await tables.put(session, cheaper, "公告", NOON, "pe_finance")
    assert await pay(session, 1, 2_000_00) == 240_00
    async with session.begin_nested() as savepoint:
        with pytest.raises(FailedPrecondition) as refused:
            await tables.approve(session, row, NOON, "pe_finance")
        assert refused.value.reason == "SETTLEMENT_FOUR_EYES"
        await savepoint.rollback()
    await tables.approve(session, row, NOON, "pe_accountant")
    assert await pay(session, 2, 2_000_00) == 120_00


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tax_withholding SET tax_minor = 0",
        "DELETE FROM tax_withholding",
        "UPDATE tax_table SET source = 'x'",
        "DELETE FROM payee_profile",
        "TRUNCATE tax_withholding CASCADE",
    ],
)
async def test_nothing_of_the_record_is_changed(session: AsyncSession, statement: str) -> None:
    await pay(session, 1, 2_000_00)
    with pytest.raises(IntegrityError, match="append-only"):
        await session.execute(text(statement))


@pytest.mark.parametrize(
    ("gross", "tax"), [(2_000_00, -240_00), (-2_000_01, -240_00), (-2_000_00, 0)]
)
async def test_a_reversal_that_is_not_the_opposite_is_refused_by_the_database(
    session: AsyncSession, gross: int, tax: int
) -> None:
    await pay(session, 1, 2_000_00)
    with pytest.raises(IntegrityError):
        await session.execute(
            text(
                "INSERT INTO tax_withholding SELECT 'wh_x', document_kind, document_id,"
                " withholding_id, party_kind, payee_id, profile_payee_id, profile_version,"
                " profile_kind, tax_table_id, currency, :gross, :tax, :net, paid_on, recorded_at,"
                " acting_person_id, '', 'why', '[]' FROM tax_withholding"
            ),
            {"gross": gross, "tax": tax, "net": gross - tax},
        )


async def test_a_table_that_nobody_approved_withholds_from_nobody(session: AsyncSession) -> None:
    row = await tables.put(
        session, replace(TABLES[0], tax_table_id="tt_alone"), "公告", NOON, "pe_finance"
    )
    await pay(session, 1, 2_000_00)
    with pytest.raises(IntegrityError, match="tax_table_approval"):
        await session.execute(
            text(
                "INSERT INTO tax_withholding SELECT 'wh_x', 'payout', 'po_x', NULL, party_kind,"
                " payee_id, profile_payee_id, profile_version, profile_kind, :table, currency,"
                " gross_minor, tax_minor, net_minor, paid_on, recorded_at, acting_person_id, '', '',"
                " '[]' FROM tax_withholding"
            ),
            {"table": row.tax_table_id},
        )


async def test_payments_of_one_payee_at_once_wait_for_each_other(database: Database) -> None:
    async with database.transaction() as session:
        await put(session, ProfileKind.PLATFORM_WORKER)

    async def one(number: int) -> int:
        async with database.transaction() as session:
            return await pay(session, number, 10_000_00)

    taxes = await asyncio.gather(*(one(number) for number in range(1, 7)))
    assert sum(taxes) == 1_780_00
    assert len(set(taxes)) > 1
