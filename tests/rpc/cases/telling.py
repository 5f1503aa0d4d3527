"""What cases tell the read model, in a test's few words."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from kit.authn import SYSTEM, Actor
from protos.cases.v1 import cases_pb2
from protos.cases.v1.cases_pb2_grpc import CaseServiceStub
from tests.rpc.conftest import Served

if TYPE_CHECKING:
    from protos.cases.v1.cases_pb2_grpc import CaseServiceAsyncStub

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
CLERK = Actor("pe_sun", frozenset({"customer_service"}))
FINANCE = Actor("pe_cai", frozenset({"finance"}))
TECHNICIAN = Actor("pe_tian", frozenset({"technician"}))
_numbers = itertools.count(1)


def cases_for(served: Served, actor: Actor = SYSTEM) -> CaseServiceAsyncStub:
    return served.stub(CaseServiceStub, actor)  # type: ignore[return-value]  # async over an aio channel


def task(task_id: str, *people: str, due_in: int = 0, opened: int = 0) -> cases_pb2.UserTask:
    message = cases_pb2.UserTask(
        user_task_id=task_id,
        node=task_id.split("/")[0],
        title="量房",
        user_task_kind="form",
        candidate_person_ids=people,
        verbs=["claim", "complete"],
        revision=1,
    )
    message.opened_at.FromDatetime(NOW + timedelta(minutes=opened))
    if due_in:
        message.complete_due_at.FromDatetime(NOW + timedelta(minutes=due_in))
    return message


def case(case_id: str, revision: int = 1, *tasks: cases_pb2.UserTask) -> cases_pb2.Case:
    message = cases_pb2.Case(
        case_id=case_id,
        workflow_id=f"case:{case_id}",
        revision=revision,
        flow_code="measure",
        flow_version=1,
        title="量房",
        stage="presale",
        state=cases_pb2.CASE_STATE_RUNNING,
        started_by_person_id="pe_wang",
        user_tasks=tasks,
    )
    message.started_at.FromDatetime(NOW + timedelta(seconds=next(_numbers)))
    message.changed_at.FromDatetime(NOW)
    return message


async def record(
    stub: CaseServiceAsyncStub,
    told: cases_pb2.Case,
    *acts: cases_pb2.Act,
    in_task: int = 0,
    in_history: bool = True,
) -> cases_pb2.RecordCaseResponse:
    key = f"{told.workflow_id}/record/{told.revision}/{next(_numbers)}"
    return await stub.RecordCase(
        cases_pb2.RecordCaseRequest(
            idempotency_key=key,
            case=told,
            acts=acts,
            told_in_task=in_task,
            told_in_history=in_history,
        )
    )


def act(key: str, comment: str = "") -> cases_pb2.Act:
    done = cases_pb2.Act(
        act_key=key, verb="comment", user_task_id="a/1", acting_person_id="pe_li", comment=comment
    )
    done.acted_at.FromDatetime(NOW)
    return done


async def inbox(stub: CaseServiceAsyncStub, person: str, case_id: str = "") -> list[str]:
    page = await stub.ListUserTasks(
        cases_pb2.ListUserTasksRequest(person_id=person, case_id=case_id)
    )
    return [task.user_task_id for task in page.user_tasks]
