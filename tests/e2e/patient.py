"""A client of the gateway that does not give up: the same request with the same key, until somebody
answers."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import secrets
import time
from collections.abc import AsyncIterator
from typing import Any, Final

import httpx
from google.protobuf.json_format import ParseDict

from protos.cases.v1 import cases_pb2
from tests.e2e.conftest import Product, until

SUPERVISOR: Final = "pe_chen"
STARTED_BY: Final = "pe_sun"
_PATIENCE_SECONDS: Final = 400.0


class PatientClient:
    """Whoever it asks for is named with each question."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    @classmethod
    @contextlib.asynccontextmanager
    async def at(cls, product: Product) -> AsyncIterator[PatientClient]:
        """A client of a product for a while."""
        token = (product.layout.keys / "bootstrap.token").read_text().strip()
        async with httpx.AsyncClient(
            base_url=product.url("gateway") + "/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            limits=httpx.Limits(max_connections=100),
            trust_env=False,
            timeout=15,
        ) as client:
            yield cls(client)

    async def ask(
        self, method: str, path: str, person: str = SUPERVISOR, key: str = "", **more: Any
    ) -> httpx.Response:
        """The answer, however long it takes."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        for tries in itertools.count():
            try:
                answer = await self.ask_once(method, path, person, key, **more)
                if not _may_pass(answer):
                    return answer
                said = answer.text
            except httpx.TransportError as error:
                said = repr(error)
            assert time.monotonic() < deadline, f"{method} {path} by {person}: {said}"
            await asyncio.sleep(min(2.0, 0.1 * 1.5**tries))
        raise AssertionError("it counts for ever")

    async def ask_once(
        self, method: str, path: str, person: str, key: str = "", **more: Any
    ) -> httpx.Response:
        """The first answer.

        Raises:
            TransportError: there is none.
        """
        headers = {"X-Gongdan-Act-As": person} | ({"Idempotency-Key": key} if key else {})
        return await self._client.request(method, path, headers=headers, **more)

    async def start(self, flow: str, inputs: dict[str, Any], key: str = "") -> str:
        """Start a case, once for the key; its id."""
        body = {"flow_code": flow, "inputs": inputs}
        key = key or secrets.token_hex(8)
        started = await self.ask("POST", "/cases", STARTED_BY, key, json=body)
        assert started.status_code == httpx.codes.CREATED, started.text
        case_id: str = started.json()["case_id"]
        return case_id

    async def case(self, case_id: str) -> cases_pb2.Case:
        """A case as the supervisor is shown it."""
        shown = (await self.ask("GET", f"/cases/{case_id}")).json()
        return ParseDict(shown, cases_pb2.Case(), ignore_unknown_fields=True)

    async def children(self, case_id: str) -> list[str]:
        """The child cases of a case."""
        page = await self.ask("GET", "/cases", params={"parent_case_id": case_id})
        return [child["case_id"] for child in page.json().get("cases", ())]

    async def open_tasks(self, case_id: str) -> list[cases_pb2.UserTask]:
        """What is open in a case, its field work included."""
        page = await self.ask("GET", "/user-tasks", params={"case_id": case_id})
        return [
            ParseDict(task, cases_pb2.UserTask(), ignore_unknown_fields=True)
            for task in page.json().get("user_tasks", ())
        ]

    async def task(self, case_id: str, verb: str) -> cases_pb2.UserTask:
        """A user task of a case that offers a verb, as soon as there is one."""

        async def look() -> cases_pb2.UserTask | None:
            open_now = await self.open_tasks(case_id)
            return next((task for task in open_now if verb in task.verbs), None)

        return await until(look, f"{case_id} offers {verb}")

    async def do(self, case_id: str, verb: str, person: str = "", **more: Any) -> None:
        """Wait for a task that offers a verb and do it, by whoever may, until the lists tell of it; it
        must be applied."""
        task = await self.task(case_id, verb)
        person = person or task.assignee_person_id or task.candidate_person_ids[0]
        body = {"user_task_id": task.user_task_id, "verb": verb, **more}
        answer = await self.act(case_id, person, secrets.token_hex(8), body)
        assert answer.status_code == httpx.codes.OK, answer.text
        left = answer.json()["user_task"]

        async def told() -> bool | None:
            seen = {task.user_task_id: task.revision for task in await self.open_tasks(case_id)}
            revision = seen.get(task.user_task_id, 0)
            wanted = int(left["revision"]) if left else 0
            return True if (revision >= wanted if wanted else not revision) else None

        await until(told, f"the lists tell of {verb}")

    async def act(
        self, case_id: str, person: str, key: str, body: dict[str, Any]
    ) -> httpx.Response:
        """Act, once for the key."""
        return await self.ask("POST", f"/cases/{case_id}/acts", person, key, json=body)

    async def state(self, case_id: str, wanted: str) -> cases_pb2.Case:
        """A case once it is in a state."""

        async def look() -> cases_pb2.Case | None:
            case = await self.case(case_id)
            return case if cases_pb2.CaseState.Name(case.state) == wanted else None

        return await until(look, f"{case_id} is {wanted}")


def _may_pass(answer: httpx.Response) -> bool:
    """Whether the same request may be answered otherwise in a moment."""
    failed = answer.status_code >= httpx.codes.BAD_REQUEST
    return failed and bool(answer.json().get("retryable"))
