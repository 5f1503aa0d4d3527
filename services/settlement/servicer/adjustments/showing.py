"""What was adjusted of an earning, for whoever reads the earning."""

from __future__ import annotations

from typing import Final

from kit.db.session import current_session
from protos.settlement.v1 import settlement_pb2
from services.settlement.convert.adjustments.adjustments import adjustment_to_proto
from services.settlement.convert.adjustments.holdbacks import holdback_to_proto
from services.settlement.domain.earnings.view import Viewer
from services.settlement.store.adjustments import holdbacks, of_earnings

#: An earning has a hold-back for each kind of party, and no more.
_MOST: Final = 10


async def with_adjustments(
    earning: settlement_pb2.Earning, viewer: Viewer
) -> settlement_pb2.Earning:
    """The earning with its adjustments, the oldest first, and its hold-backs, as far as they are in
    sight: those of which the viewer sees no party's part are left out."""
    session, earning_id = current_session(), earning.earning_id
    found = await of_earnings.of(session, [earning_id])
    shown = [adjustment_to_proto(row, viewer) for row in found[earning_id]]
    earning.adjustments.extend(each for each in shown if each.shares)
    wanted = holdbacks.Wanted(earning_id=earning_id)
    kept = await holdbacks.page(session, wanted, viewer, "", _MOST)
    earning.holdbacks.extend(holdback_to_proto(row) for row in reversed(kept))
    return earning
