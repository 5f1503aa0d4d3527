"""Several earnings moved on together, as a payout does."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.settlement.domain.earnings.state import EarningState, Step
from services.settlement.domain.earnings.view import earning_missing
from services.settlement.tables.earnings import EarningChangeRow, EarningRow


@dataclass(frozen=True, slots=True)
class Moved:
    """An earning that was moved on, and where it stood before."""

    row: EarningRow
    previous_state: str


async def lock_all(session: AsyncSession, earning_ids: Collection[str]) -> Sequence[EarningRow]:
    """Earnings in the order of their ids, nobody else's to change until this transaction ends.

    Raises:
        NotFound: ``SETTLEMENT_EARNING_NOT_FOUND`` when one is not there.
    """
    wanted = sorted(set(earning_ids))
    query = (
        select(EarningRow)
        .where(EarningRow.earning_id.in_(wanted))
        .order_by(EarningRow.earning_id)
        .with_for_update()
    )
    rows = (await session.scalars(query)).all()
    missing = set(wanted).difference(row.earning_id for row in rows)
    if missing:
        raise earning_missing(min(missing))
    return rows


async def move(
    session: AsyncSession,
    earning_ids: Collection[str],
    step: Callable[[EarningState], Step],
    reason: str,
    acting_person_id: str,
    at: datetime,
    payout_reference: str = "",
) -> list[Moved]:
    """Move earnings one step on; their ledger is the caller's, under the caller's own document.

    Args:
        session: the transaction.
        earning_ids: which, all of them or none.
        step: ``state.start_payout``, ``state.confirm_payout`` or ``state.return_payout``.
        reason: for people, kept with each change.
        acting_person_id: who moves them.
        at: when.
        payout_reference: the channel's own number, when the money has arrived.

    Raises:
        NotFound: ``SETTLEMENT_EARNING_NOT_FOUND``.
        FailedPrecondition: ``SETTLEMENT_EARNING_STATE`` when one cannot take this step.
    """
    moved = []
    for row in await lock_all(session, earning_ids):
        previous = row.state
        row.state = step(row.earning_state).to.value
        row.revision += 1
        row.payout_reference = payout_reference
        note(row, previous, reason, acting_person_id, at)
        moved.append(Moved(row, previous))
    await session.flush()
    return moved


def note(
    row: EarningRow, previous_state: str, reason: str, acting_person_id: str, at: datetime
) -> None:
    """Write down who moved an earning on to where it stands, when and why."""
    row.changes.append(
        EarningChangeRow(
            revision=row.revision,
            changed_at=at,
            previous_state=previous_state,
            new_state=row.state,
            reason=reason,
            acting_person_id=acting_person_id,
        )
    )
