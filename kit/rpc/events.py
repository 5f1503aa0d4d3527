"""Domain events on the wire: how a servicer records one, and the ``EventService`` that serves them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from grpc.aio import ServicerContext

from kit.authn import current_actor
from kit.db import events
from kit.db.session import current_session
from kit.ids import new_id
from protos.events.v1 import events_pb2, events_pb2_grpc

_DEFAULT_LIMIT = 200
_MAX_LIMIT = 1000


async def record(
    payload: Message, *, aggregate: tuple[str, str], occurred_at: datetime, case_id: str = ""
) -> None:
    """Append a domain event in the current RPC's transaction, in its actor's name.

    Args:
        payload: the event's message, such as ``WorkOrderChanged``.
        aggregate: its type and id, such as ``("work_order", "wo_…")``.
        occurred_at: when it happened.
        case_id: the case it belongs to, if any.
    """
    await events.append(current_session(), _event(payload, aggregate, occurred_at, case_id))


async def record_all(
    aggregate_type: str, payloads: Sequence[tuple[str, Message]], *, occurred_at: datetime
) -> None:
    """Append what happened to many aggregates of one type, each given by its id, as ``record`` does."""
    made = [_event(payload, (aggregate_type, each), occurred_at) for each, payload in payloads]
    await events.append_all(current_session(), made)


def _event(
    payload: Message, aggregate: tuple[str, str], occurred_at: datetime, case_id: str = ""
) -> events.NewEvent:
    return events.NewEvent(
        event_id=new_id("ev", occurred_at),
        aggregate_type=aggregate[0],
        aggregate_id=aggregate[1],
        occurred_at=occurred_at,
        case_id=case_id,
        acting_person_id=current_actor().person_id,
        payload_type=payload.DESCRIPTOR.full_name,
        payload=payload.SerializeToString(deterministic=True),
    )


class EventServicer(events_pb2_grpc.EventServiceServicer):
    """Serves the events of the schema it runs in to the relay."""

    async def ReadEvents(  # noqa: N802 - gRPC method name
        self, request: events_pb2.ReadEventsRequest, context: ServicerContext[Any, Any]
    ) -> events_pb2.ReadEventsResponse:
        """Events after a cursor; only the product itself may read them."""
        current_actor().require_role("ops")
        limit = min(request.limit or _DEFAULT_LIMIT, _MAX_LIMIT)
        rows = await events.read_after(current_session(), request.after, limit)
        return events_pb2.ReadEventsResponse(events=[_to_message(row) for row in rows])


def _to_message(row: Any) -> events_pb2.DomainEvent:
    occurred_at = Timestamp()
    occurred_at.FromDatetime(cast(datetime, row.occurred_at))
    return events_pb2.DomainEvent(
        event_id=row.event_id,
        cursor=row.cursor,
        aggregate_type=row.aggregate_type,
        aggregate_id=row.aggregate_id,
        aggregate_sequence=row.aggregate_sequence,
        occurred_at=occurred_at,
        case_id=row.case_id,
        acting_person_id=row.acting_person_id,
        payload=AnyMessage(
            type_url=f"type.googleapis.com/{row.payload_type}", value=bytes(row.payload)
        ),
    )
