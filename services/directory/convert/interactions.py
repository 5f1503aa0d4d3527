"""Timelines, between messages and rows."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from kit.money import Money
from kit.rpc.convert import instant_from_proto, instant_to_proto, money_from_proto, money_to_proto
from protos.directory.v1 import interaction_pb2 as pb
from services.directory.domain.interactions import MANUAL, Happening, Kind, kind_unknown
from services.directory.tables.interactions import InteractionRow

_KINDS: Final = {
    Kind.CASE: pb.INTERACTION_KIND_CASE,
    Kind.WORK_ORDER: pb.INTERACTION_KIND_WORK_ORDER,
    Kind.MESSAGE: pb.INTERACTION_KIND_MESSAGE,
    Kind.CALL: pb.INTERACTION_KIND_CALL,
    Kind.PURCHASE: pb.INTERACTION_KIND_PURCHASE,
    Kind.COMPLAINT: pb.INTERACTION_KIND_COMPLAINT,
    Kind.RATING: pb.INTERACTION_KIND_RATING,
    Kind.NOTE: pb.INTERACTION_KIND_NOTE,
}
_KINDS_FROM_PROTO: Final = {number: kind for kind, number in _KINDS.items()}


def kind_from_proto(wanted: pb.InteractionKind.ValueType) -> Kind:
    """What kind of thing happened.

    Raises:
        InvalidArgument: ``INTERACTION_INVALID`` when it is not said.
    """
    if wanted not in _KINDS_FROM_PROTO:
        raise kind_unknown()
    return _KINDS_FROM_PROTO[wanted]


def happening_from_proto(
    request: pb.RecordInteractionRequest, unnamed: str, now: datetime
) -> Happening:
    """What is to be recorded.

    Args:
        unnamed: what it is called when its source has no name for it.
        now: when it happened, when nothing else is said.

    Raises:
        InvalidArgument: ``INTERACTION_INVALID``, ``INSTANT_INVALID``, ``CURRENCY_UNKNOWN``.
    """
    said_when = request.HasField("occurred_at")
    return Happening(
        customer_id=request.customer_id,
        kind=kind_from_proto(request.kind),
        occurred_at=instant_from_proto(request.occurred_at, "occurred_at") if said_when else now,
        source=request.source.strip() or MANUAL,
        source_id=request.source_id.strip() or unnamed,
        source_revision=request.source_revision,
        title=request.title.strip(),
        title_en=request.title_en.strip(),
        subject=request.subject.strip(),
        progress=request.progress,
        is_open=request.is_open,
        office_only=request.office_only,
        rating=request.rating,
        amount=money_from_proto(request.amount, "amount") if request.HasField("amount") else None,
        case_id=request.case_id,
        work_order_id=request.work_order_id,
        details=request.details.strip(),
    )


def happening_to_row(
    happening: Happening,
    interaction_id: str,
    sealed_details: bytes | None,
    now: datetime,
    by_person_id: str,
) -> InteractionRow:
    """Something that happened, as it is kept."""
    amount = happening.amount
    return InteractionRow(
        interaction_id=interaction_id,
        customer_id=happening.customer_id,
        interaction_kind=happening.kind,
        occurred_at=happening.occurred_at,
        source=happening.source,
        source_id=happening.source_id,
        source_revision=happening.source_revision,
        title=happening.title,
        title_en=happening.title_en,
        subject=happening.subject,
        progress=happening.progress,
        is_open=happening.is_open,
        office_only=happening.office_only,
        rating=happening.rating or None,
        currency=amount.currency if amount else None,
        amount_minor=amount.amount_minor if amount else None,
        case_id=happening.case_id,
        work_order_id=happening.work_order_id,
        sealed_details=sealed_details,
        recorded_at=now,
        recorded_by_person_id=by_person_id,
    )


def interaction_to_proto(row: InteractionRow, details: str) -> pb.Interaction:
    """Something that happened, on the wire."""
    message = pb.Interaction(
        interaction_id=row.interaction_id,
        customer_id=row.customer_id,
        kind=_KINDS[Kind(row.interaction_kind)],
        occurred_at=instant_to_proto(row.occurred_at),
        source=row.source,
        source_id=row.source_id,
        title=row.title,
        title_en=row.title_en,
        subject=row.subject,
        progress=row.progress,
        is_open=row.is_open,
        office_only=row.office_only,
        rating=row.rating or 0,
        case_id=row.case_id,
        work_order_id=row.work_order_id,
        details=details,
        recorded_at=instant_to_proto(row.recorded_at),
        recorded_by_person_id=row.recorded_by_person_id,
    )
    if row.currency is not None and row.amount_minor is not None:
        message.amount.CopyFrom(money_to_proto(Money(row.currency, row.amount_minor)))
    return message
