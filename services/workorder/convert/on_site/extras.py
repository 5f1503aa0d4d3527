"""Extras on the wire."""

from __future__ import annotations

from datetime import datetime

from kit.errors import InvalidArgument
from kit.ids import new_id
from kit.money import Money
from kit.rpc.convert import instant_to_proto, money_from_proto, money_to_proto
from protos.workorder.v1 import extra_pb2 as pb
from services.workorder.convert.enums import enum_to_proto
from services.workorder.domain.on_site.extra import ExtraLine, ExtraState, require_lines, standing
from services.workorder.domain.on_site.rule import Rule
from services.workorder.tables.extras import ExtraLineRow, ExtraRow
from services.workorder.tables.work_orders import WorkOrderRow

_LONGEST_NOTE = 2_000


def row_from_proto(
    request: pb.ProposeExtraRequest, order: WorkOrderRow, rule: Rule, now: datetime, person_id: str
) -> ExtraRow:
    """The rows of a new extra.

    Raises:
        InvalidArgument: ``EXTRA_INVALID``, ``EXTRA_PART_UNPROVEN`` or ``MONEY_…``, naming the field.
    """
    total = money_from_proto(request.total, "total")
    require_lines([_line(line) for line in request.lines], total.amount_minor)
    return ExtraRow(
        extra_id=new_id("ex", now),
        work_order_id=order.work_order_id,
        technician_id=order.technician_id(),
        quote_id=_said(request.quote_id, "quote_id", "an extra has a price: quote it first"),
        currency=total.currency,
        total_minor=total.amount_minor,
        note=_said(request.note, "note", "tell the customer why it is needed"),
        state=ExtraState.PROPOSED,
        proposed_at=now,
        proposed_by_person_id=person_id,
        expires_at=now + rule.extra_answer,
        lines=[
            ExtraLineRow(
                line_number=position,
                item_code=line.item_code,
                item_name=line.item_name,
                catalogue=line.catalogue,
                quantity=line.quantity,
                amount_minor=line.amount.amount_minor,
                serial_numbers=list(line.serial_numbers),
                photo_file_ids=list(line.photo_file_ids),
            )
            for position, line in enumerate(request.lines, start=1)
        ],
    )


def _line(line: pb.ExtraLine) -> ExtraLine:
    return ExtraLine(
        line.item_code,
        line.catalogue,
        line.quantity,
        line.amount.amount_minor,
        line.serial_numbers,
        line.photo_file_ids,
    )


def _said(text: str, field: str, otherwise: str) -> str:
    text = text.strip()
    if not 0 < len(text) <= _LONGEST_NOTE:
        raise InvalidArgument("EXTRA_INVALID", otherwise, field=field)
    return text


def to_proto(row: ExtraRow, now: datetime) -> pb.Extra:
    """An extra as it stands now; nothing in it is kept from the customer."""
    return pb.Extra(
        extra_id=row.extra_id,
        work_order_id=row.work_order_id,
        technician_id=row.technician_id,
        quote_id=row.quote_id,
        lines=[
            pb.ExtraLine(
                line_number=line.line_number,
                item_code=line.item_code,
                item_name=line.item_name,
                catalogue=line.catalogue,
                quantity=line.quantity,
                amount=money_to_proto(Money(row.currency, line.amount_minor)),
                serial_numbers=line.serial_numbers,
                photo_file_ids=line.photo_file_ids,
            )
            for line in row.lines
        ],
        total=money_to_proto(Money(row.currency, row.total_minor)),
        note=row.note,
        state=enum_to_proto(pb.ExtraState, standing(row.state, row.expires_at, now)),
        proposed_at=instant_to_proto(row.proposed_at),
        expires_at=instant_to_proto(row.expires_at),
        ended_at=instant_to_proto(row.ended_at),
        ended_by_person_id=row.ended_by_person_id or "",
        comment=row.comment,
    )
