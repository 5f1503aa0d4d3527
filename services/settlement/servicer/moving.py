"""Earnings moved on, and the world told of it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from kit.authn import current_actor
from kit.db.session import current_session
from kit.rpc.events import record
from services.settlement.convert import earnings as protos
from services.settlement.domain.earnings.state import EarningState, Step
from services.settlement.store.earnings import moving
from services.settlement.tables.earnings import EarningRow


async def move(
    earning_ids: Collection[str],
    step: Callable[[EarningState], Step],
    reason: str,
    at: datetime,
    payout_reference: str = "",
) -> list[EarningRow]:
    """Move earnings one step on in the actor's name, and tell the world of each.

    Arguments and errors are those of ``store.earnings.moving.move``.
    """
    person_id = current_actor().person_id
    moved = await moving.move(
        current_session(), earning_ids, step, reason, person_id, at, payout_reference
    )
    for each in moved:
        await tell(each.row, each.previous_state, at)
    return [each.row for each in moved]


async def tell(row: EarningRow, previous_state: str, at: datetime) -> None:
    """Tell the world that an earning changed, no more than its technician may see."""
    await record(
        protos.event_of(row, previous_state),
        aggregate=("earning", row.earning_id),
        occurred_at=at,
        case_id=row.case_id,
    )
