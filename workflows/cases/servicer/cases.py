"""The case read model as the screens ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from grpc.aio import ServicerContext

from kit.authn import Actor, current_actor
from kit.clock import Clock
from kit.db.session import current_session
from kit.errors import NotFound, PermissionDenied
from kit.rpc import events
from kit.rpc.convert import decode_page_token, page_info, page_size
from protos.cases.v1 import cases_pb2, cases_pb2_grpc
from workflows.cases import convert, listing
from workflows.cases.finding import make_findable
from workflows.cases.sight import (
    AUDIT_ROLES,
    HAND_OVER_ROLES,
    INBOX_ROLES,
    OFFICE_ROLES,
    open_verbs,
    task_verbs,
    visible_data,
)
from workflows.cases.store import audit, case_lists, incidents, records, task_lists, undertakings
from workflows.cases.tables import CaseRow, HandOverRow, UserTaskRow
from workflows.runtime.waiting import account

Context = ServicerContext[Any, Any]


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
        await records.lock_case(session, case.case_id)
        newest = await records.raise_revision(session, convert.recorder_values(request))
        await records.add_acts(session, [convert.act_values(a, case.case_id) for a in request.acts])
        row = await records.case_by_id(session, case.case_id)
        with session.no_autoflush:  # a case is written once, when all of it is known
            if newest:
                row = await self._replace(request, row)
            # A field work may be heard of before its case is.
            if row is None or not (newest or request.acts):
                return cases_pb2.RecordCaseResponse(recorded=newest)
            tasks = await records.tasks_of_cases(session, [row.case_id])
            make_findable(row, tasks, *await records.involved(session, row.case_id))
        if newest:
            await self._announce(row, tasks)
        return cases_pb2.RecordCaseResponse(recorded=newest)

    async def _replace(
        self, request: cases_pb2.RecordCaseRequest, row: CaseRow | None
    ) -> CaseRow | None:
        """Put what is told in place of what was told before; the case's row, if it is known."""
        case, session = request.case, current_session()
        if _tells_of_itself(case):
            row = records.put_case(session, row, convert.case_values(case))
        flow_code = row.flow_code if row else ""
        await records.replace_user_tasks(
            session,
            case.workflow_id,
            [convert.user_task_values(task, case, flow_code) for task in case.user_tasks],
        )
        await records.replace_awaited_events(
            session,
            case.workflow_id,
            [convert.awaited_values(awaited, case.workflow_id) for awaited in request.awaited],
        )
        await incidents.replace_open(
            session,
            case.workflow_id,
            [convert.incident_values(each, case, flow_code) for each in request.incidents],
            convert.resolutions_of(request.acts),
            self._clock.now(),
        )
        return row

    async def _announce(self, row: CaseRow, tasks: Sequence[UserTaskRow]) -> None:
        """Tell the screens."""
        case = convert.case_message(row)
        case.user_tasks.extend(convert.user_task_message(task) for task in tasks)
        await events.record(
            cases_pb2.CaseChanged(case=case),
            aggregate=("case", row.case_id),
            occurred_at=self._clock.now(),
            case_id=row.case_id,
        )

    async def GetCase(self, request: cases_pb2.GetCaseRequest, context: Context) -> cases_pb2.Case:
        actor, session = current_actor(), current_session()
        row = await records.case_by_id(session, request.case_id, with_data=True)
        if row is None or not await _may_see(actor, row):
            raise NotFound("CASE_UNKNOWN", f"no case {request.case_id}", field="case_id")
        case = convert.case_message(row, visible_data(row.data, actor))
        tasks = await records.tasks_of_cases(session, [row.case_id])
        case.user_tasks.extend(convert.user_task_message(task) for task in tasks)
        case.copied_to_person_ids.extend(await records.copies(session, case.case_id))
        waits = [convert.waited_of(told) for told in await records.waits(session, case.case_id)]
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
        session, size = current_session(), page_size(request.page)
        wanted = listing.case_filter(request, self._clock.now())
        order = listing.case_order(request)
        after = listing.page_start(request.page, order)
        rows = await case_lists.list_cases(session, wanted, order, after, size + 1)
        reply = cases_pb2.ListCasesResponse(
            cases=[_for(actor, case) for case in await _with_tasks(rows[:size])],
            page=listing.page_after(rows, size, order),
        )
        if request.counted:
            reply.total.CopyFrom(listing.total(await case_lists.count_cases(session, wanted)))
        return reply

    async def ListUserTasks(
        self, request: cases_pb2.ListUserTasksRequest, context: Context
    ) -> cases_pb2.ListUserTasksResponse:
        actor = current_actor()
        if request.person_id != actor.person_id:
            actor.require_role(*INBOX_ROLES)
        session, size = current_session(), page_size(request.page)
        wanted = listing.user_task_filter(request, self._clock.now())
        order = listing.user_task_order(request)
        after = listing.page_start(request.page, order)
        rows = await task_lists.list_user_tasks(session, wanted, order, after, size + 1)
        tasks = [convert.user_task_message(row) for row in rows[:size]]
        for task in tasks:
            task.my_verbs.extend(task_verbs(task, actor))
        reply = cases_pb2.ListUserTasksResponse(
            user_tasks=tasks, page=listing.page_after(rows, size, order)
        )
        if request.counted:
            reply.total.CopyFrom(listing.total(await task_lists.count_user_tasks(session, wanted)))
        return reply

    async def CountUserTasks(
        self, request: cases_pb2.CountUserTasksRequest, context: Context
    ) -> cases_pb2.UserTaskCounts:
        actor, now = current_actor(), self._clock.now()
        if request.person_id != actor.person_id:
            actor.require_role(*INBOX_ROLES)
        wanted = task_lists.UserTaskFilter(person_id=request.person_id)
        tomorrow = listing.next_midnight(now)
        rows = await task_lists.count_by_node(current_session(), wanted, now, tomorrow)
        return convert.user_task_counts(rows)

    async def ListActs(
        self, request: cases_pb2.ListActsRequest, context: Context
    ) -> cases_pb2.ListActsResponse:
        current_actor().require_role(*OFFICE_ROLES)
        size = page_size(request.page)
        key = decode_page_token(request.page, 1)
        after = listing.parsed(lambda words: int(words[0]), key) if key else 0
        rows = await audit.list_acts(current_session(), request.case_id, after, size + 1)
        return cases_pb2.ListActsResponse(
            acts=[convert.act_message(row) for row in rows[:size]],
            page=page_info([str(row.act_number) for row in rows], size),
        )

    async def SearchActs(
        self, request: cases_pb2.SearchActsRequest, context: Context
    ) -> cases_pb2.ListActsResponse:
        actor = current_actor()
        if request.acting_person_id != actor.person_id:
            actor.require_role(*AUDIT_ROLES)
        size = page_size(request.page)
        key = decode_page_token(request.page, 1)
        before = listing.parsed(lambda words: int(words[0]), key) if key else None
        wanted = listing.act_filter(request)
        rows = await audit.search_acts(current_session(), wanted, before, size + 1)
        return cases_pb2.ListActsResponse(
            acts=[convert.act_message(row) for row in rows[:size]],
            page=page_info([str(row.act_number) for row in rows], size),
        )

    async def GetAct(self, request: cases_pb2.GetActRequest, context: Context) -> cases_pb2.Act:
        actor = current_actor()
        row = await records.act_by_key(current_session(), request.case_id, request.act_key)
        if row is None or not (actor.is_system or row.acting_person_id == actor.person_id):
            raise NotFound("ACT_UNKNOWN", f"no act {request.act_key} of yours", field="act_key")
        return convert.act_message(row)

    async def RecordHandOver(
        self, request: cases_pb2.RecordHandOverRequest, context: Context
    ) -> cases_pb2.HandOver:
        if not current_actor().is_system:
            raise PermissionDenied("HAND_OVER_FORBIDDEN", "only a hand-over records itself")
        values = convert.hand_over_values(request.hand_over)
        return convert.hand_over_message(
            await undertakings.put(current_session(), HandOverRow, values)
        )

    async def GetHandOver(
        self, request: cases_pb2.GetHandOverRequest, context: Context
    ) -> cases_pb2.HandOver:
        current_actor().require_role(*HAND_OVER_ROLES)
        row = await undertakings.hand_over_by_id(current_session(), request.hand_over_id)
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
        or await records.took_part(current_session(), row.case_id, actor.person_id)
    )


async def _with_tasks(rows: Sequence[CaseRow]) -> list[cases_pb2.Case]:
    """Cases for a list, with their user tasks but without what is filled in there."""
    messages = {row.case_id: convert.case_message(row) for row in rows}
    tasks = await records.tasks_of_cases(current_session(), list(messages), with_forms=False)
    for task in tasks:
        messages[task.case_id].user_tasks.append(convert.user_task_message(task, with_form=False))
    return list(messages.values())


def _for(actor: Actor, case: cases_pb2.Case) -> cases_pb2.Case:
    """The case with the verbs that are open to this person."""
    case.my_verbs.extend(open_verbs(case.allowances, actor))
    for task in case.user_tasks:
        task.my_verbs.extend(task_verbs(task, actor))
    return case
