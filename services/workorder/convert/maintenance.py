"""Maintenance plans and visits on the wire."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from google.protobuf import json_format
from google.protobuf.struct_pb2 import Struct

from kit.errors import InvalidArgument
from kit.ids import new_id
from kit.rpc.convert import instant_to_proto
from protos.common.v1 import place_pb2
from protos.workorder.v1 import maintenance_pb2 as pb
from protos.workorder.v1 import workorder_pb2
from services.workorder.convert.enums import enum_from_proto, enum_to_proto
from services.workorder.domain.maintenance.maintenance import (
    Fact,
    Plan,
    PlanState,
    Visit,
    VisitState,
    inputs_of,
)
from services.workorder.domain.maintenance.recurrence import (
    Occurrence,
    Recurrence,
    Unit,
    require_recurrence,
)
from services.workorder.domain.orders import intake
from services.workorder.tables.maintenance import (
    MaintenancePlanChangeRow,
    MaintenancePlanLineRow,
    MaintenancePlanRow,
    MaintenanceVisitRow,
)


def recurrence_from_proto(given: pb.Recurrence) -> Recurrence:
    """On which days (``MAINTENANCE_RECURRENCE_INVALID``, naming the field)."""
    unit = enum_from_proto(pb.RecurrenceUnit, Unit, given.unit, "recurrence.unit")
    if unit is None:
        raise InvalidArgument(
            "MAINTENANCE_RECURRENCE_INVALID",
            "say whether it counts days, weeks or months",
            field="recurrence.unit",
        )
    recurrence = Recurrence(
        every=given.every,
        unit=unit,
        first_visit_on=_day(given.first_visit_on, "recurrence.first_visit_on"),
        season_months=frozenset(given.season_months),
        window_days=given.window_days or 1,
        ends_on=day_if_given(given.ends_on, "recurrence.ends_on"),
    )
    require_recurrence(recurrence, given.visit_count)
    return recurrence


def row_from_proto(
    request: pb.CreateMaintenancePlanRequest, plan: Plan, now: datetime, person_id: str
) -> MaintenancePlanRow:
    """The rows of a new plan.

    Raises:
        InvalidArgument: ``WORK_ORDER_…`` or ``MAINTENANCE_INPUTS_INVALID``, naming the field.
    """
    recurrence, following = plan.recurrence, plan.next
    return MaintenancePlanRow(
        plan_id=plan.plan_id,
        revision=plan.revision,
        state=plan.state,
        title=intake.require_text(request.title, "title", at_most=200),
        contract_number=_short(request.contract_number, "contract_number"),
        customer_id=intake.require_text(request.customer_id, "customer_id", at_most=64),
        address_id=_short(request.address_id, "address_id"),
        asset_id=_short(request.asset_id, "asset_id"),
        adcode=intake.require_adcode(request.place.adcode),
        adcode_path=list(request.place.adcode_path),
        zone_codes=list(request.place.zone_codes),
        flow_code=intake.require_text(request.flow_code, "flow_code", at_most=100),
        flow_inputs=_plain(request.flow_inputs),
        visit_inputs=_visit_inputs(request.visit_inputs),
        every=recurrence.every,
        unit=recurrence.unit,
        first_visit_on=recurrence.first_visit_on,
        window_days=recurrence.window_days,
        season_months=sorted(recurrence.season_months),
        ends_on=recurrence.ends_on,
        visit_count=plan.visit_count,
        lead_days=plan.lead_days,
        next_occurrence=following.number if following else None,
        next_visit_on=following.due_on if following else None,
        claimed_count=plan.claimed_count,
        created_at=now,
        created_by_person_id=person_id,
        lines=_line_rows(request.lines),
    )


def visit_row(plan: Plan, visit: Visit, now: datetime) -> MaintenanceVisitRow:
    """The row of a visit that falls due."""
    return MaintenanceVisitRow(
        visit_id=new_id("mv", now),
        plan_id=plan.plan_id,
        occurrence=visit.occurrence.number,
        visit_number=visit.number,
        due_on=visit.occurrence.due_on,
        last_day=visit.occurrence.last_day,
        state=VisitState.DUE,
        claimed_at=now,
    )


def plan_to_proto(
    row: MaintenancePlanRow, changes: Sequence[MaintenancePlanChangeRow] = ()
) -> pb.MaintenancePlan:
    """A plan, with what happened to it where that is asked for."""
    return pb.MaintenancePlan(
        plan_id=row.plan_id,
        revision=row.revision,
        state=enum_to_proto(pb.MaintenancePlanState, PlanState(row.state)),
        title=row.title,
        contract_number=row.contract_number,
        customer_id=row.customer_id,
        address_id=row.address_id,
        asset_id=row.asset_id,
        place=place_pb2.Place(
            adcode=row.adcode, adcode_path=row.adcode_path, zone_codes=row.zone_codes
        ),
        lines=[
            workorder_pb2.WorkOrderLine(
                line_number=line.line_number,
                item_code=line.item_code,
                name=line.name,
                quantity=line.quantity,
            )
            for line in row.lines
        ],
        recurrence=_recurrence_to_proto(row),
        lead_days=row.lead_days,
        flow_code=row.flow_code,
        flow_inputs=_struct(row.flow_inputs),
        visit_inputs=[
            pb.VisitInput(input=name, fact=enum_to_proto(pb.VisitFact, Fact(fact)))
            for name, fact in row.visit_inputs.items()
        ],
        claimed_count=row.claimed_count,
        next_visit_on=_text(row.next_visit_on),
        created_at=instant_to_proto(row.created_at),
        created_by_person_id=row.created_by_person_id,
        changes=[
            pb.MaintenancePlanChange(
                revision=change.revision,
                verb=change.verb,
                changed_at=instant_to_proto(change.changed_at),
                acting_person_id=change.acting_person_id,
                reason=change.reason,
            )
            for change in changes
        ],
    )


def visit_to_proto(row: MaintenanceVisitRow) -> pb.MaintenanceVisit:
    """A visit and what became of it."""
    return pb.MaintenanceVisit(
        visit_id=row.visit_id,
        plan_id=row.plan_id,
        visit_number=row.visit_number,
        due_on=row.due_on.isoformat(),
        last_day=row.last_day.isoformat(),
        state=enum_to_proto(pb.MaintenanceVisitState, VisitState(row.state)),
        claimed_at=instant_to_proto(row.claimed_at),
        case_id=row.case_id or "",
        started_at=instant_to_proto(row.started_at),
        fault=row.fault,
        fault_count=row.fault_count,
        skip_reason=row.skip_reason,
    )


def due_visit_to_proto(visit: MaintenanceVisitRow, plan: MaintenancePlanRow) -> pb.DueVisit:
    """A visit as whoever starts its case needs it."""
    inputs = inputs_of(plan.flow_inputs, plan.visit_inputs, _facts(visit, plan))
    return pb.DueVisit(
        visit_id=visit.visit_id,
        plan_id=plan.plan_id,
        flow_code=plan.flow_code,
        title=f"{plan.title} · {visit.visit_number}",
        customer_id=plan.customer_id,
        adcode=plan.adcode,
        inputs=_struct(inputs),
    )


def days_to_proto(days: Iterable[Occurrence]) -> pb.PreviewMaintenanceVisitsResponse:
    """Days on which visits fall."""
    return pb.PreviewMaintenanceVisitsResponse(
        days=[
            pb.VisitDay(due_on=day.due_on.isoformat(), last_day=day.last_day.isoformat())
            for day in days
        ]
    )


def plan_state_from_proto(number: pb.MaintenancePlanState.ValueType) -> PlanState | None:
    """A state from the wire; None when none was given."""
    return enum_from_proto(pb.MaintenancePlanState, PlanState, number, "state")


def visit_state_from_proto(number: pb.MaintenanceVisitState.ValueType) -> VisitState | None:
    """A state from the wire; None when none was given."""
    return enum_from_proto(pb.MaintenanceVisitState, VisitState, number, "state")


def day_if_given(text: str, field: str) -> date | None:
    """An ISO date that may be left out (``MAINTENANCE_RECURRENCE_INVALID``)."""
    return _day(text, field) if text else None


def _facts(visit: MaintenanceVisitRow, plan: MaintenancePlanRow) -> dict[Fact, Any]:
    return {
        Fact.CUSTOMER_ID: plan.customer_id,
        Fact.ADDRESS_ID: plan.address_id,
        Fact.ASSET_ID: plan.asset_id,
        Fact.ADCODE: plan.adcode,
        Fact.CONTRACT_NUMBER: plan.contract_number,
        Fact.PLAN_ID: plan.plan_id,
        Fact.VISIT_ID: visit.visit_id,
        Fact.VISIT_NUMBER: visit.visit_number,
        Fact.DUE_ON: visit.due_on.isoformat(),
        Fact.LAST_DAY: visit.last_day.isoformat(),
        Fact.LINES: [
            {"item_code": line.item_code, "name": line.name, "quantity": line.quantity}
            for line in plan.lines
        ],
    }


def _visit_inputs(given: Iterable[pb.VisitInput]) -> dict[str, str]:
    found: dict[str, str] = {}
    for position, each in enumerate(given):
        at = f"visit_inputs[{position}]"
        fact = enum_from_proto(pb.VisitFact, Fact, each.fact, f"{at}.fact")
        name = each.input.strip()
        if not name or name in found or fact is None:
            raise InvalidArgument(
                "MAINTENANCE_INPUTS_INVALID",
                "name each input of the flow once, with the fact of the visit that it is",
                field=f"{at}.fact" if name and name not in found else f"{at}.input",
            )
        found[name] = fact
    return found


def _line_rows(given: Iterable[workorder_pb2.WorkOrderLine]) -> list[MaintenancePlanLineRow]:
    lines = [
        intake.Line(line.line_number or position, line.item_code, line.name, line.quantity)
        for position, line in enumerate(given, start=1)
    ]
    intake.require_lines(lines)
    return [
        MaintenancePlanLineRow(
            line_number=line.number,
            item_code=line.item_code,
            name=line.name,
            quantity=line.quantity,
        )
        for line in lines
    ]


def _recurrence_to_proto(row: MaintenancePlanRow) -> pb.Recurrence:
    return pb.Recurrence(
        every=row.every,
        unit=enum_to_proto(pb.RecurrenceUnit, Unit(row.unit)),
        first_visit_on=row.first_visit_on.isoformat(),
        season_months=row.season_months,
        window_days=row.window_days,
        ends_on=_text(row.ends_on),
        visit_count=row.visit_count or 0,
    )


def _short(text: str, field: str) -> str:
    text = text.strip()
    return intake.require_text(text, field, at_most=100) if text else ""


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidArgument(
            "MAINTENANCE_RECURRENCE_INVALID", f"{text!r} is no date; write 2026-03-02", field=field
        ) from error


def _text(day: date | None) -> str:
    return day.isoformat() if day else ""


def _struct(plain: dict[str, Any]) -> Struct:
    struct = Struct()
    struct.update(plain)
    return struct


def _plain(struct: Struct) -> dict[str, Any]:
    return {name: _whole(value) for name, value in json_format.MessageToDict(struct).items()}


def _whole(value: Any) -> Any:
    """A struct knows only floating numbers; whole ones are integers again."""
    match value:
        case dict():
            return {name: _whole(each) for name, each in value.items()}
        case list():
            return [_whole(each) for each in value]
        case float() if value.is_integer():
            return int(value)
        case _:
            return value
