"""Virtual numbers on the wire."""

from __future__ import annotations

from kit.rpc.convert import instant_to_proto
from protos.directory.v1 import virtual_number_pb2 as pb
from services.directory.tables.virtual_numbers import VirtualNumberBindingRow


def binding_to_proto(row: VirtualNumberBindingRow) -> pb.VirtualNumberBinding:
    """For whom a number stands in, and until when."""
    return pb.VirtualNumberBinding(
        binding_id=row.binding_id,
        virtual_number=row.virtual_number,
        customer_id=row.customer_id,
        contact_id=row.contact_id or "",
        work_order_id=row.work_order_id,
        person_id=row.person_id,
        bound_at=instant_to_proto(row.bound_at),
        expires_at=instant_to_proto(row.expires_at),
        released_at=instant_to_proto(row.released_at),
    )
