"""What tax would leave of an earning, shown beside it to its technician and finance."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import FailedPrecondition
from kit.rpc.convert import money_from_proto
from protos.settlement.v1 import settlement_pb2 as pb
from services.settlement.convert.tax import estimate_to_proto
from services.settlement.domain.tax.profile import Payee
from services.settlement.domain.tax.view import sees_tax
from services.settlement.store.tax import withholdings

#: Of what is paid the withholding is recorded; of what is cancelled there is none.
_NOT_PAID_YET: Final = (
    pb.EARNING_STATE_ESTIMATED,
    pb.EARNING_STATE_LOCKED,
    pb.EARNING_STATE_PAYABLE,
)


async def with_net_estimate(earning: pb.Earning, at: datetime) -> pb.Earning:
    """The earning with the estimate, for whoever may see it; without where tax cannot be told.

    A flow is not told either, since others read what a case knows.
    """
    actor = current_actor()
    seen = sees_tax(actor, earning.technician_id) and not actor.is_system
    if not seen or earning.state not in _NOT_PAID_YET or earning.total.amount_minor <= 0:
        return earning
    payee = Payee("technician", earning.technician_id)
    gross = money_from_proto(earning.total, "total")
    try:
        made = await withholdings.compute(current_session(), payee, gross, at)
    except FailedPrecondition:
        return earning
    earning.net_estimate.CopyFrom(estimate_to_proto(made, at))
    return earning
