"""What happened with customers, from the events of those who keep cases, work orders and messages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from kit.rpc.convert import instant_from_proto
from protos.cases.v1 import cases_pb2
from protos.events.v1 import events_pb2
from protos.notify.v1 import notify_pb2
from protos.workorder.v1 import workorder_pb2
from services.directory.domain.interactions import Happening, Kind

#: Flows whose cases are complaints.
_COMPLAINTS: Final = frozenset({"complaint"})
_LONGEST_TITLE: Final = 200
_WORK_ENDED: Final = frozenset(
    {
        workorder_pb2.WORK_ORDER_STATE_ACCEPTED_BY_CUSTOMER,
        workorder_pb2.WORK_ORDER_STATE_CANCELLED,
    }
)
_CASE_OPEN: Final = frozenset({cases_pb2.CASE_STATE_RUNNING, cases_pb2.CASE_STATE_INCIDENT})


def happenings_of(event: events_pb2.DomainEvent) -> Iterator[Happening]:
    """What an event tells of a customer; nothing when it tells of nobody, or of something else."""
    changed = workorder_pb2.WorkOrderChanged()
    if event.payload.Unpack(changed):
        yield from _of_work_order(event, changed.work_order)
    case = cases_pb2.CaseChanged()
    if event.payload.Unpack(case):
        yield from _of_case(event, case.case)
    sent = notify_pb2.DeliveryChanged()
    if event.payload.Unpack(sent):
        yield from _of_delivery(event, sent.delivery)


def _of_work_order(
    event: events_pb2.DomainEvent, order: workorder_pb2.WorkOrder
) -> Iterator[Happening]:
    if not order.customer_id:
        return
    title = order.title or order.work_order_id
    yield Happening(
        customer_id=order.customer_id,
        kind=Kind.WORK_ORDER,
        occurred_at=_instant(order, "created_at", event),
        source="workorder",
        source_id=order.work_order_id,
        source_revision=event.aggregate_sequence,
        title=title[:_LONGEST_TITLE],
        subject=order.stage,
        progress=workorder_pb2.WorkOrderState.Name(order.state),
        is_open=order.state not in _WORK_ENDED,
        case_id=order.case_id,
        work_order_id=order.work_order_id,
        details=order.completion_summary,
    )
    if order.rating:
        yield Happening(
            customer_id=order.customer_id,
            kind=Kind.RATING,
            occurred_at=_instant(order, "acceptance_recorded_at", event),
            source="workorder",
            source_id=f"{order.work_order_id}/rating",
            source_revision=event.aggregate_sequence,
            title=title[:_LONGEST_TITLE],
            subject=order.stage,
            rating=order.rating,
            case_id=order.case_id,
            work_order_id=order.work_order_id,
            details=order.acceptance_comment,
        )


def _of_case(event: events_pb2.DomainEvent, case: cases_pb2.Case) -> Iterator[Happening]:
    if not case.customer_id:
        return
    yield Happening(
        customer_id=case.customer_id,
        kind=Kind.COMPLAINT if case.flow_code in _COMPLAINTS else Kind.CASE,
        occurred_at=_instant(case, "started_at", event),
        source="cases",
        source_id=case.case_id,
        source_revision=event.aggregate_sequence,
        title=(case.title or case.flow_code)[:_LONGEST_TITLE],
        subject=case.flow_code,
        progress=cases_pb2.CaseState.Name(case.state),
        is_open=case.state in _CASE_OPEN,
        office_only=True,
        case_id=case.case_id,
    )


def _of_delivery(
    event: events_pb2.DomainEvent, delivery: notify_pb2.Delivery
) -> Iterator[Happening]:
    if delivery.state != notify_pb2.DELIVERY_STATE_SENT:
        return
    yield Happening(
        customer_id=delivery.recipient_person_id,
        kind=Kind.MESSAGE,
        occurred_at=_instant(delivery, "sent_at", event),
        source="notify",
        source_id=delivery.delivery_id,
        source_revision=event.aggregate_sequence,
        title=(delivery.title or delivery.template_code or delivery.channel)[:_LONGEST_TITLE],
        subject=delivery.template_code,
        progress=notify_pb2.DeliveryState.Name(delivery.state),
        case_id=delivery.case_id,
        details=delivery.body,
    )


def _instant(
    told: workorder_pb2.WorkOrder | cases_pb2.Case | notify_pb2.Delivery,
    field: str,
    event: events_pb2.DomainEvent,
) -> datetime:
    """When it happened, as it is told; otherwise when the event did."""
    told_when = getattr(told, field) if told.HasField(field) else event.occurred_at  # type: ignore[arg-type]  # by name
    return instant_from_proto(told_when, field)
