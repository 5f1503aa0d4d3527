"""What is noted of a visit: its window, check-in, completion and acceptance."""

from __future__ import annotations

from datetime import datetime

from kit.rpc.convert import instant_from_proto
from protos.workorder.v1 import workorder_pb2
from services.workorder.convert.places import instant_if_given
from services.workorder.domain.geo import require_reported_point
from services.workorder.domain.orders.intake import require_short
from services.workorder.tables.work_orders import WorkOrderRow


def window_from_proto(
    request: workorder_pb2.ScheduleAppointmentRequest,
) -> tuple[datetime, datetime]:
    """The window of the visit."""
    return (
        instant_from_proto(request.appointment.window_start, "appointment.window_start"),
        instant_from_proto(request.appointment.window_end, "appointment.window_end"),
    )


def set_check_in(row: WorkOrderRow, request: workorder_pb2.CheckInRequest, now: datetime) -> None:
    """Note when and where the technician is on site, by our clock and by their device."""
    row.checked_in_at = now
    row.check_in_reported_at = instant_if_given(
        request.checked_in_at, present=request.HasField("checked_in_at"), field="checked_in_at"
    )
    if request.HasField("location"):
        given = request.location
        point, system = require_reported_point(
            given.longitude, given.latitude, given.coordinate_system, "location"
        )
        row.check_in_longitude, row.check_in_latitude = point.longitude, point.latitude
        row.check_in_coordinate_system = system


def set_completion(
    row: WorkOrderRow, request: workorder_pb2.CompleteWorkRequest, now: datetime
) -> None:
    """Note when the work was done and what was done."""
    row.completed_at = now
    row.completion_reported_at = instant_if_given(
        request.completed_at, present=request.HasField("completed_at"), field="completed_at"
    )
    row.completion_summary = require_short(request.summary, "summary")


def set_acceptance(
    row: WorkOrderRow, request: workorder_pb2.RecordAcceptanceRequest, now: datetime
) -> None:
    """Note that the customer said yes, and how they liked it."""
    row.acceptance_recorded_at = now
    row.rating = request.rating
    row.acceptance_comment = require_short(request.comment, "comment")
