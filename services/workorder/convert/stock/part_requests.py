"""Part requests on the wire."""

from __future__ import annotations

from typing import Final

from kit.rpc.convert import instant_to_proto
from protos.workorder.v1 import part_pb2 as pb
from services.workorder.domain.stock import part_request
from services.workorder.domain.stock.part_request import State, Verb
from services.workorder.tables.parts import PartRequestRow

STATES: Final = {
    state: pb.PartRequestState.Value(f"PART_REQUEST_STATE_{state.name}") for state in State
}
#: What people do; the others happen by the way.
_OF_PEOPLE: Final = frozenset(Verb) - {Verb.EXPIRE, Verb.USE}


def to_proto(row: PartRequestRow) -> pb.PartRequest:
    """A part request as it stands."""
    state = State(row.state)
    return pb.PartRequest(
        part_request_id=row.part_request_id,
        revision=row.revision,
        state=STATES[state],
        case_id=row.case_id,
        work_order_id=row.work_order_id,
        to_stockroom_id=row.to_stockroom_id,
        from_stockroom_id=row.from_stockroom_id or "",
        reservation_id=row.reservation_id or "",
        reserved_until=instant_to_proto(row.reserved_until),
        part_request_lines=[
            pb.PartRequestLine(
                item_code=line.item_code,
                item_name=line.item.name,
                quantity=line.quantity,
                approved_quantity=line.approved_quantity,
                dispatched_quantity=line.dispatched_quantity,
                received_quantity=line.received_quantity,
                used_quantity=line.used_quantity,
                returned_quantity=line.returned_quantity,
                dispatched_serials=line.dispatched_serials,
            )
            for line in row.lines
        ],
        purpose=row.purpose,
        needed_at=instant_to_proto(row.needed_at),
        needs_approval=row.needs_approval,
        requested_at=instant_to_proto(row.requested_at),
        requested_by_person_id=row.requested_by_person_id,
        decided_by_person_id=row.decided_by_person_id or "",
        decision_note=row.decision_note,
        discrepancy_note=row.discrepancy_note,
        possible_verbs=[verb for verb in part_request.possible(state) if verb in _OF_PEOPLE],
    )
