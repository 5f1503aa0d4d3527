"""Cancelled work orders, from the events of those who keep them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from kit.rpc.convert import instant_from_proto
from protos.events.v1 import events_pb2
from protos.workorder.v1 import workorder_pb2
from services.pricing.domain.policies.freezes import fingerprint


class Cancellation(NamedTuple):
    """A work order that was cancelled.

    Attributes:
        adcode_path: of its place, from the finest code on.
    """

    work_order_id: str
    event_id: str
    address_fingerprint: str
    adcode_path: tuple[str, ...]
    cancelled_at: datetime


def cancellation_of(event: events_pb2.DomainEvent) -> Cancellation | None:
    """The cancellation that an event tells of; None: it tells of something else, or of a work order
    without an address of the directory."""
    changed = workorder_pb2.WorkOrderChanged()
    if not event.payload.Unpack(changed):
        return None
    order = changed.work_order
    if order.state != workorder_pb2.WORK_ORDER_STATE_CANCELLED or not order.address_id:
        return None
    return Cancellation(
        order.work_order_id,
        event.event_id,
        fingerprint(order.address_id),
        tuple(order.place.adcode_path),
        instant_from_proto(event.occurred_at, "events.occurred_at"),
    )
