"""Offers on the wire."""

from __future__ import annotations

from datetime import datetime

from kit.errors import InvalidArgument
from kit.ids import new_id
from kit.money import Money
from kit.rpc.convert import instant_from_proto, instant_to_proto, money_from_proto, money_to_proto
from protos.workorder.v1 import workorder_pb2
from services.workorder.domain.orders.work_order import Offer
from services.workorder.tables.work_orders import OfferRow


def row_from_proto(
    request: workorder_pb2.OfferWorkOrderRequest, now: datetime, person_id: str
) -> OfferRow:
    """The row of a new offer, with the earning that was promised for it.

    Raises:
        InvalidArgument: ``WORK_ORDER_EARNING_MISSING``, or ``MONEY_…``, naming the field.
    """
    if not request.earning_id or not request.HasField("earning_total"):
        raise InvalidArgument(
            "WORK_ORDER_EARNING_MISSING",
            "an offer shows what it earns; promise the earning in settlement first",
            field="earning_total" if request.earning_id else "earning_id",
        )
    earning = money_from_proto(request.earning_total, "earning_total")
    if earning.amount_minor < 0:
        raise InvalidArgument(
            "WORK_ORDER_EARNING_MISSING",
            f"an offer's earning must not be negative, not {earning}",
            field="earning_total.amount_minor",
        )
    return OfferRow(
        offer_id=new_id("of", now),
        work_order_id=request.work_order_id,
        technician_id=request.technician_id,
        earning_id=request.earning_id,
        earning_currency=earning.currency,
        earning_minor=earning.amount_minor,
        offered_at=now,
        offered_by_person_id=person_id,
        expires_at=instant_from_proto(request.expires_at, "expires_at"),
    )


def offer_of(row: OfferRow) -> Offer:
    """A new offer as the transitions take it."""
    return Offer(row.offer_id, row.technician_id, row.expires_at)


def to_proto(row: OfferRow) -> workorder_pb2.Offer:
    """An offer with what it earns."""
    return workorder_pb2.Offer(
        offer_id=row.offer_id,
        technician_id=row.technician_id,
        earning_id=row.earning_id,
        earning_total=money_to_proto(Money(row.earning_currency, row.earning_minor)),
        offered_at=instant_to_proto(row.offered_at),
        expires_at=instant_to_proto(row.expires_at),
    )
