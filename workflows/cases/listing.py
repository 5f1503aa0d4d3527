"""What a list request wants, in the store's words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from google.protobuf.message import Message

from kit.clock import SHANGHAI
from kit.errors import InvalidArgument
from kit.grams import words_of
from kit.rpc.convert import decode_page_token, encode_page_token, instant_from_proto
from protos.cases.v1 import cases_pb2, incidents_pb2
from protos.common.v1 import page_pb2
from workflows.cases.store import case_lists, retries, task_lists
from workflows.cases.store.audit import ActFilter
from workflows.cases.store.case_lists import CaseFilter
from workflows.cases.store.incidents import IncidentFilter
from workflows.cases.store.paging import COUNTED, Order
from workflows.cases.store.retries import RetryFilter
from workflows.cases.store.task_lists import UserTaskFilter

R = TypeVar("R")

_CASE_ORDERS: Final = {
    cases_pb2.CASE_ORDER_UNSPECIFIED: case_lists.NEWEST,
    cases_pb2.CASE_ORDER_OLDEST: case_lists.OLDEST,
    cases_pb2.CASE_ORDER_DUE: case_lists.DUE,
    cases_pb2.CASE_ORDER_WAITING: case_lists.WAITING,
    cases_pb2.CASE_ORDER_CHANGED: case_lists.CHANGED,
}
_TASK_ORDERS: Final = {
    cases_pb2.USER_TASK_ORDER_UNSPECIFIED: task_lists.URGENT,
    cases_pb2.USER_TASK_ORDER_OLDEST: task_lists.OLDEST,
    cases_pb2.USER_TASK_ORDER_NEWEST: task_lists.NEWEST,
}
#: Words that are looked for at once; more are a text, not a search.
_MOST_WORDS: Final = 8


def case_filter(request: cases_pb2.ListCasesRequest, now: datetime) -> CaseFilter:
    """Which cases are wanted.

    Raises:
        InvalidArgument: ``CASE_INVOLVEMENT_MISSING``, ``FLOW_CODE_MISSING`` where something is of a
            flow that is not named, ``CASE_REGION_INVALID``, ``CASE_SEARCH_TOO_LONG``.
    """
    _needs_flow(request, "flow_version", "node")
    involved = _involvement(request)
    region = request.region_adcode
    if region and not (region.isascii() and region.isdigit() and len(region) in (2, 4, 6)):
        raise InvalidArgument(
            "CASE_REGION_INVALID", "give an adcode of 2, 4 or 6 digits", field="region_adcode"
        )
    words = tuple(words_of(request.words))
    if len(words) > _MOST_WORDS:
        raise InvalidArgument(
            "CASE_SEARCH_TOO_LONG", f"search for at most {_MOST_WORDS} words", field="words"
        )
    started = request.started_by_person_id
    return CaseFilter(
        flow_code=request.flow_code,
        flow_version=request.flow_version,
        state=request.state,
        open=request.open,
        stage=request.stage,
        region_adcode=region,
        customer_id=request.customer_id,
        priority_id=request.priority_id,
        parent_case_id=request.parent_case_id,
        started_by=started or involved.get(cases_pb2.CASE_INVOLVEMENT_STARTED, ""),
        acted_in_by=involved.get(cases_pb2.CASE_INVOLVEMENT_ACTED, ""),
        copied_to=involved.get(cases_pb2.CASE_INVOLVEMENT_COPIED, ""),
        waits_on=request.waits_on_person_id,
        node=request.node,
        due_before=_due_before(request, now),
        started_from=instant(request, "started_from"),
        started_before=instant(request, "started_before"),
        ended_from=instant(request, "ended_from"),
        ended_before=instant(request, "ended_before"),
        words=words,
    )


def user_task_filter(request: cases_pb2.ListUserTasksRequest, now: datetime) -> UserTaskFilter:
    """Which open user tasks are wanted.

    Raises:
        InvalidArgument: ``FLOW_CODE_MISSING`` when a node of no flow is named.
    """
    _needs_flow(request, "node")
    return UserTaskFilter(
        person_id=request.person_id,
        case_id=request.case_id,
        flow_code=request.flow_code,
        node=request.node,
        stage=request.stage,
        kind=request.user_task_kind,
        due_before=_due_before(request, now),
        claimed=request.claimed,
        unclaimed=request.unclaimed,
    )


def act_filter(request: cases_pb2.SearchActsRequest) -> ActFilter:
    """Which acts are wanted."""
    return ActFilter(
        person_id=request.acting_person_id,
        verb=request.verb,
        acted_from=instant(request, "acted_from"),
        acted_before=instant(request, "acted_before"),
        case_id=request.case_id,
        flow_code=request.flow_code,
    )


def case_order(request: cases_pb2.ListCasesRequest) -> Order:
    """What the list is sorted by."""
    return _CASE_ORDERS[request.sort_by]


def user_task_order(request: cases_pb2.ListUserTasksRequest) -> Order:
    """What the list is sorted by."""
    return _TASK_ORDERS[request.sort_by]


def incident_filter(request: incidents_pb2.ListIncidentsRequest) -> IncidentFilter:
    """Which incidents are wanted."""
    return IncidentFilter(
        resolved=request.resolved,
        flow_code=request.flow_code,
        node=request.node,
        reason=request.reason,
        case_id=request.case_id,
        raised_from=instant(request, "raised_from"),
        raised_before=instant(request, "raised_before"),
    )


def retry_filter(request: incidents_pb2.ListRetriedCallsRequest) -> RetryFilter:
    """Which calls that are made again are wanted."""
    return RetryFilter(
        flow_code=request.flow_code,
        rpc=request.rpc,
        reason=request.reason,
        case_id=request.case_id,
    )


def retries_after(page: page_pb2.PageRequest) -> retries.Key | None:
    """The call after which a page starts; None: it is the first.

    Raises:
        InvalidArgument: ``PAGE_TOKEN_INVALID``.
    """
    words = decode_page_token(page, 3)
    if words is None:
        return None
    return parsed(lambda w: (datetime.fromisoformat(w[0]), w[1], w[2]), words)


def page_start(page: page_pb2.PageRequest, order: Order) -> tuple[Any, ...] | None:
    """The key after which a page starts; None: it is the first.

    Raises:
        InvalidArgument: ``PAGE_TOKEN_INVALID``, also for a token of another order.
    """
    words = decode_page_token(page, len(order.columns))
    return None if words is None else parsed(order.read, words)


def parsed(read: Callable[[Sequence[str]], R], words: Sequence[str]) -> R:
    """What the words of a page token say.

    Raises:
        InvalidArgument: ``PAGE_TOKEN_INVALID``.
    """
    try:
        return read(words)
    except ValueError as error:
        raise InvalidArgument(
            "PAGE_TOKEN_INVALID", "pass next_page_token as it was given", field="page.page_token"
        ) from error


def page_after(rows: Sequence[object], size: int, order: Order) -> page_pb2.PageInfo:
    """Where a list goes on that was asked for one row more than the page."""
    if len(rows) <= size:
        return page_pb2.PageInfo()
    return page_pb2.PageInfo(next_page_token=encode_page_token(*order.key(rows[size - 1])))


def total(counted: int) -> cases_pb2.Total:
    """A count as far as it goes."""
    return cases_pb2.Total(count=min(counted, COUNTED), more=counted > COUNTED)


def next_midnight(now: datetime) -> datetime:
    """When today ends in Shanghai."""
    today = now.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=1)


def instant(message: Message, field: str) -> datetime | None:
    """An instant that need not be set."""
    return instant_from_proto(getattr(message, field), field) if message.HasField(field) else None


def _due_before(
    request: cases_pb2.ListCasesRequest | cases_pb2.ListUserTasksRequest, now: datetime
) -> datetime | None:
    due = instant(request, "due_before")
    if not request.overdue:
        return due
    return now if due is None else min(due, now)


def _involvement(request: cases_pb2.ListCasesRequest) -> dict[int, str]:
    """What the person has to do with the cases, and who it is."""
    if not request.person_id:
        return {}
    if request.involvement == cases_pb2.CASE_INVOLVEMENT_UNSPECIFIED:
        raise InvalidArgument(
            "CASE_INVOLVEMENT_MISSING",
            "say what the person has to do with the cases",
            field="involvement",
        )
    return {request.involvement: request.person_id}


def _needs_flow(request: Message, *fields: str) -> None:
    for field in fields:
        if getattr(request, field) and not getattr(request, "flow_code"):  # noqa: B009
            raise InvalidArgument(
                "FLOW_CODE_MISSING", f"name the flow whose {field} it is", field="flow_code"
            )
