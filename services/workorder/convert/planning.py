"""Days planned ahead, on the wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kit.rpc.convert import instant_to_proto
from protos.workorder.v1 import day_plan_pb2 as pb
from services.workorder.domain.planning.accepting import Planned
from services.workorder.domain.planning.calendar_day import CalendarDay
from services.workorder.domain.planning.difference import Row
from services.workorder.domain.planning.plan import Objective
from services.workorder.domain.planning.proposing import Proposal, Question
from services.workorder.tables.planning import DayPlanLineRow, DayPlanRow, PlannedVisitRow
from services.workorder.tables.work_orders import WorkOrderRow

#: Why nobody goes where a work order has no place on the map.
NO_LOCATION = "NO_LOCATION"


def worth_to_json(worth: Objective) -> dict[str, Any]:
    """What a plan is worth, as it is kept."""
    return {
        "unplaced": list(worth.unplaced),
        "moved": worth.moved,
        "drive_seconds": worth.travel,
    }


def plan_to_proto(row: DayPlanRow, changes: int, accepted: int) -> pb.DayPlan:
    """A proposal."""
    return pb.DayPlan(
        day_plan_id=row.day_plan_id,
        day=row.day.isoformat(),
        region_code=row.region_code,
        outlet_id=row.outlet_id,
        team_id=row.team_id,
        only_affected=row.only_affected,
        seed=row.seed,
        steps=row.steps,
        visit_count=row.visit_count,
        technician_count=row.technician_count,
        greedy=pb.DayPlanWorth(**row.greedy),
        proposed=pb.DayPlanWorth(**row.proposed),
        proposed_at=instant_to_proto(row.proposed_at),
        proposed_by_person_id=row.proposed_by_person_id,
        discarded_at=instant_to_proto(row.discarded_at),
        change_count=changes,
        accepted_count=accepted,
    )


def line_rows(
    day_plan_id: str,
    day: CalendarDay,
    question: Question,
    proposal: Proposal,
    standing: Mapping[str, Planned],
    nowhere: Sequence[str],
) -> list[DayPlanLineRow]:
    """The rows of a proposal, not stored yet; what is nowhere on the map is among them."""
    made = zip(question.asked, proposal.rows, proposal.drive_seconds, strict=True)
    rows = [
        _line_row(
            day_plan_id, day, row, one.service_seconds, drive, standing.get(row.work_order_id)
        )
        for one, row, drive in made
    ]
    return rows + [
        DayPlanLineRow(
            day_plan_id=day_plan_id,
            work_order_id=work_order_id,
            change="UNPLACED",
            technician_id="",
            drive_seconds=0,
            reason=NO_LOCATION,
            before_technician_id="",
        )
        for work_order_id in nowhere
    ]


def _line_row(
    day_plan_id: str,
    day: CalendarDay,
    row: Row,
    service_seconds: int,
    drive_seconds: int,
    before: Planned | None,
) -> DayPlanLineRow:
    begins = row.begins
    return DayPlanLineRow(
        day_plan_id=day_plan_id,
        work_order_id=row.work_order_id,
        change=row.change.value,
        technician_id=row.technician_id,
        begins_at=None if begins is None else day.instant(begins),
        ends_at=None if begins is None else day.instant(begins + service_seconds),
        place_in_route=None if row.place_in_route is None else row.place_in_route + 1,
        drive_seconds=drive_seconds,
        reason=row.reason.value if row.reason else "",
        before_technician_id=before.technician_id if before else "",
        before_begins_at=before.begins_at if before else None,
        before_ends_at=before.ends_at if before else None,
    )


def line_to_proto(
    row: DayPlanLineRow, names: Mapping[str, str], titles: Mapping[str, str]
) -> pb.DayPlanRow:
    """One work order of a proposal."""
    return pb.DayPlanRow(
        work_order_id=row.work_order_id,
        change=row.change,
        technician_id=row.technician_id,
        technician_name=names.get(row.technician_id, ""),
        begins_at=instant_to_proto(row.begins_at),
        ends_at=instant_to_proto(row.ends_at),
        place_in_route=row.place_in_route or 0,
        drive_seconds=row.drive_seconds,
        reason=row.reason,
        before_technician_id=row.before_technician_id,
        before_begins_at=instant_to_proto(row.before_begins_at),
        accepted_at=instant_to_proto(row.accepted_at),
        accepted_by_person_id=row.accepted_by_person_id,
        title=titles.get(row.work_order_id, ""),
    )


def visit_to_proto(
    row: PlannedVisitRow, work_order: WorkOrderRow, names: Mapping[str, str], affected: str
) -> pb.PlannedVisit:
    """Who is planned to go to a work order."""
    return pb.PlannedVisit(
        work_order_id=row.work_order_id,
        title=work_order.title,
        place_name=work_order.place_name,
        technician_id=row.technician_id,
        technician_name=names.get(row.technician_id, ""),
        begins_at=instant_to_proto(row.begins_at),
        ends_at=instant_to_proto(row.ends_at),
        day_plan_id=row.day_plan_id,
        planned_by_person_id=row.planned_by_person_id,
        pinned_at=instant_to_proto(row.pinned_at),
        pinned_by_person_id=row.pinned_by_person_id,
        pin_reason=row.pin_reason,
        affected=affected,
    )
