"""``PayoutService``: what is drawn, handed over, told, read and compared."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from kit.authn import current_actor
from kit.clock import SHANGHAI
from kit.db.session import current_database, current_session
from kit.errors import InvalidArgument
from kit.rpc.convert import decode_page_token, page_info, page_size
from protos.settlement.v1 import payout_pb2 as pb
from services.settlement.convert import payouts as protos
from services.settlement.domain.payouts.compare import compare
from services.settlement.domain.payouts.state import UNPAID, PayoutState
from services.settlement.domain.payouts.view import SEE_ALL, sight_of
from services.settlement.servicer.base import CASHIERS, Context
from services.settlement.servicer.payouts.advancing import AdvancingRpcs
from services.settlement.store.payouts import payouts as store

#: So many are asked for in one call, which has to end in time.
_COMPARED: Final = 20


class PayoutServicer(AdvancingRpcs):
    """Pays people."""

    async def GetPayout(self, request: pb.GetPayoutRequest, context: Context) -> pb.Payout:
        sight = sight_of(current_actor())
        return protos.payout_to_proto(await store.find(current_session(), request.payout_id, sight))

    async def ListPayouts(
        self, request: pb.ListPayoutsRequest, context: Context
    ) -> pb.ListPayoutsResponse:
        sight, size = sight_of(current_actor()), page_size(request.page)
        (before,) = decode_page_token(request.page, 1) or ("",)
        wanted = store.Wanted(
            request.payout_batch_id, request.payee_id, protos.state_name(request.state)
        )
        rows = await store.page(current_session(), wanted, sight, before, size)
        return pb.ListPayoutsResponse(
            payouts=[protos.payout_to_proto(row) for row in rows[:size]],
            page=page_info([row.payout_id for row in rows], size),
        )

    async def ListOpenPayouts(
        self, request: pb.ListOpenPayoutsRequest, context: Context
    ) -> pb.ListOpenPayoutsResponse:
        current_actor().require_role(*SEE_ALL)
        rows = await store.of_batch(current_session(), request.payout_batch_id)
        return pb.ListOpenPayoutsResponse(
            open_payouts=protos.open_to_proto([row for row in rows if row.ended_at is None]),
            payout_count=len(rows),
            paid_count=sum(row.payout_state is PayoutState.PAID for row in rows),
            unpaid_count=sum(row.payout_state in UNPAID for row in rows),
        )

    async def ReconcilePayouts(
        self, request: pb.ReconcilePayoutsRequest, context: Context
    ) -> pb.ReconcilePayoutsResponse:
        current_actor().require_role(*CASHIERS, "hq")
        size = min(page_size(request.page), _COMPARED)
        (after,) = decode_page_token(request.page, 1) or ("",)
        since = _day(request.from_day, "from_day")
        before = _day(request.to_day, "to_day") + timedelta(days=1)
        async with current_database().transaction(read_only=True) as session:
            rows = await store.handed_over(session, since, before, after, size)
        differences = []
        for row in rows[:size]:
            answer = await self._channel(row.channel_code).query(row.channel_number)
            for kind, ours, theirs in compare(row.payout_state, row.net_minor or 0, answer):
                differences.append(
                    pb.PayoutDifference(
                        payout_id=row.payout_id, difference_kind=kind, ours=ours, theirs=theirs
                    )
                )
        return pb.ReconcilePayoutsResponse(
            compared_count=len(rows[:size]),
            differences=differences,
            page=page_info([row.payout_id for row in rows], size),
        )


def _day(text: str, field: str) -> datetime:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise InvalidArgument(
            "SETTLEMENT_DAY_INVALID", "give a day such as 2026-11-23", field=field
        ) from error
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
