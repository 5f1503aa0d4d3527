"""What the RPCs of statements share."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from kit.authn import current_actor
from kit.clock import Clock
from kit.db.session import current_session
from kit.rpc import events
from protos.settlement.v1 import statement_pb2 as pb
from services.settlement.convert import statements as protos
from services.settlement.domain.earnings.view import Viewer, viewer_of
from services.settlement.domain.statements.state import StatementState
from services.settlement.servicer.adjustments.adjusting import Adjusting
from services.settlement.servicer.base import Rpcs
from services.settlement.store.statements import statements as store
from services.settlement.tables.statements import StatementRow, StatementStepRow

#: Who closes periods, settles statements and decides disputes.
CLOSERS: Final = ("finance", "admin")


def viewer() -> Viewer:
    """What the actor may see."""
    return viewer_of(current_actor())


class StatementRpcs(Rpcs):
    """Moves statements on, each step told."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self._adjusting = Adjusting(clock)

    async def _step(
        self, row: StatementRow, to: StatementState, at: datetime, comment: str
    ) -> None:
        step = StatementStepRow(
            statement_id=row.statement_id,
            step_number=len(row.steps) + 1,
            previous_state=row.state,
            new_state=to.value,
            stepped_at=at,
            acting_person_id=current_actor().person_id,
            comment=comment,
        )
        await store.add_step(current_session(), row, step)
        await self._tell(row, at)

    async def _tell(self, row: StatementRow, at: datetime) -> None:
        told = pb.StatementChanged(statement=protos.statement_to_proto(row))
        await events.record(told, aggregate=("statement", row.statement_id), occurred_at=at)
