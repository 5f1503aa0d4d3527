"""What the RPCs of adjustments share."""

from __future__ import annotations

from datetime import date
from typing import Final

from kit.authn import current_actor
from kit.clock import SHANGHAI, Clock
from kit.db.session import current_session
from protos.settlement.v1 import adjustment_pb2 as pb
from services.settlement.convert.adjustments.adjustments import adjustment_to_proto
from services.settlement.domain.adjustments.rule import AdjustmentRule, RuleKind, choose
from services.settlement.domain.earnings.view import Viewer, viewer_of
from services.settlement.servicer.adjustments.adjusting import Adjusting
from services.settlement.servicer.base import Rpcs
from services.settlement.store.adjustments import rules
from services.settlement.tables.adjustments import AdjustmentRow

#: Who approves, rejects and reverses.
APPROVERS: Final = ("finance", "hq", "admin")


class AdjustmentRpcs(Rpcs):
    """Served with what moves adjustments on."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self._adjusting = Adjusting(clock)

    def _today(self) -> date:
        return self._clock.now().astimezone(SHANGHAI).date()

    async def _rule(self, kind: RuleKind, rule_code: str) -> AdjustmentRule:
        """The rule of a kind that holds today (``SETTLEMENT_ADJUSTMENT_RULE_NOT_FOUND``)."""
        known = await rules.versions(current_session(), kind)
        return choose(known, kind, rule_code, self._today())

    def _shown(self, row: AdjustmentRow) -> pb.Adjustment:
        """An adjustment as the actor may see it."""
        return adjustment_to_proto(row, viewer_of(current_actor()))


def viewer() -> Viewer:
    """What the actor may see."""
    return viewer_of(current_actor())
