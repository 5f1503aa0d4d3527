"""Boards, figures, forecasts and suggestions on the wire."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from kit.authn import Actor
from kit.rpc.convert import instant_to_proto
from protos.workorder.v1 import orders_pb2 as pb
from services.workorder.convert.enums import enum_from_proto
from services.workorder.convert.orders import work_orders
from services.workorder.domain.orders import board
from services.workorder.domain.orders.board import Grouping
from services.workorder.domain.orders.forecast import Hour
from services.workorder.domain.orders.intake import Catalogue
from services.workorder.domain.orders.suggestion import Suggestion, Work
from services.workorder.domain.orders.work_order import State
from services.workorder.tables.work_orders import WorkOrderRow


def grouping_from_proto(number: pb.BoardGrouping.ValueType) -> Grouping:
    """By what counts stand side by side."""
    return enum_from_proto(pb.BoardGrouping, Grouping, number, "grouping") or Grouping.ALL


def count_to_proto(group: str, state: str, count: int, overdue: int) -> pb.BoardCount:
    """How many of a group are in a state."""
    return pb.BoardCount(
        group=group,
        state=work_orders.state_to_proto(State(state)),
        count=count,
        overdue_count=overdue,
    )


def stuck_to_proto(row: WorkOrderRow, now: datetime, actor: Actor) -> pb.StuckWorkOrder:
    """A work order that is stuck, and why."""
    state, waited = State(row.state), now - row.state_since
    usual = board.USUAL[state]
    return pb.StuckWorkOrder(
        work_order=work_orders.to_proto(row, actor),
        minutes_in_state=int(waited.total_seconds()) // 60,
        usual_minutes=int(usual.total_seconds()) // 60 if waited > usual else 0,
        overdue=board.is_overdue(state, row.due_at, now),
    )


def hour_to_proto(hour: Hour) -> pb.ArrivalForecast:
    """An hour that is to come."""
    return pb.ArrivalForecast(
        hour_start=instant_to_proto(hour.starts_at),
        expected_hundredths=hour.expected_hundredths,
        least_count=hour.least,
        most_count=hour.most,
        peak=hour.peak,
    )


def work_of(row: WorkOrderRow) -> Work:
    """What is compared of a work order."""
    return Work(
        work_order_id=row.work_order_id,
        customer_id=row.customer_id,
        asset_id=row.asset_id,
        item_codes=frozenset(line.item_code for line in row.lines),
        words=f"{row.title}\n{row.notes}",
        completed_at=row.completed_at,
    )


def suggestions_to_proto(
    suggestions: Sequence[Suggestion], finished: Iterable[WorkOrderRow]
) -> pb.SuggestSolutionsResponse:
    """What helped before, with what was done and with which parts."""
    rows = {row.work_order_id: row for row in finished}
    return pb.SuggestSolutionsResponse(
        solutions=[_solution(suggestion, rows) for suggestion in suggestions]
    )


def _solution(suggestion: Suggestion, rows: Mapping[str, WorkOrderRow]) -> pb.SuggestedSolution:
    row = rows[suggestion.work_order_id]
    same_customer = "same_customer" in {reason.code for reason in suggestion.reasons}
    return pb.SuggestedSolution(
        work_order_id=row.work_order_id,
        title=row.title,
        completed_at=instant_to_proto(row.completed_at),
        completion_summary=row.completion_summary,
        parts=[
            work_orders.line_to_proto(line)
            for line in row.lines
            if line.catalogue == Catalogue.SPARE_PART_LIBRARY
        ],
        points=suggestion.points,
        reasons=[
            pb.SuggestionReason(
                reason=reason.code,
                points=reason.points,
                explanation=reason.chinese,
                explanation_en=reason.english,
            )
            for reason in suggestion.reasons
        ],
        notes=row.notes if same_customer else "",
    )
