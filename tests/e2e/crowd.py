"""A crowd of people who start cases and do what comes to their minds, through the gateway alone, and
write down what they were told; and whoever kills the processes under them.

Everything that chance decides is decided by the seed; how the decisions meet is not.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx
import psycopg

from protos.cases.v1 import cases_pb2
from tests.e2e.conftest import Product
from tests.e2e.patient import STARTED_BY, PatientClient
from tests.workflow.whims import random_act

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
#: So many at once may be on their way back: on a slow machine one waits for those before it.
_MOST_DOWN: Final = 2
#: A supervisor starts what dies again and again ever later; this long after, it forgets.
_FORGIVEN_AFTER_SECONDS: Final = 31.0


@dataclass(frozen=True)
class Sent:
    """An act that was answered for good, as whoever sent it wrote it down."""

    case_id: str
    turn: int
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
    client: PatientClient
    visit: dict[str, str]
    """What a visit is asked for with: whose it is, and where."""
    begun: list[Begun] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)

    @classmethod
    @contextlib.asynccontextmanager
    async def at(cls, product: Product, seed: int) -> AsyncIterator[Crowd]:
        """A crowd at a product, which knows the flows they live through."""
        for flow in STORIES:
            await product.told("flow", "publish", str(FLOWS / f"{flow}.yaml"))
        async with PatientClient.at(product) as client:
            customer = (await client.ask("GET", "/customers/cu_inside")).json()
            visit = {
                "customer_id": "cu_inside",
                "address_id": customer["addresses"][0]["address_id"],
            }
            yield cls(product, seed, client, visit)

    async def live(self, count: int, spread_seconds: float) -> None:
        """Live through so many cases, begun over so many seconds."""
        await asyncio.gather(*(self._story(n, spread_seconds) for n in range(count)))

    async def _story(self, number: int, spread_seconds: float) -> None:
        chance = Random(f"{self.seed} story {number}")
        await asyncio.sleep(chance.uniform(0, spread_seconds))
        flow = chance.choice((*STORIES, *_COMMON))
        inputs = self._inputs(flow, chance)
        case_id = await self.client.start(flow, inputs, f"start-{self.seed}-{number}")
        self.begun.append(Begun(case_id, flow))
        for step in range(chance.randint(3, 20)):
            await asyncio.sleep(chance.choice((0, 0.2, 0.5, 1.5)))
            await self._something(case_id, chance, step, f"{self.seed}-{number}-{step}")

    def _inputs(self, flow: str, chance: Random) -> dict[str, Any]:
        match flow:
            case "install_in_seconds":
                return self.visit
            case "order_in_seconds":
                return {"label": "空调"}
            case "change_in_seconds":
                # Somebody else's work order, which changes, or none.
                known = [b.case_id for b in self.begun if b.flow == "install_in_seconds"]
                order = self._work_order(chance.choice(known)) if known else None
                return {"work_order_id": order[0] if order else "wo_none"}
            case _:
                return {}

    async def _something(self, case_id: str, chance: Random, turn: int, key: str) -> None:
        if chance.random() < 0.03:
            await self._act(case_id, STARTED_BY, turn, key, {"verb": "cancel"})
        elif tasks := await self._open_tasks(case_id):
            task = chance.choice(tasks)
            several = 3 if chance.random() < 0.1 else 1
            await asyncio.gather(
                *(
                    self._act_on(task, Random(f"{key} {n}"), turn, f"{key}-{n}")
                    for n in range(several)
                )
            )

    async def _act_on(self, task: cases_pb2.UserTask, chance: Random, turn: int, key: str) -> None:
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
            *(
                self._act(task.case_id, act.person, turn, key, body, note=n == 0)
                for n in range(twice)
            )
        )

    async def _act(
        self,
        case_id: str,
        person: str,
        turn: int,
        key: str,
        body: dict[str, Any],
        *,
        note: bool = True,
    ) -> None:
        answer = await self.client.act(case_id, person, key, body)
        if note:
            applied = answer.status_code == httpx.codes.OK
            reason = "" if applied else answer.json()["reason"]
            # The gateway keeps everybody's keys apart.
            self.sent.append(Sent(case_id, turn, f"api/{person}/{key}", applied, reason))

    async def _open_tasks(self, case_id: str) -> list[cases_pb2.UserTask]:
        """What is open in a case and in its child cases."""
        found = await self.client.open_tasks(case_id)
        for child in await self.client.children(case_id):
            found += await self.client.open_tasks(child)
        return found

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


@contextlib.asynccontextmanager
async def killing(
    product: Product, seed: int, pause_seconds: tuple[float, float], deaths: int
) -> AsyncIterator[list[str]]:
    """Kill one process after the other, at random, so many while the block lasts; the list of them.

    At the end everything has come back.
    """
    killed: list[str] = []
    over = asyncio.Event()
    working = asyncio.create_task(
        _kill(product, Random(f"{seed} death"), pause_seconds, deaths, over, killed)
    )
    try:
        yield killed
    finally:
        over.set()
        await working


async def _kill(
    product: Product,
    chance: Random,
    pause_seconds: tuple[float, float],
    deaths: int,
    over: asyncio.Event,
    killed: list[str],
) -> None:
    last = dict.fromkeys(KILLED, 0.0)
    coming_back: list[asyncio.Task[None]] = []
    while len(killed) < deaths:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), chance.uniform(*pause_seconds))
            break
        now = time.monotonic()
        well = [name for name in KILLED if now - last[name] > _FORGIVEN_AFTER_SECONDS]
        if not well or sum(not back.done() for back in coming_back) >= _MOST_DOWN:
            continue
        name = chance.choice(well)
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # between two lives
            process_id = product.kill(name)
            killed.append(name)
            last[name] = now
            coming_back.append(asyncio.create_task(product.ready_again(name, process_id)))
    await asyncio.gather(*coming_back)
