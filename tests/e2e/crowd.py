"""A crowd of people who start cases and do what comes to their minds, through the gateway alone, and
write down what they were told; and whoever kills the processes under them.

Everything that chance decides is decided by the seed; how the decisions meet is not.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Final

import httpx
import psycopg
from google.protobuf.json_format import ParseDict

from protos.cases.v1 import cases_pb2
from tests.e2e.conftest import Product
from tests.workflow.whims import SUPERVISOR, random_act

FLOWS: Final = Path(__file__).parent / "flows"
#: In the order in which they can be published: one is another's subflow.
STORIES: Final = (
    "order_in_seconds",
    "buy_in_seconds",
    "install_in_seconds",
    "rooms_in_seconds",
    "sign_in_seconds",
    "change_in_seconds",
    "respond_in_seconds",
)
#: Visits are what can go wrong in most ways.
_COMMON: Final = ("install_in_seconds", "buy_in_seconds")
#: The world outside is no part of the product, and what runs once is over.
KILLED: Final = (
    "workflows",
    "temporal",
    "postgres",
    "gateway",
    "directory",
    "pricing",
    "workorder",
    "settlement",
    "notify",
)
#: A supervisor starts what dies again and again ever later; this long after, it forgets.
_FORGIVEN_AFTER_SECONDS: Final = 31.0
_PATIENCE_SECONDS: Final = 150.0
_NOBODY_ANSWERS: Final = 500
_STARTED_BY: Final = "pe_sun"


@dataclass(frozen=True)
class Sent:
    """An act that was answered for good, as whoever sent it wrote it down."""

    case_id: str
    person: str
    act_key: str
    applied: bool
    reason: str = ""


@dataclass(frozen=True)
class Begun:
    """A case that somebody was told they have started."""

    case_id: str
    flow: str


@dataclass
class Crowd:
    """People at one product."""

    product: Product
    seed: int
    begun: list[Begun] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    _client: httpx.AsyncClient = field(init=False)

    async def __aenter__(self) -> Crowd:
        token = (self.product.layout.keys / "bootstrap.token").read_text().strip()
        self._client = httpx.AsyncClient(
            base_url=self.product.url("gateway") + "/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
            timeout=15,
        )
        for flow in STORIES:
            await self.product.told("flow", "publish", str(FLOWS / f"{flow}.yaml"))
        customer = (await self._ask("GET", "/customers/cu_inside", SUPERVISOR)).json()
        self._visit = {
            "customer_id": "cu_inside",
            "address_id": customer["addresses"][0]["address_id"],
        }
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    async def case(self, case_id: str) -> cases_pb2.Case:
        """A case as the supervisor is shown it."""
        shown = (await self._ask("GET", f"/cases/{case_id}", SUPERVISOR)).json()
        return ParseDict(shown, cases_pb2.Case(), ignore_unknown_fields=True)

    async def live(self, count: int, spread_seconds: float) -> None:
        """Live through so many cases, begun over so many seconds."""
        await asyncio.gather(*(self._story(n, spread_seconds) for n in range(count)))

    async def _story(self, number: int, spread_seconds: float) -> None:
        chance = Random(f"{self.seed} story {number}")
        await asyncio.sleep(chance.uniform(0, spread_seconds))
        flow = chance.choice((*STORIES, *_COMMON))
        started = await self._ask(
            "POST",
            "/cases",
            _STARTED_BY,
            key=f"start-{self.seed}-{number}",
            json={"flow_code": flow, "inputs": self._inputs(flow, chance)},
        )
        assert started.status_code == 201, started.text
        case_id = started.json()["case_id"]
        self.begun.append(Begun(case_id, flow))
        for step in range(chance.randint(3, 20)):
            await asyncio.sleep(chance.choice((0, 0.2, 0.5, 1.5)))
            await self._something(case_id, chance, f"{self.seed}-{number}-{step}")

    def _inputs(self, flow: str, chance: Random) -> dict[str, Any]:
        match flow:
            case "install_in_seconds":
                return self._visit
            case "order_in_seconds":
                return {"label": "空调"}
            case "change_in_seconds":
                # Somebody else's work order, which changes, or none.
                known = [b.case_id for b in self.begun if b.flow == "install_in_seconds"]
                order = self._work_order(chance.choice(known)) if known else None
                return {"work_order_id": order[0] if order else "wo_none"}
            case _:
                return {}

    async def _something(self, case_id: str, chance: Random, key: str) -> None:
        if chance.random() < 0.03:
            await self._act(case_id, _STARTED_BY, key, {"verb": "cancel"})
        elif tasks := await self._open_tasks(case_id):
            task = chance.choice(tasks)
            several = 3 if chance.random() < 0.1 else 1
            await asyncio.gather(
                *(self._act_on(task, Random(f"{key} {n}"), f"{key}-{n}") for n in range(several))
            )

    async def _act_on(self, task: cases_pb2.UserTask, chance: Random, key: str) -> None:
        code = ""
        if task.user_task_kind == "visit":
            order = self._work_order(task.case_id)
            code = order[1] if order else ""
        act = random_act(task, chance, key, code)
        body = {
            "user_task_id": act.task_id,
            "verb": act.verb,
            "revision": act.revision,
            "form": act.form,
            "to": act.to,
            "people": list(act.people),
            "comment": act.comment,
        }
        twice = 2 if chance.random() < 0.1 else 1  # an impatient client, with the same key
        await asyncio.gather(
            *(self._act(task.case_id, act.person, key, body, note=n == 0) for n in range(twice))
        )

    async def _act(
        self, case_id: str, person: str, key: str, body: dict[str, Any], *, note: bool = True
    ) -> None:
        answer = await self._ask("POST", f"/cases/{case_id}/acts", person, key=key, json=body)
        if note:
            applied = answer.status_code == httpx.codes.OK
            reason = "" if applied else answer.json()["reason"]
            # The gateway keeps everybody's keys apart.
            self.sent.append(Sent(case_id, person, f"api/{person}/{key}", applied, reason))

    async def _open_tasks(self, case_id: str) -> list[cases_pb2.UserTask]:
        """What is open in a case and in its child cases."""
        query = {"parent_case_id": case_id}
        children = (await self._ask("GET", "/cases", SUPERVISOR, params=query)).json()
        found = []
        for one in (case_id, *(child["case_id"] for child in children.get("cases", ()))):
            page = await self._ask("GET", "/user-tasks", SUPERVISOR, params={"case_id": one})
            found += page.json().get("user_tasks", [])
        return [ParseDict(task, cases_pb2.UserTask(), ignore_unknown_fields=True) for task in found]

    def _work_order(self, case_id: str) -> tuple[str, str] | None:
        """A case's work order and the code that the customer has for it."""
        with (
            contextlib.suppress(psycopg.OperationalError),
            psycopg.connect(self.product.environment["DATABASE_URL"], connect_timeout=3) as looking,
        ):
            return looking.execute(
                "SELECT work_order_id, completion_code FROM workorder.work_order"
                " WHERE case_id = %s",
                (case_id,),
            ).fetchone()
        return None

    async def _ask(
        self, method: str, path: str, person: str, key: str = "", **more: Any
    ) -> httpx.Response:
        """As a patient client asks: the same with the same key, until there is an answer."""
        headers = {"X-Gongdan-Act-As": person} | ({"Idempotency-Key": key} if key else {})
        deadline = time.monotonic() + _PATIENCE_SECONDS
        said = "nothing"
        for tries in itertools.count():
            try:
                answer = await self._client.request(method, path, headers=headers, **more)
                if answer.status_code < _NOBODY_ANSWERS and not _passes(answer):
                    return answer
                said = answer.text
            except httpx.TransportError as error:
                said = repr(error)
            assert time.monotonic() < deadline, f"{method} {path} by {person}: {said}"
            await asyncio.sleep(min(2.0, 0.1 * 1.5**tries))
        raise AssertionError("it counts for ever")


