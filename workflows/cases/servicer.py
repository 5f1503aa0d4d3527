"""The case read model as the screens ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from grpc.aio import ServicerContext

from kit.authn import Actor, current_actor
from kit.clock import Clock
from kit.db.session import current_session
from kit.errors import InvalidArgument, NotFound, PermissionDenied
from kit.rpc import events
from kit.rpc.convert import decode_page_token, encode_page_token, page_size
from protos.cases.v1 import cases_pb2, cases_pb2_grpc
from protos.common.v1 import page_pb2
from workflows.cases import convert, store
from workflows.cases.sight import (
    HAND_OVER_ROLES,
    INBOX_ROLES,
    OFFICE_ROLES,
    open_verbs,
    task_verbs,
    visible_data,
)
from workflows.cases.tables import CaseRow
from workflows.runtime.waiting import account

Context = ServicerContext[Any, Any]

#: A page token's parts: when the case started, its id.
_CASE_KEY_PARTS: Final = 2
#: Its due instant, when it opened, its workflow, its id.
_TASK_KEY_PARTS: Final = 4


class CaseServicer(cases_pb2_grpc.CaseServiceServicer):
    """Serves ``cases.v1.CaseService`` over the schema ``flows``."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def RecordCase(
        self, request: cases_pb2.RecordCaseRequest, context: Context
    ) -> cases_pb2.RecordCaseResponse:
        if not current_actor().is_system:
            raise PermissionDenied("CASE_RECORD_FORBIDDEN", "only a case records itself")
        case, session = request.case, current_session()
        await store.lock_case(session, case.case_id)
        newest = await store.raise_revision(session, case.workflow_id, case.case_id, case.revision)
        await store.add_acts(session, [convert.act_values(a, case.case_id) for a in request.acts])
        if newest:
            await self._replace(request)
        return cases_pb2.RecordCaseResponse(recorded=newest)

    async def _replace(self, request: cases_pb2.RecordCaseRequest) -> None:
        case, session = request.case, current_session()
        if _tells_of_itself(case):
            await store.put_case(session, convert.case_values(case))
        await store.replace_user_tasks(
            session,
            case.workflow_id,
            [convert.user_task_values(task, case) for task in case.user_tasks],
        )
        await store.replace_awaited_events(
            session,
            case.workflow_id,
            [convert.awaited_values(awaited, case.workflow_id) for awaited in request.awaited],
        )
        await self._announce(case.case_id)

    async def _announce(self, case_id: str) -> None:
        """Tell the screens; a field work may be heard of before its case is."""
        row = await store.case_by_id(current_session(), case_id)
        if row is not None:
            (case,) = await _with_tasks([row])
            changed = cases_pb2.CaseChanged(case=case)
            await events.record(
                changed,
                aggregate=("case", case_id),
                occurred_at=self._clock.now(),
                case_id=case_id,
            )

    async def GetCase(self, request: cases_pb2.GetCaseRequest, context: Context) -> cases_pb2.Case:
        actor, session = current_actor(), current_session()
        row = await store.case_by_id(session, request.case_id, with_data=True)
        if row is None or not await _may_see(actor, row):
            raise NotFound("CASE_UNKNOWN", f"no case {request.case_id}", field="case_id")
        (case,) = await _with_tasks([row], visible_data(row.data, actor))
        case.copied_to_person_ids.extend(await store.copies(session, case.case_id))
        waits = [convert.waited_of(told) for told in await store.waits(session, case.case_id)]
        case.waiting_charges.extend(
            cases_pb2.WaitingCharge(party=party, working_seconds=seconds)
            for party, seconds in account(waits).items()
        )
        return _for(actor, case)

    async def ListCases(
        self, request: cases_pb2.ListCasesRequest, context: Context
    ) -> cases_pb2.ListCasesResponse:
        actor = current_actor()
        if request.person_id != actor.person_id:
            actor.require_role(*OFFICE_ROLES)
        size = page_size(request.page)
        key = decode_page_token(request.page, _CASE_KEY_PARTS)
        rows = await store.list_cases(
            current_session(),
            _filter_of(request),
            (_instant(key[0]), key[1]) if key else None,
            size + 1,
        )
        page = page_pb2.PageInfo()
        if len(rows) > size:
            last = rows[size - 1]
            page.next_page_token = encode_page_token(last.started_at.isoformat(), last.case_id)
        cases = [_for(actor, case) for case in await _with_tasks(rows[:size])]
        return cases_pb2.ListCasesResponse(cases=cases, page=page)

    async def ListUserTasks(
        self, request: cases_pb2.ListUserTasksRequest, context: Context
    ) -> cases_pb2.ListUserTasksResponse:
        actor = current_actor()
        if request.person_id != actor.person_id:
            actor.require_role(*INBOX_ROLES)
        size = page_size(request.page)
        key = decode_page_token(request.page, _TASK_KEY_PARTS)
        rows = await store.list_user_tasks(
            current_session(),
            request.person_id,
            request.case_id,
            (_instant(key[0]), _instant(key[1]), key[2], key[3]) if key else None,
            size + 1,
        )
        page = page_pb2.PageInfo()
        if len(rows) > size:
            last = rows[size - 1]
            page.next_page_token = encode_page_token(
                last.due_at.isoformat(),
                last.opened_at.isoformat(),
                last.workflow_id,
                last.user_task_id,
            )
        tasks = [convert.user_task_message(row) for row in rows[:size]]
        for task in tasks:
            task.my_verbs.extend(task_verbs(task, actor))
        return cases_pb2.ListUserTasksResponse(user_tasks=tasks, page=page)

    async def ListActs(
        self, request: cases_pb2.ListActsRequest, context: Context
    ) -> cases_pb2.ListActsResponse:
        current_actor().require_role(*OFFICE_ROLES)
        size = page_size(request.page)
        key = decode_page_token(request.page, 1)
        rows = await store.list_acts(
            current_session(), request.case_id, _number(key[0]) if key else 0, size + 1
        )
        page = page_pb2.PageInfo()
        if len(rows) > size:
            page.next_page_token = encode_page_token(str(rows[size - 1].act_number))
        return cases_pb2.ListActsResponse(
            acts=[convert.act_message(row) for row in rows[:size]], page=page
        )

    async def GetAct(self, request: cases_pb2.GetActRequest, context: Context) -> cases_pb2.Act:
        actor = current_actor()
        row = await store.act_by_key(current_session(), request.case_id, request.act_key)
        if row is None or not (actor.is_system or row.acting_person_id == actor.person_id):
            raise NotFound("ACT_UNKNOWN", f"no act {request.act_key} of yours", field="act_key")
        return convert.act_message(row)

    async def RecordHandOver(
        self, request: cases_pb2.RecordHandOverRequest, context: Context
    ) -> cases_pb2.HandOver:
        if not current_actor().is_system:
            raise PermissionDenied("HAND_OVER_FORBIDDEN", "only a hand-over records itself")
        values = convert.hand_over_values(request.hand_over)
        return convert.hand_over_message(await store.put_hand_over(current_session(), values))

    async def GetHandOver(
        self, request: cases_pb2.GetHandOverRequest, context: Context
    ) -> cases_pb2.HandOver:
        current_actor().require_role(*HAND_OVER_ROLES)
        row = await store.hand_over_by_id(current_session(), request.hand_over_id)
        if row is None:
            raise NotFound(
                "HAND_OVER_UNKNOWN", f"no hand-over {request.hand_over_id}", field="hand_over_id"
            )
        return convert.hand_over_message(row)


