"""What is asked of a list of work orders."""

from __future__ import annotations

from datetime import datetime

from kit.grams import words_of
from protos.workorder.v1 import workorder_pb2 as pb
from services.workorder.convert.enums import enum_from_proto
from services.workorder.convert.orders.work_orders import source_from_proto, state_from_proto
from services.workorder.convert.places import instant_if_given
from services.workorder.domain.access import Scope
from services.workorder.domain.orders.listing import Sorting, Wanted, require_sorting


def wanted_from_proto(request: pb.ListWorkOrdersRequest, scope: Scope, now: datetime) -> Wanted:
    """The filter of a list (``WORK_ORDER_STATE_UNKNOWN``, ``INSTANT_INVALID``)."""
    states = [state_from_proto(each) for each in (request.state, *request.states)]
    return Wanted(
        scope=scope,
        states=tuple(dict.fromkeys(state for state in states if state is not None)),
        open_only=request.open_only,
        technician_id=request.technician_id,
        case_id=request.case_id,
        team_id=request.team_id,
        outlet_id=request.outlet_id,
        customer_id=request.customer_id,
        asset_id=request.asset_id,
        region_code=request.region_code,
        stage=request.stage,
        priority=request.priority,
        source=source_from_proto(request.source) if request.source else "",
        parent_work_order_id=request.parent_work_order_id,
        item_code=request.item_code,
        created_from=_instant(request, "created_from"),
        created_before=_instant(request, "created_before"),
        window_from=_instant(request, "appointment_from"),
        window_before=_instant(request, "appointment_before"),
        due_before=now if request.overdue_only else None,
        words=tuple(words_of(request.text)),
    )


def sorting_from_proto(request: pb.ListWorkOrdersRequest, wanted: Wanted) -> Sorting:
    """What the list begins with (``WORK_ORDER_SORTING_INVALID``)."""
    found = enum_from_proto(pb.WorkOrderSorting, Sorting, request.sorting, "sorting")
    return require_sorting(found or Sorting.NEWEST, wanted)


def _instant(request: pb.ListWorkOrdersRequest, field: str) -> datetime | None:
    given = getattr(request, field)
    return instant_if_given(given, present=request.HasField(field), field=field)  # type: ignore[arg-type]  # by its name
