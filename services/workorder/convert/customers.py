"""The directory's merges of customers, from their events."""

from __future__ import annotations

from protos.directory.v1 import customer_pb2
from protos.events.v1 import events_pb2
from services.workorder.tables.customers import CustomerMergeRow


def merge_of(event: events_pb2.DomainEvent) -> CustomerMergeRow | None:
    """The merge that an event tells of, as it stands since; None: it tells of something else."""
    told = customer_pb2.CustomerMergeChanged()
    if not event.payload.Unpack(told):
        return None
    return CustomerMergeRow(
        merge_id=told.merge.merge_id,
        survivor_customer_id=told.merge.survivor_customer_id,
        merged_customer_id=told.merge.merged_customer_id,
        undone=told.merge.HasField("undone_at"),
    )
