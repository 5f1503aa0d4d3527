"""What a step of an earning does in the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import Internal
from services.settlement.domain.earnings.earning import Share
from services.settlement.domain.earnings.effects import held_by
from services.settlement.domain.earnings.state import LedgerEffect
from services.settlement.domain.ledger.transfers import Document, TransferState
from services.settlement.store.ledger import transfers
from services.settlement.tables.earnings import EarningRow


async def record(
    session: AsyncSession,
    earning: EarningRow,
    effect: LedgerEffect,
    shares: Sequence[Share],
    at: datetime,
) -> None:
    """Record what a step of an earning does in the ledger, as one posting.

    Args:
        session: the transaction, which holds the earning's lock.
        earning: the earning, moved on already.
        effect: what the step does.
        shares: the earning's recorded shares.
        at: when.

    Raises:
        Internal: ``SETTLEMENT_LEDGER_UNSOUND`` when the ledger does not hold what was promised.
    """
    held = held_by(effect, shares)
    if not held:
        return
    document, memo = Document("earning", earning.earning_id), earning.payout_reference
    match effect:
        case LedgerEffect.POST_SHARES | LedgerEffect.POST_PAYOUT:
            made = await transfers.resolve(session, document, TransferState.POSTED, at, memo=memo)
        case LedgerEffect.VOID_SHARES:
            made = await transfers.resolve(session, document, TransferState.VOIDED, at, memo=memo)
        case LedgerEffect.REVERSE_SHARES:
            made = await transfers.reverse(session, document, at, memo=memo)
        case _:
            made = await transfers.hold(session, document, held, at)
    if len(made) != len(held):
        raise Internal(
            "SETTLEMENT_LEDGER_UNSOUND",
            f"the ledger does not hold what earning {earning.earning_id} promised; verify it",
        )
