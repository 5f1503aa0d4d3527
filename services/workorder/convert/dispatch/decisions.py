"""Dispatch decisions on the wire, and what a work order asks of its technician."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from kit.errors import InvalidArgument
from kit.rpc.convert import instant_from_proto, instant_to_proto
from protos.workorder.v1 import workorder_pb2
from services.workorder.convert.dispatch.candidates import candidate_to_proto, placed_candidate
from services.workorder.domain.appointments.appointment import require_window
from services.workorder.domain.dispatch.decision import Decision
from services.workorder.domain.dispatch.hours import micros_of
from services.workorder.domain.dispatch.need import Need, Relations, Wishes
from services.workorder.domain.dispatch.policy import BOUNDS, Policy
from services.workorder.domain.geo import Point
from services.workorder.domain.registry import skill, technician
from services.workorder.tables.work_orders import WorkOrderRow

_MOST_TAGS = 20


def wishes_from_proto(request: workorder_pb2.RankCandidatesRequest, now: datetime) -> Wishes:
    """What a ranking is asked for beyond the work order.

    Raises:
        InvalidArgument: ``WORK_ORDER_APPOINTMENT_INVALID`` or ``DISPATCH_NEED_INVALID``, naming the
            field.
    """
    window = None
    if request.HasField("window"):
        window = (
            instant_from_proto(request.window.window_start, "window.window_start"),
            instant_from_proto(request.window.window_end, "window.window_end"),
        )
        require_window(*window, now)
    least, most = BOUNDS["service_minutes"]
    if request.service_minutes and not least <= request.service_minutes <= most:
        raise _invalid("service_minutes", f"is {least} to {most}, or 0 for what the policy says")
    if len(request.required_tags) > _MOST_TAGS:
        raise _invalid("required_tags", f"are at most {_MOST_TAGS}")
    if request.cooperation_mode:
        technician.require_cooperation_mode(request.cooperation_mode, "cooperation_mode")
    return Wishes(
        window=window,
        service_minutes=request.service_minutes,
        brand_code=request.brand_code,
        cooperation_mode=request.cooperation_mode,
        required_tags=frozenset(request.required_tags),
        outlet_id=request.outlet_id,
        team_id=request.team_id,
        excluded_technician_ids=frozenset(request.excluded_technician_ids),
    )


def need_of(
    row: WorkOrderRow,
    wishes: Wishes,
    relations: Relations,
    parts: Mapping[str, int],
    policy: Policy,
    now: datetime,
    team: Collection[str] = (),
) -> Need:
    """What a work order asks of its technician; without an agreed window, as soon as the policy
    asks.

    Args:
        team: the members of the team that alone is asked.
    """
    if wishes.window is not None:
        begins, ends = wishes.window
    elif row.window_start is not None and row.window_end is not None and row.window_end > now:
        begins, ends = row.window_start, row.window_end
    else:
        begins, ends = now, now + timedelta(minutes=policy.horizon_minutes)
    located = row.longitude is not None and row.latitude is not None
    return Need(
        at=micros_of(now),
        window=(micros_of(begins), micros_of(ends)),
        service_minutes=wishes.service_minutes or policy.service_minutes,
        place_codes=_place_codes(row),
        location=Point(row.longitude, row.latitude) if located else None,  # type: ignore[arg-type]
        required_skills=skill.parse_required(row.required_skills),
        cooperation_mode=wishes.cooperation_mode,
        brand_code=wishes.brand_code,
        required_tags=wishes.required_tags,
        asked_outlet_id=wishes.outlet_id,
        asked_team_id=wishes.team_id,
        team_technician_ids=frozenset(team),
        excluded_technician_ids=wishes.excluded_technician_ids,
        barred_technician_ids=relations.barred_technician_ids,
        barred_outlet_ids=relations.barred_outlet_ids,
        preferred_technician_ids=relations.preferred_technician_ids,
        preferred_outlet_ids=relations.preferred_outlet_ids,
        previous_technician_ids=relations.previous_technician_ids,
        parts=parts,
    )


def to_proto(
    decision: Decision, names: Mapping[str, str], places: Collection[int]
) -> workorder_pb2.DispatchDecision:
    """A decision with some of its candidates, each with every value, score and weight.

    Args:
        places: which candidates, 0 the best.
    """
    ranking = decision.ranking
    return workorder_pb2.DispatchDecision(
        decision_id=decision.decision_id,
        work_order_id=decision.work_order_id,
        planned_technician_id=decision.planned_technician_id,
        policy_version=decision.policy.version,
        candidates=[
            candidate_to_proto(placed_candidate(decision, place), decision.policy, names)
            for place in places
        ],
        excluded=[
            workorder_pb2.ExcludedCount(reason=reason, technician_count=count)
            for reason, count in ranking.excluded.items()
        ],
        decided_at=instant_to_proto(decision.decided_at),
        candidate_count=len(ranking.technician_ids),
        technician_count=ranking.technician_count,
    )


def _place_codes(row: WorkOrderRow) -> tuple[str, ...]:
    """Zones first, then the district and what lies above it."""
    return tuple(dict.fromkeys((*row.zone_codes, row.adcode, *row.adcode_path)))


def _invalid(field: str, what: str) -> InvalidArgument:
    return InvalidArgument("DISPATCH_NEED_INVALID", f"{field} {what}", field=field)
