"""One verb on many cases or user tasks: what it would be done to, and how far it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final, TypeVar

from grpc.aio import ServicerContext

from kit.authn import Actor, current_actor
from kit.clock import Clock
from kit.db.session import current_session
from kit.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from protos.cases.v1 import bulk_acts_pb2, bulk_acts_pb2_grpc
from workflows.cases import convert, listing
from workflows.cases.sight import (
    BULK_CASE_VERBS,
    BULK_INCIDENT_VERBS,
    BULK_ROLES,
    BULK_TASK_VERBS,
    open_verbs,
    task_verbs,
)
from workflows.cases.store import case_lists, incidents, records, task_lists, undertakings
from workflows.cases.store.case_lists import CaseFilter
from workflows.cases.tables import BulkActRow, CaseRow, IncidentRow, UserTaskRow
from workflows.runtime.verbs import OPS_ROLES

R = TypeVar("R")

Context = ServicerContext[Any, Any]
#: More are no slip of the hand any more: choose fewer, several times.
_MOST: Final = 2_000


class BulkActServicer(bulk_acts_pb2_grpc.BulkActServiceServicer):
    """Serves ``cases.v1.BulkActService`` over the schema ``flows``."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def PreviewBulkAct(
        self, request: bulk_acts_pb2.PreviewBulkActRequest, context: Context
    ) -> bulk_acts_pb2.BulkActPreview:
        actor = current_actor()
        actor.require_role(*BULK_ROLES)
        if request.HasField("incidents") and request.verb in BULK_INCIDENT_VERBS:
            actor.require_role(*OPS_ROLES)
            return _preview(request.verb, [_incident(row) for row in await _incidents(request)])
        if request.verb in BULK_CASE_VERBS:
            return _preview(request.verb, [_case(row, actor) for row in await self._cases(request)])
        if request.verb in BULK_TASK_VERBS:
            tasks = await self._tasks(request)
            return _preview(request.verb, [_task(row, actor) for row in tasks])
        raise InvalidArgument(
            "BULK_VERB_UNSUITED",
            "many can be given one of: "
            + ", ".join((*BULK_TASK_VERBS, *BULK_CASE_VERBS))
            + "; incidents: "
            + ", ".join(BULK_INCIDENT_VERBS),
            field="verb",
        )

    async def _cases(self, request: bulk_acts_pb2.PreviewBulkActRequest) -> list[CaseRow]:
        session = current_session()
        if request.HasField("user_tasks"):
            tasks = await self._tasks(request)
            wanted = CaseFilter(case_ids=tuple(dict.fromkeys(task.case_id for task in tasks)))
        elif request.HasField("cases"):
            wanted = listing.case_filter(request.cases, self._clock.now())
        else:
            wanted = CaseFilter(case_ids=_named(request))
        rows = await case_lists.list_cases(session, wanted, case_lists.OLDEST, None, _MOST + 1)
        return _few(list(rows))

    async def _tasks(self, request: bulk_acts_pb2.PreviewBulkActRequest) -> list[UserTaskRow]:
        session = current_session()
        if not request.HasField("user_tasks"):
            case_ids = [row.case_id for row in await self._cases(request)]
            return _few(list(await records.tasks_of_cases(session, case_ids)))
        wanted = listing.user_task_filter(request.user_tasks, self._clock.now())
        rows = await task_lists.list_user_tasks(session, wanted, task_lists.OLDEST, None, _MOST + 1)
        return _few(list(rows))

    async def RecordBulkAct(
        self, request: bulk_acts_pb2.RecordBulkActRequest, context: Context
    ) -> bulk_acts_pb2.BulkAct:
        if not current_actor().is_system:
            raise PermissionDenied("BULK_ACT_FORBIDDEN", "only a bulk act records itself")
        values = convert.bulk_act_values(request.bulk_act)
        row = await undertakings.put(current_session(), BulkActRow, values)
        return convert.bulk_act_message(row)

    async def GetBulkAct(
        self, request: bulk_acts_pb2.GetBulkActRequest, context: Context
    ) -> bulk_acts_pb2.BulkAct:
        current_actor().require_role(*BULK_ROLES)
        row = await undertakings.bulk_act_by_id(current_session(), request.bulk_act_id)
        if row is None:
            raise NotFound(
                "BULK_ACT_UNKNOWN", f"no bulk act {request.bulk_act_id}", field="bulk_act_id"
            )
        return convert.bulk_act_message(row)


async def _incidents(request: bulk_acts_pb2.PreviewBulkActRequest) -> list[IncidentRow]:
    wanted = replace(listing.incident_filter(request.incidents), resolved=False)
    rows = await incidents.list_incidents(current_session(), wanted, None, _MOST + 1)
    return _few(list(rows))


#: What it would be done to, which verbs are open there, whether a form must be filled in.
_Target = tuple[bulk_acts_pb2.BulkActTarget, tuple[str, ...], bool]


def _case(row: CaseRow, actor: Actor) -> _Target:
    case = convert.case_message(row)
    target = bulk_acts_pb2.BulkActTarget(
        case_id=row.case_id, workflow_id=row.workflow_id, title=row.title
    )
    verbs = () if row.ended_at else open_verbs(case.allowances, actor)
    return target, verbs, False


def _task(row: UserTaskRow, actor: Actor) -> _Target:
    task = convert.user_task_message(row)
    target = bulk_acts_pb2.BulkActTarget(
        case_id=row.case_id,
        workflow_id=row.workflow_id,
        user_task_id=row.user_task_id,
        title=row.title,
    )
    return target, task_verbs(task, actor), bool(row.form_schema_json)


def _incident(row: IncidentRow) -> _Target:
    target = bulk_acts_pb2.BulkActTarget(
        case_id=row.case_id,
        workflow_id=row.workflow_id,
        incident_id=row.incident_id,
        title=row.node_title,
    )
    return target, tuple(row.verbs), False


def _preview(verb: str, found: list[_Target]) -> bulk_acts_pb2.BulkActPreview:
    """What would be done and what refused, as things stand; the cases have the last word."""
    preview = bulk_acts_pb2.BulkActPreview()
    for target, verbs, has_form in found:
        if verb not in verbs:
            reason, message = "CASE_VERB_ILLEGAL", f"{verb} is not open to you here"
        elif has_form and verb == "complete":
            reason, message = "BULK_FORM_NEEDED", "its form must be filled in"
        else:
            preview.targets.append(target)
            continue
        preview.refusals.add(target=target, reason=reason, message=message)
    return preview


def _named(request: bulk_acts_pb2.PreviewBulkActRequest) -> tuple[str, ...]:
    if not request.case_ids:
        raise InvalidArgument(
            "BULK_TARGETS_MISSING",
            "say which: cases, user_tasks, incidents or case_ids",
            field="case_ids",
        )
    return tuple(request.case_ids)


def _few(rows: list[R]) -> list[R]:
    if len(rows) > _MOST:
        raise FailedPrecondition(
            "BULK_ACT_TOO_MANY", f"at most {_MOST} at once; choose more narrowly"
        )
    return rows