def _tells_of_itself(case: cases_pb2.Case) -> bool:
    """A field work names the case it belongs to, but not its flow."""
    return bool(case.flow_code)


async def _may_see(actor: Actor, row: CaseRow) -> bool:
    return (
        actor.has_role(*OFFICE_ROLES)
        or row.started_by_person_id == actor.person_id
        or await store.took_part(current_session(), row.case_id, actor.person_id)
    )


async def _with_tasks(
    rows: Sequence[CaseRow], data: dict[str, Any] | None = None
) -> list[cases_pb2.Case]:
    messages = {row.case_id: convert.case_message(row, data) for row in rows}
    for task in await store.tasks_of_cases(current_session(), list(messages)):
        messages[task.case_id].user_tasks.append(convert.user_task_message(task))
    return list(messages.values())


def _for(actor: Actor, case: cases_pb2.Case) -> cases_pb2.Case:
    """The case with the verbs that are open to this person."""
    case.my_verbs.extend(open_verbs(case.allowances, actor))
    for task in case.user_tasks:
        task.my_verbs.extend(task_verbs(task, actor))
    return case


def _filter_of(request: cases_pb2.ListCasesRequest) -> store.CaseFilter:
    """Which cases are wanted.

    Raises:
        InvalidArgument: ``CASE_INVOLVEMENT_MISSING``.
    """
    wanted = store.CaseFilter(
        request.flow_code, request.state, request.stage, request.parent_case_id
    )
    if not request.person_id:
        return wanted
    match request.involvement:
        case cases_pb2.CASE_INVOLVEMENT_STARTED:
            return replace(wanted, started_by=request.person_id)
        case cases_pb2.CASE_INVOLVEMENT_ACTED:
            return replace(wanted, acted_in_by=request.person_id)
        case cases_pb2.CASE_INVOLVEMENT_COPIED:
            return replace(wanted, copied_to=request.person_id)
        case _:
            raise InvalidArgument(
                "CASE_INVOLVEMENT_MISSING",
                "say what the person has to do with the cases",
                field="involvement",
            )


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise _bad_token() from error


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise _bad_token() from error


def _bad_token() -> InvalidArgument:
    return InvalidArgument(
        "PAGE_TOKEN_INVALID", "pass next_page_token as it was given", field="page.page_token"
    )
