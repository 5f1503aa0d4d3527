"""Cases on the time-skipping server, against real gRPC services on a real database.

office        publishes flows, starts cases, acts for people, and moves the clock.
real_office   the same on the real server and in real time, without a worker.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

import pytest
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client, Interceptor
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from kit.authn import SYSTEM
from kit.clock import SystemClock
from kit.db.session import Database
from kit.errors import Unavailable
from kit.rpc.client import RpcCaller
from protos.cases.v1 import cases_pb2
from protos.flow.v1 import flow_pb2
from tests.conftest import PROGRAMS, START_TIMEOUT
from tests.payloads import KEYS
from tests.rpc.conftest import Serve, Served, serve, signing
from tests.workflow.company import Company
from workflows.client import Act, ActReply, Cases, CaseStart, StartedCase
from workflows.runtime.shell import attributes
from workflows.runtime.shell.converter import converter
from workflows.serving import SCHEMA, mounts
from workflows.worker import make_worker, plans_of

__all__ = ["serve", "signing"]

AREAS = ("cases", "flow", "directory", "pricing", "workorder", "settlement", "notify", "events")
Result = TypeVar("Result")
_keys = itertools.count(1)


async def eventually(
    look: Callable[[], Awaitable[Result | None]], what: str, within_seconds: float = 20
) -> Result:
    """What ``look`` finds, as soon as it finds something."""
    async with asyncio.timeout(within_seconds):
        while True:
            found = await look()
            if found:
                return found
            await asyncio.sleep(0.02)
    raise AssertionError(what)


@dataclass
class Office:
    """A company at work."""

    env: WorkflowEnvironment
    temporal: Client
    cases: Cases
    caller: RpcCaller
    company: Company
    served: Served
    database: Database

    async def publish(self, source: str) -> flow_pb2.FlowVersion:
        """Publish a flow; the same source is published once."""
        request = flow_pb2.PublishFlowRequest(
            idempotency_key=f"publish-{next(_keys)}", source=source
        )
        flow = await self.caller.call("flow.v1.FlowService/PublishFlow", request)
        assert isinstance(flow, flow_pb2.FlowVersion)
        return flow

    async def start(self, source: str, **inputs: Any) -> StartedCase:
        """Publish a flow and start a case of it."""
        flow = await self.publish(source)
        return await self.cases.start(CaseStart(flow.flow_code, inputs, started_by="pe_clerk"))

    async def child_of(self, case: StartedCase, state: str = "") -> StartedCase:
        """The child case of a case, once the read model knows it, in a state if one is named."""

        async def look() -> StartedCase | None:
            request = cases_pb2.ListCasesRequest(parent_case_id=case.case_id)
            page = await self.caller.call("cases.v1.CaseService/ListCases", request)
            assert isinstance(page, cases_pb2.ListCasesResponse)
            return next(
                (
                    StartedCase(c.case_id, c.workflow_id, c.run_id, c.flow_code, c.flow_version)
                    for c in page.cases
                    if state in ("", cases_pb2.CaseState.Name(c.state))
                ),
                None,
            )

        return await eventually(look, "the child case is known")

    async def act(self, task: cases_pb2.UserTask, verb: str, person: str, **more: Any) -> ActReply:
        """Do something to a user task, as the inbox shows it."""
        key = more.pop("act_key", f"act-{next(_keys)}")
        act = Act(
            act_key=key,
            verb=verb,
            person=person,
            task_id=task.user_task_id,
            revision=more.pop("revision", task.revision),
            **more,
        )
        return await self.send(task.workflow_id, act)

    async def send(self, workflow_id: str, act: Act) -> ActReply:
        """Act as people's own programs do: with the same key again when no answer came. A worker that
        has just gone may take a task along, which comes back after ten seconds."""
        for _ in range(2):
            with contextlib.suppress(Unavailable):
                return await self.cases.act(workflow_id, act)
        return await self.cases.act(workflow_id, act)

    async def inbox(self, person: str, case: StartedCase) -> list[cases_pb2.UserTask]:
        """What stands in somebody's inbox of one case now."""
        request = cases_pb2.ListUserTasksRequest(person_id=person, case_id=case.case_id)
        page = await self.caller.call("cases.v1.CaseService/ListUserTasks", request)
        assert isinstance(page, cases_pb2.ListUserTasksResponse)
        return list(page.user_tasks)

    async def task_of(self, person: str, case: StartedCase, kind: str = "") -> cases_pb2.UserTask:
        """The user task that comes into somebody's inbox."""

        async def look() -> cases_pb2.UserTask | None:
            tasks = await self.inbox(person, case)
            return next((t for t in tasks if not kind or t.user_task_kind == kind), None)

        return await eventually(look, f"{person} gets a task")

    async def task_for(self, person: str, case: StartedCase, verb: str) -> cases_pb2.UserTask:
        """The user task in somebody's inbox, once a verb is possible for it."""

        async def look() -> cases_pb2.UserTask | None:
            tasks = await self.inbox(person, case)
            return next((task for task in tasks if verb in task.verbs), None)

        return await eventually(look, f"{person} may {verb}")

    async def acts(self, case: StartedCase) -> list[cases_pb2.Act]:
        """Everything people did, as the audit has it."""
        found: list[cases_pb2.Act] = []
        token = ""
        while True:
            request = cases_pb2.ListActsRequest(case_id=case.case_id)
            request.page.page_token = token
            page = await self.caller.call("cases.v1.CaseService/ListActs", request)
            assert isinstance(page, cases_pb2.ListActsResponse)
            found += page.acts
            token = page.page.next_page_token
            if not token:
                return found

    async def case(self, case: StartedCase) -> cases_pb2.Case:
        """The case in the read model."""
        message = await self.caller.call(
            "cases.v1.CaseService/GetCase", cases_pb2.GetCaseRequest(case_id=case.case_id)
        )
        assert isinstance(message, cases_pb2.Case)
        return message

    async def case_in(self, case: StartedCase, state: str) -> cases_pb2.Case:
        """The case once it is in a state."""

        async def look() -> cases_pb2.Case | None:
            found = await self.case(case)
            return found if cases_pb2.CaseState.Name(found.state) == state else None

        return await eventually(look, f"the case is {state}")

    async def outcome(self, case: StartedCase) -> str:
        """How the case ends."""
        result = await self.temporal.get_workflow_handle(case.workflow_id).result()
        assert isinstance(result, str)
        return result

    async def pass_time(self, **duration: int) -> None:
        """Move the clock on."""
        await self.env.sleep(timedelta(**duration))

    async def wait_until(self, at: datetime) -> None:
        """Move the clock on to an instant."""
        await self.env.sleep(max(at - await self.env.get_current_time(), timedelta(0)))

    async def settled(self, case: StartedCase, within_seconds: float = 20) -> None:
        """Wait until the case has nothing to do but wait."""

        async def look() -> bool:
            description = await self.temporal.get_workflow_handle(case.workflow_id).describe()
            raw = description.raw_description
            return not raw.pending_activities and not raw.HasField("pending_workflow_task")

        await eventually(look, "the case comes to rest", within_seconds)

    async def history(self, workflow_id: str) -> list[HistoryEvent]:
        """What Temporal has written down of a workflow's present run."""
        history = await self.temporal.get_workflow_handle(workflow_id).fetch_history()
        return list(history.events)

    def worker(self, **options: Any) -> Worker:
        """Another worker, for tests that stop the usual one."""
        return make_worker(self.temporal, self.caller, **{"build_id": "test"} | options)

    def in_namespace(self, name: str) -> Client:
        """The same connection, to another namespace."""
        config: dict[str, Any] = {**self.temporal.config(), "namespace": name}
        return Client(**config)

    async def neighbour(self) -> Client:
        """A connection of its own, as a worker needs that runs beside another."""
        config = self.temporal.config()
        return await Client.connect(
            self.temporal.service_client.config.target_host, data_converter=config["data_converter"]
        )


