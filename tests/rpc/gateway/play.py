"""Playing a case of ``aircon_install`` over HTTP, as far as a test wants it."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx

from tests.rpc.gateway.conftest import As

T = TypeVar("T")
NEEDS: dict[str, Any] = {
    "needs": "客厅装一台挂机",
    "item_code": "AC-INSTALL-STD",
    "quantity": 1,
    "floor": 15,
    "work_at_height": True,
}
MEASURED: dict[str, Any] = {
    "measured_on": "2026-11-22",
    "pipe_metres": "3.5",
    "work_at_height": True,
    "height_notes": "外墙",
}


def fresh_key() -> dict[str, str]:
    return {"Idempotency-Key": secrets.token_hex(8)}


async def until(look: Callable[[], Awaitable[T | None]], what: str, seconds: float = 30) -> T:
    deadline = time.monotonic() + seconds
    while (found := await look()) is None:
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        await asyncio.sleep(0.05)
    return found


async def start(as_: As, headers: dict[str, str] | None = None) -> str:
    """A new case of the customer inside the ring."""
    sales = as_("pe_wang")
    customer = (await sales.get("/api/v1/customers/cu_inside")).json()
    inputs = {
        "customer_id": "cu_inside",
        "address_id": customer["addresses"][0]["address_id"],
        "region_adcode": "110105",
    }
    started = await sales.post(
        "/api/v1/cases",
        json={"flow_code": "aircon_install", "inputs": inputs},
        headers=headers or fresh_key(),
    )
    assert started.status_code == 201, started.text
    return str(started.json()["case_id"])


async def task_of(client: httpx.AsyncClient, case_id: str, node: str) -> dict[str, Any]:
    """The open user task at a node, as soon as the person has it."""
    me = (await client.get("/api/v1/session")).json()["person_id"]

    async def look() -> dict[str, Any] | None:
        listed = await client.get(f"/api/v1/user-tasks?case_id={case_id}&person_id={me}")
        return next((t for t in listed.json()["user_tasks"] if t["node"] == node), None)

    return await until(look, f"{node} of {case_id}")


async def act(
    client: httpx.AsyncClient, case_id: str, node: str, verb: str, **form: Any
) -> httpx.Response:
    task = await task_of(client, case_id, node)
    body = {
        "user_task_id": task["user_task_id"],
        "verb": verb,
        "revision": task["revision"],
        "form": form,
    }
    return await client.post(f"/api/v1/cases/{case_id}/acts", json=body, headers=fresh_key())


async def sell(as_: As) -> str:
    """A case whose quote waits for the customer."""
    case_id = await start(as_)
    for person, node, form in (("pe_wang", "intake", NEEDS), ("pe_li", "measure", MEASURED)):
        done = await act(as_(person), case_id, node, "complete", **form)
        assert done.status_code == 200, done.text
    await task_of(as_("cu_inside"), case_id, "confirm_quote")
    return case_id


async def offer(as_: As, case_id: str) -> dict[str, Any]:
    """The work order of a confirmed case, offered to a technician."""
    confirmed = await act(as_("cu_inside"), case_id, "confirm_quote", "approve")
    assert confirmed.status_code == 200, confirmed.text

    async def look() -> dict[str, Any] | None:
        listed = (await as_("pe_chen").get(f"/api/v1/work-orders?case_id={case_id}")).json()
        return next((o for o in listed["work_orders"] if o.get("offer")), None)

    return await until(look, f"an offer of {case_id}")
