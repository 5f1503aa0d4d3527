"""What the desk says of work orders: their changes, links, crews and hand-overs."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from kit.ids import new_id
from kit.rpc.convert import instant_from_proto, instant_to_proto
from protos.workorder.v1 import orders_pb2, workorder_pb2
from services.workorder.convert.enums import enum_from_proto
from services.workorder.convert.orders.work_orders import line_rows, state_to_proto
from services.workorder.convert.places import instant_if_given
from services.workorder.domain.orders import completion_code, intake
from services.workorder.domain.orders.crew import Member
from services.workorder.domain.orders.link import BlamedParty, LinkKind
from services.workorder.domain.orders.work_order import State
from services.workorder.domain.registry import skill
from services.workorder.tables.desk import TeamHandOverRow
from services.workorder.tables.work_orders import (
    WorkOrderChangeRow,
    WorkOrderLineRow,
    WorkOrderRow,
)

_ANSWERS: Final = {
    "accepted": orders_pb2.HAND_OVER_ANSWER_ACCEPTED,
    "sent_back": orders_pb2.HAND_OVER_ANSWER_SENT_BACK,
    "withdrawn": orders_pb2.HAND_OVER_ANSWER_WITHDRAWN,
}
#: What a work order that follows from another has of it.
_INHERITED: Final = (
    "case_id", "stage", "customer_id", "address_id", "adcode", "adcode_path", "zone_codes",
    "city_tier", "place_name", "place_resolved_at", "zones_known", "former_adcode", "longitude",
    "latitude", "floor", "asset_id", "in_warranty", "customer_level", "team_id", "outlet_id",
    "checklist_code", "source",
)  # fmt: skip


def set_details(row: WorkOrderRow, request: orders_pb2.ChangeWorkOrderRequest) -> dict[str, str]:
    """Note what is said anew; what that is, by name (``WORK_ORDER_…``, naming the field)."""
    said: dict[str, object] = {}
    if request.HasField("title"):
        said["title"] = intake.require_text(request.title, "title", at_most=200)
    if request.HasField("notes"):
        said["notes"] = intake.require_short(request.notes, "notes")
    if request.HasField("floor"):
        said["floor"] = intake.require_floor(request.floor)
    if request.HasField("asset_id"):
        said["asset_id"] = request.asset_id
    if request.HasField("outlet_id"):
        said["outlet_id"] = request.outlet_id
    if request.HasField("due_at"):
        said["due_at"] = instant_from_proto(request.due_at, "due_at")
    changed = {name: value for name, value in said.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    # Notes may hold anything, and stand on the work order itself.
    return {name: "" if name == "notes" else str(value) for name, value in changed.items()}


def link_of(
    request: orders_pb2.CreateLinkedWorkOrderRequest,
) -> tuple[LinkKind | None, BlamedParty | None]:
    """How a work order follows from its parent, and whose doing that is."""
    return (
        enum_from_proto(workorder_pb2.WorkOrderLinkKind, LinkKind, request.link_kind, "link_kind"),
        enum_from_proto(orders_pb2.LinkBlame, BlamedParty, request.blamed_party, "blamed_party"),
    )


def linked_row(
    parent: WorkOrderRow,
    request: orders_pb2.CreateLinkedWorkOrderRequest,
    link: tuple[LinkKind, BlamedParty | None],
    now: datetime,
    person_id: str,
) -> WorkOrderRow:
    """The rows of a work order that follows from another.

    Raises:
        InvalidArgument: ``WORK_ORDER_…``, naming the field.
    """
    kind, blamed = link
    skill.parse_required(request.required_skills)
    notes = "\n".join(filter(None, (parent.notes, request.notes)))
    return WorkOrderRow(
        **{name: getattr(parent, name) for name in _INHERITED},
        work_order_id=new_id("wo", now),
        revision=1,
        title=intake.require_text(request.title or parent.title, "title", at_most=200),
        state=State.CREATED,
        notes=intake.require_short(notes, "notes"),
        quote_id=request.quote_id,
        required_skills=list(request.required_skills or parent.required_skills),
        priority=intake.require_priority(request.priority),
        priority_by_person_id=person_id if request.priority else "",
        priority_reason=intake.require_short(request.priority_reason, "priority_reason"),
        created_at=now,
        created_by_person_id=person_id,
        completion_code=completion_code.new_code(),
        due_at=instant_if_given(request.due_at, present=request.HasField("due_at"), field="due_at"),
        parent_work_order_id=parent.work_order_id,
        link_kind=kind,
        link_reason=intake.require_reason(request.reason),
        blamed_party=blamed or "",
        crew=[],
        lines=line_rows(request.lines) if request.lines else _same_lines(parent),
    )


def members_from_proto(request: orders_pb2.SetCrewRequest) -> list[Member]:
    """Who share the work."""
    return [Member(each.technician_id, each.share_basis_points) for each in request.crew]


def hand_over_row(
    row: WorkOrderRow, to_team_id: str, reason: str, now: datetime, person_id: str
) -> TeamHandOverRow:
    """A hand-over that is asked for."""
    return TeamHandOverRow(
        hand_over_id=new_id("ho", now),
        work_order_id=row.work_order_id,
        from_team_id=row.team_id,
        to_team_id=to_team_id,
        reason=reason,
        asked_at=now,
        asked_by_person_id=person_id,
    )


def hand_over_to_proto(row: TeamHandOverRow) -> orders_pb2.TeamHandOver:
    """A hand-over as it stands."""
    return orders_pb2.TeamHandOver(
        hand_over_id=row.hand_over_id,
        work_order_id=row.work_order_id,
        from_team_id=row.from_team_id,
        to_team_id=row.to_team_id,
        reason=row.reason,
        asked_at=instant_to_proto(row.asked_at),
        asked_by_person_id=row.asked_by_person_id,
        answer=_ANSWERS[row.answer] if row.answer else orders_pb2.HAND_OVER_ANSWER_UNSPECIFIED,
        answered_at=instant_to_proto(row.answered_at),
        answered_by_person_id=row.answered_by_person_id or "",
        answer_reason=row.answer_reason or "",
    )


def change_to_proto(row: WorkOrderChangeRow) -> orders_pb2.WorkOrderChange:
    """One line of a work order's history."""
    unknown = workorder_pb2.WORK_ORDER_STATE_UNSPECIFIED
    return orders_pb2.WorkOrderChange(
        work_order_id=row.work_order_id,
        revision=row.revision,
        changed_at=instant_to_proto(row.changed_at),
        acting_person_id=row.acting_person_id,
        verb=row.verb,
        from_state=state_to_proto(State(row.from_state)) if row.from_state else unknown,
        to_state=state_to_proto(State(row.to_state)),
        reason_code=row.reason_code,
        reason=row.reason,
        details=row.details,
    )


def _same_lines(parent: WorkOrderRow) -> list[WorkOrderLineRow]:
    return [
        WorkOrderLineRow(
            line_number=line.line_number,
            item_code=line.item_code,
            name=line.name,
            quantity=line.quantity,
            catalogue=line.catalogue,
        )
        for line in parent.lines
    ]
