"""Processes die at the worst moment; nothing is lost and nothing happens twice."""

import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psycopg

from tests.e2e.conftest import Product, until
from tests.e2e.patient import PatientClient

FLOWS = Path(__file__).parent / "flows"


async def start(product: Product, flow: str, *inputs: str) -> str:
    await product.told("flow", "publish", str(FLOWS / f"{flow}.yaml"))
    started = await product.told("case", "start", flow, *inputs)
    case_id = started["case_id"]
    assert isinstance(case_id, str)
    return case_id


async def case_when(product: Product, case_id: str, holds: Callable[[Any], bool]) -> Any:
    async def look() -> Any:
        case = await product.told("case", "show", case_id)
        return case if holds(case) else None

    return await until(look, f"case {case_id}")


async def alerts_about(product: Product, case_id: str, userid: str) -> list[Any]:
    """What the sandbox shows on a member's phone that names the case."""
    async with httpx.AsyncClient(base_url=product.url("wecom"), trust_env=False) as wecom:
        answer = (await wecom.get("/_sim/messages", params={"userid": userid})).json()
    return [message for message in answer if case_id in json.dumps(message)]


async def test_a_worker_killed_while_the_sla_runs_alerts_the_supervisor_once(
    product: Product,
) -> None:
    case_id = await start(product, "respond_in_seconds")
    await case_when(product, case_id, lambda case: bool(case["user_tasks"]))
    killed = product.kill("workflows")
    await product.ready_again("workflows", killed)

    async def alerted() -> list[Any] | None:
        return await alerts_about(product, case_id, "chenzhuguan") or None

    await until(alerted, "the supervisor's alert")
    await product.told("case", "act", case_id, "measure", "complete", person="pe_li")
    await case_when(product, case_id, lambda case: case["state"] == "CASE_STATE_COMPLETED")
    assert len(await alerts_about(product, case_id, "chenzhuguan")) == 1


async def test_a_designer_who_answers_in_time_brings_no_alert_though_the_worker_dies(
    product: Product,
) -> None:
    await product.told("flow", "publish", str(FLOWS / "respond_in_seconds.yaml"))
    async with PatientClient.at(product) as client:  # commands take their time to start
        case_id = await client.start("respond_in_seconds", {})
        await client.do(case_id, "claim", "pe_li")
    killed = product.kill("workflows")
    await product.ready_again("workflows", killed)
    # Another case, begun later, is alerted: so this one's time is over too.
    later = await start(product, "respond_in_seconds")

    async def alerted() -> list[Any] | None:
        return await alerts_about(product, later, "chenzhuguan") or None

    await until(alerted, "the later case's alert")
    assert await alerts_about(product, case_id, "chenzhuguan") == []


async def test_a_service_killed_in_the_middle_of_a_call_posts_the_earning_once(
    product: Product,
) -> None:
    work_order_id = f"wo_e2e_{secrets.token_hex(6)}"
    url = product.environment["DATABASE_URL"]
    with psycopg.connect(url) as holding:
        # Whoever posts to the ledger now stands still inside its transaction.
        holding.execute("LOCK TABLE settlement.ledger_transfer IN ACCESS EXCLUSIVE MODE")
        case_id = await start(product, "earn_once", "-i", f"work_order_id={work_order_id}")

        async def stuck() -> bool | None:
            with psycopg.connect(url) as looking:
                waiting = looking.execute(
                    "SELECT 1 FROM pg_stat_activity"
                    " WHERE application_name = 'gongdan-settlement' AND wait_event_type = 'Lock'"
                ).fetchone()
            return True if waiting else None

        await until(stuck, "the settlement service to be inside the call")
        killed = product.kill("settlement")
        await product.ready_again("settlement", killed)
        holding.rollback()
    await case_when(product, case_id, lambda case: case["state"] == "CASE_STATE_COMPLETED")
    with psycopg.connect(url) as ledger:
        earnings = ledger.execute(
            "SELECT earning_id, state FROM settlement.earning WHERE work_order_id = %s",
            (work_order_id,),
        ).fetchall()
        assert [row[1] for row in earnings] == ["payable"]
        transfers = ledger.execute(
            "SELECT leg, state, sum(amount_minor), count(*) FROM settlement.ledger_transfer"
            " WHERE document_id = %s GROUP BY 1, 2 ORDER BY 1, 2",
            (earnings[0][0],),
        ).fetchall()
    assert all(count == 1 for *_, count in transfers), transfers
    posted = sum(amount for _, state, amount, _ in transfers if state == "posted")
    assert posted == 24_000
    verified = await product.told("ledger", "verify")
    assert verified["sound"] is True