async def register_search_attributes(client: Client) -> None:
    kinds = {"GongdanAssignees": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST}
    wanted = {
        key.name: kinds.get(key.name, IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD)
        for key in attributes.ALL
    }
    await client.operator_service.add_search_attributes(
        AddSearchAttributesRequest(namespace=client.namespace, search_attributes=wanted)
    )


@pytest.fixture(scope="module")
async def company_served(serve: Serve) -> AsyncIterator[tuple[Company, Served]]:
    company = Company()
    served = await serve("flows", [*mounts(SystemClock()), *company.mounts()])
    yield company, served
    await served.stop()


@contextlib.asynccontextmanager
async def open_office(
    env: WorkflowEnvironment,
    company: Company,
    served: Served,
    interceptors: Sequence[Interceptor] = (),
) -> AsyncIterator[Office]:
    """An office without a worker."""
    database = Database.connect(served.database_url, SCHEMA)
    # The environment's own client, interceptors that skip time included, with our converter.
    own: dict[str, Any] = {**env.client.config()}
    own["data_converter"] = converter(KEYS, plans_of(database))
    own["interceptors"] = [*own["interceptors"], *interceptors]
    temporal = Client(**own)
    caller = RpcCaller.connect(dict.fromkeys(AREAS, served.address), served.signing.minter, SYSTEM)
    cases = Cases(temporal, caller, SystemClock())
    yield Office(env, temporal, cases, caller, company, served, database)
    await caller.close()
    await database.close()


@pytest.fixture
async def office(company_served: tuple[Company, Served]) -> AsyncIterator[Office]:
    """On a time-skipping server of its own: its clock is one for all that runs on it."""
    company, served = company_served
    company.reset()
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(PROGRAMS / "temporal-test-server"),
        test_server_startup_timeout=START_TIMEOUT,
    ) as env:
        await register_search_attributes(env.client)
        async with open_office(env, company, served) as office, office.worker():
            yield office


@pytest.fixture
async def real_office(
    company_served: tuple[Company, Served], temporal_dev_server: WorkflowEnvironment
) -> AsyncIterator[Office]:
    """On the real server, in real time, without a worker: tests start and stop their own."""
    company, served = company_served
    company.reset()
    async with open_office(temporal_dev_server, company, served) as office:
        yield office
