"""One case for each way to wait, all at once, and how each of them goes on."""

from __future__ import annotations

import os
import secrets
import signal
from dataclasses import dataclass

import psycopg

from tests.e2e.conftest import Product, until
from tests.e2e.crowd import FLOWS, STORIES
from tests.e2e.patient import PatientClient
from tests.e2e.test_survival import alerts_about

DONE = "CASE_STATE_COMPLETED"
_ROOMS = 3
_TOGETHER = ("pe_zhao", "pe_li", "pe_wang")
_IN_TURN = ("pe_wang", "pe_zhao")


@dataclass
class Waiting:
    """Cases that wait, by what they wait for."""

    product: Product
    client: PatientClient
    task: str = ""
    time: str = ""
    event: str = ""
    offer: str = ""
    child: str = ""
    body: str = ""
    call: str = ""
    pause: str = ""

    async def begin(self) -> None:
        """Bring every case to where it waits."""
        client = self.client
        for flow in (*STORIES, "wait_in_seconds", "earn_once"):
            await self.product.told("flow", "publish", str(FLOWS / f"{flow}.yaml"))
        address = (await client.ask("GET", "/customers/cu_inside")).json()["addresses"][0]
        visit = {"customer_id": "cu_inside", "address_id": address["address_id"]}
        self.offer = await client.start("install_in_seconds", visit)
        await client.do(self.offer, "complete", form={"units": 1})
        await client.task(self.offer, "accept")
        self.event = await client.start(
            "change_in_seconds", {"work_order_id": self._work_order(self.offer)[0]}
        )
        self.child = await client.start("buy_in_seconds", {})
        await client.task(await self._child(), "approve")
        self.body = await client.start("rooms_in_seconds", {})
        await client.do(self.body, "complete", form={"area": 9})
        self.pause = await client.start("sign_in_seconds", {})
        await client.do(self.pause, "pause", to="papers")
        # Who does not answer is tried again and again.
        os.kill(self.product.process_id("settlement"), signal.SIGSTOP)
        earns = {"work_order_id": f"wo_{secrets.token_hex(6)}"}
        self.call = await client.start("earn_once", earns)
        self.task = await client.start("respond_in_seconds", {})
        self.time = await client.start("wait_in_seconds", {})
        await client.task(self.task, "complete")

    async def go_on(self) -> None:
        """Whoever is waited for does something: every case goes on, and ends as it should."""
        client = self.client
        os.kill(self.product.process_id("settlement"), signal.SIGCONT)
        await client.do(self.pause, "resume")
        for person in (*_TOGETHER, *_IN_TURN):
            await client.do(self.pause, "approve", person)
        await client.do(await self._child(), "approve", form={"verdict": "good"})
        await client.do(self.child, "complete")
        for _ in range(_ROOMS - 1):
            await client.do(self.body, "complete", form={"area": 9})
        await client.do(self.body, "approve")
        await client.do(self.offer, "accept")
        await until(self._alert, "the supervisor's alert")
        await client.do(self.task, "complete")
        ends = (self.task, self.time, self.event, self.child, self.body, self.call, self.pause)
        for case_id in ends:
            await client.state(case_id, DONE)
        assert len(await alerts_about(self.product, self.task, "chenzhuguan")) == 1
        nodes = {node.node for node in (await client.case(self.event)).nodes}
        assert "changed" in nodes
        assert "chase" not in nodes
        with psycopg.connect(self.product.environment["DATABASE_URL"]) as books:
            earned = books.execute(
                "SELECT state FROM settlement.earning WHERE case_id = %s", (self.call,)
            ).fetchall()
        assert earned == [("payable",)]

    async def _alert(self) -> bool | None:
        return bool(await alerts_about(self.product, self.task, "chenzhuguan")) or None

    async def _child(self) -> str:
        async def look() -> str | None:
            return next(iter(await self.client.children(self.child)), None)

        return await until(look, "the child case")

    def _work_order(self, case_id: str) -> tuple[str, ...]:
        with psycopg.connect(self.product.environment["DATABASE_URL"]) as looking:
            row = looking.execute(
                "SELECT work_order_id FROM workorder.work_order WHERE case_id = %s", (case_id,)
            ).fetchone()
        assert row is not None
        return row


async def survive(product: Product, *names: str) -> None:
    """Kill these processes, all at once, while cases wait in every way that there is."""
    async with PatientClient.at(product) as client:
        waiting = Waiting(product, client)
        await waiting.begin()
        killed = {name: product.kill(name) for name in names}
        for name, process_id in killed.items():
            await product.ready_again(name, process_id)
        await waiting.go_on()
