"""What the records say was withheld is what the ledger keeps back, at every step of a payment."""

from datetime import UTC, datetime

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from kit.money import Money
from services.settlement.domain.ledger.transfers import (
    CLEARING,
    PAYOUT_CLEARING,
    TAX_WITHHELD,
    Document,
    LedgerAccount,
    Transfer,
    TransferState,
)
from services.settlement.domain.tax.profile import Payee
from services.settlement.store.ledger import transfers
from services.settlement.store.tax import withholdings
from services.settlement.store.tax.agreement import disagreements
from tests.unit.settlement.words import cny

NOON = datetime(2026, 1, 15, 4, tzinfo=UTC)
PAYOUT = Document("payout", "po_1")
ZHANG = LedgerAccount("technician", "pe_zhang", "earning")


async def start(session: AsyncSession, kept_back: Money) -> None:
    """A payout of 5,000 starts; 800 of it are tax."""
    earned = Transfer(CLEARING, ZHANG, cny(5_000_00), "earning", "own")
    await transfers.post(session, Document("earning", "ea_1"), [earned], NOON)
    payee = Payee("technician", "pe_zhang")
    made = await withholdings.record(session, PAYOUT, payee, cny(5_000_00), NOON, "pe_cashier")
    legs = [
        Transfer(ZHANG, PAYOUT_CLEARING, made.net, "payout", "net"),
        Transfer(ZHANG, TAX_WITHHELD, kept_back, "withholding", "tax"),
    ]
    await transfers.hold(session, PAYOUT, legs, NOON)


async def test_a_payment_agrees_while_it_is_under_way_when_paid_and_when_it_returns(
    session: AsyncSession,
) -> None:
    await start(session, cny(800_00))
    assert await disagreements(session) == []
    await transfers.resolve(session, PAYOUT, TransferState.POSTED, NOON)
    assert await disagreements(session) == []
    await transfers.reverse(session, PAYOUT, NOON)
    assert await disagreements(session) == [
        "payout po_1 withholds 80000 in CNY by its records and 0 in the ledger"
    ]
    await withholdings.reverse(session, PAYOUT, NOON, "pe_cashier", "银行退回")
    assert await disagreements(session) == []


@pytest.mark.parametrize("state", [TransferState.POSTED, TransferState.VOIDED])
async def test_another_tax_than_was_recorded_is_found(
    session: AsyncSession, state: TransferState
) -> None:
    await start(session, cny(799_99))
    await transfers.resolve(session, PAYOUT, state, NOON)
    assert len(await disagreements(session)) == 1