def _passes(answer: httpx.Response) -> bool:
    """Whether the same request may be answered otherwise in a moment."""
    return answer.status_code >= httpx.codes.BAD_REQUEST and answer.json()["retryable"]


@contextlib.asynccontextmanager
async def killing(
    product: Product, seed: int, pause_seconds: tuple[float, float]
) -> AsyncIterator[list[str]]:
    """Kill one process after the other, at random, while the block lasts; the list of them.

    At the end everything is brought back.
    """
    killed: list[str] = []
    over = asyncio.Event()
    working = asyncio.create_task(
        _kill(product, Random(f"{seed} death"), pause_seconds, over, killed)
    )
    try:
        yield killed
    finally:
        over.set()
        await working
        for name in KILLED:
            await product.ready_again(name, killed=0)


async def _kill(
    product: Product,
    chance: Random,
    pause_seconds: tuple[float, float],
    over: asyncio.Event,
    killed: list[str],
) -> None:
    last = dict.fromkeys(KILLED, 0.0)
    while True:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), chance.uniform(*pause_seconds))
            return
        now = time.monotonic()
        well = [name for name in KILLED if now - last[name] > _FORGIVEN_AFTER_SECONDS]
        if not well:
            continue
        name = chance.choice(well)
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # between two lives
            product.kill(name)
            killed.append(name)
            last[name] = now
