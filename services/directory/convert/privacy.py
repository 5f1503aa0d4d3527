"""Reveals, shreddings and inactive customers, on the wire."""

from __future__ import annotations

from typing import Final

from kit.rpc.convert import instant_to_proto
from protos.directory.v1 import privacy_pb2 as pb
from services.directory.tables.personal_data import RevealRow, ShreddingRow

_STATES: Final = {
    None: pb.SHREDDING_STATE_REQUESTED,
    "shredded": pb.SHREDDING_STATE_SHREDDED,
    "refused": pb.SHREDDING_STATE_REFUSED,
}


def reveal_to_proto(row: RevealRow, kind: str) -> pb.Reveal:
    """Who saw what, and why."""
    return pb.Reveal(
        person_id=row.person_id,
        reference=row.reference,
        kind=kind,
        purpose=row.purpose,
        revealed_at=instant_to_proto(row.revealed_at),
        shown_until=instant_to_proto(row.shown_until),
    )


def shredding_to_proto(row: ShreddingRow) -> pb.Shredding:
    """What was asked for, and what became of it."""
    return pb.Shredding(
        shredding_id=row.shredding_id,
        customer_id=row.customer_id,
        state=_STATES[row.decision],
        reason=row.reason,
        requested_at=instant_to_proto(row.requested_at),
        requested_by_person_id=row.requested_by_person_id,
        decided_at=instant_to_proto(row.decided_at),
        decided_by_person_id=row.decided_by_person_id or "",
        decision_reason=row.decision_reason,
    )
