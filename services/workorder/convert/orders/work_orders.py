"""Work orders on the wire."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from kit.authn import Actor
from kit.errors import InvalidArgument
from kit.ids import new_id
from kit.rpc.convert import instant_to_proto
from protos.common.v1 import place_pb2
from protos.pricing.v1 import library_pb2
from protos.workorder.v1 import workorder_pb2
from services.workorder.convert.enums import enum_from_proto, enum_to_proto
from services.workorder.convert.orders import offers
from services.workorder.convert.places import instant_if_given, point_from_proto, point_to_proto
from services.workorder.domain import access
from services.workorder.domain.orders import completion_code, intake
from services.workorder.domain.orders.intake import Catalogue, Source
from services.workorder.domain.orders.link import LinkKind
from services.workorder.domain.orders.work_order import State
from services.workorder.domain.registry import skill
from services.workorder.tables.desk import WorkOrderTemplateRow
from services.workorder.tables.work_orders import WorkOrderLineRow, WorkOrderRow

#: What is nobody's business outside the company.
_OF_THE_COMPANY: Final = ("crew", "customer_level", "priority_rule", "priority_reason", "owner_id")


def row_from_proto(
    request: workorder_pb2.CreateWorkOrderRequest,
    now: datetime,
    person_id: str,
    template: WorkOrderTemplateRow | None = None,
) -> WorkOrderRow:
    """The rows of a new work order, and of what template it was made.

    Raises:
        InvalidArgument: ``WORK_ORDER_…`` or ``LOCATION_…``, naming the field.
    """
    location = point_from_proto(
        request.location, present=request.HasField("location"), field="location"
    )
    skill.parse_required(request.required_skills)
    return WorkOrderRow(
        work_order_id=new_id("wo", now),
        revision=1,
        case_id=request.case_id,
        stage=intake.require_stage(request.stage),
        title=intake.require_text(request.title, "title", at_most=200),
        state=State.CREATED,
        customer_id=intake.require_text(request.customer_id, "customer_id", at_most=64),
        address_id=request.address_id,
        **place_columns(request.place),
        longitude=location and location.longitude,
        latitude=location and location.latitude,
        floor=intake.require_floor(request.floor),
        notes=intake.require_short(request.notes, "notes"),
        quote_id=request.quote_id,
        required_skills=list(request.required_skills),
        priority=intake.require_priority(request.priority),
        priority_by_person_id=person_id if request.priority else "",
        priority_reason=intake.require_short(request.priority_reason, "priority_reason"),
        source=source_from_proto(request.source),
        source_ref=request.source_ref,
        asset_id=request.asset_id,
        in_warranty=request.in_warranty,
        customer_level=request.customer_level,
        team_id=request.team_id,
        outlet_id=request.outlet_id,
        due_at=instant_if_given(request.due_at, present=request.HasField("due_at"), field="due_at"),
        template_code=template.template_code if template else None,
        template_version=template.template_version if template else None,
        checklist_code=template.presets.get("checklist_code", "") if template else "",
        crew=[],
        created_at=now,
        created_by_person_id=person_id,
        completion_code=completion_code.new_code(),
        lines=line_rows(request.lines),
    )


def place_columns(place: place_pb2.Place) -> dict[str, Any]:
    """The columns of the place of work (``WORK_ORDER_PLACE_MISSING``)."""
    resolved_at = instant_if_given(
        place.resolved_at, present=place.HasField("resolved_at"), field="place.resolved_at"
    )
    return {
        "adcode": intake.require_adcode(place.adcode),
        "adcode_path": list(place.adcode_path),
        "zone_codes": list(place.zone_codes),
        "city_tier": place.city_tier,
        "place_name": place.place_name,
        "place_resolved_at": resolved_at,
        "zones_known": place.zones_known,
        "former_adcode": place.former_adcode,
    }


def to_proto(row: WorkOrderRow, actor: Actor) -> workorder_pb2.WorkOrder:
    """A work order as the actor may see it: of several offers a technician sees their own."""
    theirs = actor.person_id if access.scope_of(actor).technician_id else ""
    message = to_event_proto(row, theirs)
    if not access.sees_earning(actor):
        message.offer.ClearField("earning_id")
        message.offer.ClearField("earning_total")
        for name in _OF_THE_COMPANY:
            message.ClearField(name)
    if access.sees_completion_code(actor, row.technician_id()):
        message.completion_code = row.completion_code
    return message


def to_event_proto(row: WorkOrderRow, technician_id: str = "") -> workorder_pb2.WorkOrder:
    """A work order as events tell it: without the completion code, and with the offer to a technician
    or, without one, the first that lives."""
    live, accepted = row.live_offer(technician_id), row.accepted_offer()
    return workorder_pb2.WorkOrder(
        work_order_id=row.work_order_id,
        revision=row.revision,
        case_id=row.case_id,
        stage=row.stage,
        title=row.title,
        state=state_to_proto(State(row.state)),
        customer_id=row.customer_id,
        address_id=row.address_id,
        place=place_pb2.Place(
            adcode=row.adcode,
            adcode_path=row.adcode_path,
            zone_codes=row.zone_codes,
            city_tier=row.city_tier,
            place_name=row.place_name,
            resolved_at=instant_to_proto(row.place_resolved_at),
            zones_known=row.zones_known,
            former_adcode=row.former_adcode,
        ),
        location=point_to_proto(row.longitude, row.latitude),
        floor=row.floor,
        notes=row.notes,
        lines=[line_to_proto(line) for line in row.lines],
        quote_id=row.quote_id,
        required_skills=row.required_skills,
        priority=row.priority,
        offer=offers.to_proto(live) if live else None,
        offered_technician_ids=(
            []
            if technician_id
            else [each.technician_id for each in row.live_offers if not each.outcome]
        ),
        technician_id=accepted.technician_id if accepted else "",
        appointment=_appointment_to_proto(row),
        created_at=instant_to_proto(row.created_at),
        accepted_at=instant_to_proto(accepted.outcome_at if accepted else None),
        checked_in_at=instant_to_proto(row.checked_in_at),
        completed_at=instant_to_proto(row.completed_at),
        acceptance_recorded_at=instant_to_proto(row.acceptance_recorded_at),
        rating=row.rating,
        cancel_reason=row.cancel_reason,
        code_tries_left=completion_code.tries_left(row.wrong_code_count),
        completion_summary=row.completion_summary,
        acceptance_comment=row.acceptance_comment,
        check_in_reported_at=instant_to_proto(row.check_in_reported_at),
        completion_reported_at=instant_to_proto(row.completion_reported_at),
        asset_id=row.asset_id,
        team_id=row.team_id,
        outlet_id=row.outlet_id,
        source=enum_to_proto(workorder_pb2.WorkOrderSource, Source(row.source)),
        source_ref=row.source_ref,
        parent_work_order_id=row.parent_work_order_id or "",
        link_kind=enum_to_proto(
            workorder_pb2.WorkOrderLinkKind, LinkKind(row.link_kind) if row.link_kind else None
        ),
        template_code=row.template_code or "",
        template_version=row.template_version or 0,
        priority_rule=row.priority_rule,
        priority_reason=row.priority_reason,
        due_at=instant_to_proto(row.due_at),
        crew=[workorder_pb2.CrewMember(**member) for member in row.crew],
        customer_level=row.customer_level,
        in_warranty=row.in_warranty,
        checklist_code=row.checklist_code,
        state_since=instant_to_proto(row.state_since),
        responded_at=instant_to_proto(row.responded_at),
        owner_id=row.owner_id(),
        cancel_code=row.cancel_code,
    )


def state_to_proto(state: State) -> workorder_pb2.WorkOrderState.ValueType:
    """A state on the wire."""
    return workorder_pb2.WorkOrderState.Value(f"WORK_ORDER_STATE_{state.name}")


def state_from_proto(number: workorder_pb2.WorkOrderState.ValueType) -> State | None:
    """A state from the wire; None when none was given.

    Raises:
        InvalidArgument: ``WORK_ORDER_STATE_UNKNOWN``.
    """
    for state in State:
        if state_to_proto(state) == number:
            return state
    if number == workorder_pb2.WORK_ORDER_STATE_UNSPECIFIED:
        return None
    raise InvalidArgument(
        "WORK_ORDER_STATE_UNKNOWN", f"there is no work order state {number}", field="state"
    )


def _appointment_to_proto(row: WorkOrderRow) -> workorder_pb2.Appointment | None:
    if row.window_start is None:
        return None
    return workorder_pb2.Appointment(
        window_start=instant_to_proto(row.window_start), window_end=instant_to_proto(row.window_end)
    )


def source_from_proto(number: workorder_pb2.WorkOrderSource.ValueType) -> Source:
    """Where a work order comes from; a case where nobody says."""
    found = enum_from_proto(workorder_pb2.WorkOrderSource, Source, number, "source")
    return found or Source.CASE


def line_to_proto(line: WorkOrderLineRow) -> workorder_pb2.WorkOrderLine:
    """One thing to do."""
    catalogue = Catalogue(line.catalogue) if line.catalogue else None
    return workorder_pb2.WorkOrderLine(
        line_number=line.line_number,
        item_code=line.item_code,
        name=line.name,
        quantity=line.quantity,
        catalogue=enum_to_proto(library_pb2.Catalogue, catalogue),
    )


def line_rows(given: Iterable[workorder_pb2.WorkOrderLine]) -> list[WorkOrderLineRow]:
    """The rows of what is to be done (``WORK_ORDER_LINES_EMPTY`` or ``WORK_ORDER_LINE_INVALID``)."""
    messages = list(given)
    lines = [
        intake.Line(line.line_number or position, line.item_code, line.name, line.quantity)
        for position, line in enumerate(messages, start=1)
    ]
    intake.require_lines(lines)
    return [
        WorkOrderLineRow(
            line_number=line.number,
            item_code=line.item_code,
            name=line.name,
            quantity=line.quantity,
            catalogue=_catalogue(message.catalogue, place) or "",
        )
        for place, (line, message) in enumerate(zip(lines, messages, strict=True))
    ]


def _catalogue(number: library_pb2.Catalogue.ValueType, place: int) -> Catalogue | None:
    return enum_from_proto(library_pb2.Catalogue, Catalogue, number, f"lines[{place}].catalogue")
