"""Hold-backs on the wire and as rows."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from kit.errors import InvalidArgument
from kit.rpc.convert import instant_to_proto
from protos.settlement.v1 import adjustment_pb2 as pb
from services.settlement.convert.money import amount
from services.settlement.domain.adjustments.holdback import HoldbackState
from services.settlement.domain.adjustments.rule import AdjustmentRule
from services.settlement.tables.adjustments import HoldbackRow
from services.settlement.tables.earnings import EarningRow

_STATES: Final[dict[str, pb.HoldbackState.ValueType]] = {
    "": pb.HOLDBACK_STATE_UNSPECIFIED,
    HoldbackState.HELD: pb.HOLDBACK_STATE_HELD,
    HoldbackState.RELEASED: pb.HOLDBACK_STATE_RELEASED,
    HoldbackState.FORFEITED: pb.HOLDBACK_STATE_FORFEITED,
    HoldbackState.RETURNED: pb.HOLDBACK_STATE_RETURNED,
}


def state_name(number: pb.HoldbackState.ValueType) -> str:
    """A state as rows know it; empty for unspecified (``SETTLEMENT_ADJUSTMENT_INVALID``)."""
    for name, each in _STATES.items():
        if each == number:
            return name
    raise InvalidArgument(
        "SETTLEMENT_ADJUSTMENT_INVALID", f"no state has the number {number}", field="state"
    )


def holdback_row(
    holdback_id: str,
    earning: EarningRow,
    party: tuple[str, str],
    amount_minor: int,
    rule: AdjustmentRule,
    held_at: datetime,
    release_at: datetime,
) -> HoldbackRow:
    """The row of what is kept, not stored yet."""
    return HoldbackRow(
        holdback_id=holdback_id,
        state=HoldbackState.HELD.value,
        earning_id=earning.earning_id,
        work_order_id=earning.work_order_id,
        case_id=earning.case_id,
        outlet_id=earning.outlet_id,
        party_kind=party[0],
        party_id=party[1],
        currency=earning.currency,
        amount_minor=amount_minor,
        rule_code=rule.rule_code,
        rule_version=rule.version,
        held_at=held_at,
        release_at=release_at,
        ended_at=None,
        end_reason="",
        adjustment_id="",
    )


def holdback_to_proto(row: HoldbackRow) -> pb.Holdback:
    """A hold-back."""
    return pb.Holdback(
        holdback_id=row.holdback_id,
        state=_STATES[row.state],
        earning_id=row.earning_id,
        work_order_id=row.work_order_id,
        party_kind=row.party_kind,
        party_id=row.party_id,
        amount=amount(row.amount_minor, row.currency),
        rule_code=row.rule_code,
        rule_version=row.rule_version,
        held_at=instant_to_proto(row.held_at),
        release_at=instant_to_proto(row.release_at),
        ended_at=instant_to_proto(row.ended_at),
        end_reason=row.end_reason,
        adjustment_id=row.adjustment_id,
    )
