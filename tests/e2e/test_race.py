"""Fifty people reach for one task at once, through the gateway; and a Temporal that does not answer."""

import asyncio
import os
import secrets
import signal
import time
from collections import Counter

import httpx

from tests.e2e.conftest import Product
from tests.e2e.crowd import FLOWS
from tests.e2e.patient import PatientClient

PEOPLE = [f"pe_racer_{number}" for number in range(50)]
LOSERS_ARE_TOLD = {"CASE_REVISION_STALE", "CASE_TASK_NOT_YOURS", "CASE_TASK_CLOSED", "CASE_OVER"}


async def racers(client: PatientClient, *roles: str) -> None:
    """Fifty people with these roles."""
    for person_id in PEOPLE:
        person = {"display_name": person_id, "roles": roles, "state": "PERSON_STATE_ACTIVE"}
        key = "/".join((person_id, *roles))
        put = await client.ask("PUT", f"/people/{person_id}", "pe_zheng", key, json=person)
        assert put.status_code == httpx.codes.OK, put.text


async def test_of_fifty_people_on_one_task_one_wins_and_all_others_learn_how_it_stands(
    product: Product,
) -> None:
    await product.told("flow", "publish", str(FLOWS / "respond_in_seconds.yaml"))
    async with PatientClient.at(product) as client:
        await racers(client, "designer")
        case_id = await client.start("respond_in_seconds", {})
        task = await client.task(case_id, "claim")
        for verb, seen in (("claim", task.revision), ("complete", None)):
            body = {"user_task_id": task.user_task_id, "verb": verb, "revision": seen}
            began = time.monotonic()
            answers = await asyncio.gather(
                *(
                    client.ask_once("POST", f"/cases/{case_id}/acts", person, verb, json=body)
                    for person in PEOPLE
                )
            )
            took = time.monotonic() - began
            told = Counter(answer.json().get("reason", "won") for answer in answers)
            print(verb, f"{took:.2f} s", dict(told))
            assert told["won"] == 1, told
            assert set(told) <= {"won", *LOSERS_ARE_TOLD}
        # Else the designers of other tests would be these too, and they have no phones.
        await racers(client)


async def test_an_act_is_refused_while_temporal_does_not_answer_and_applied_once_afterwards(
    product: Product,
) -> None:
    await product.told("flow", "publish", str(FLOWS / "respond_in_seconds.yaml"))
    async with PatientClient.at(product) as client:
        case_id = await client.start("respond_in_seconds", {})
        task = await client.task(case_id, "comment")
        key = secrets.token_hex(8)
        body = {"user_task_id": task.user_task_id, "verb": "comment", "comment": "在吗"}
        temporal = product.process_id("temporal")
        os.kill(temporal, signal.SIGSTOP)
        try:
            refused = await client.ask_once(
                "POST", f"/cases/{case_id}/acts", "pe_li", key, json=body
            )
        finally:
            os.kill(temporal, signal.SIGCONT)
        assert refused.status_code == httpx.codes.SERVICE_UNAVAILABLE
        assert (refused.json()["reason"], refused.json()["retryable"]) == ("CASE_UNAVAILABLE", True)
        for _ in range(2):
            applied = await client.act(case_id, "pe_li", key, body)
            assert applied.status_code == httpx.codes.OK
        await client.do(case_id, "complete")
        await client.state(case_id, "CASE_STATE_COMPLETED")
        acts = (await client.ask("GET", f"/cases/{case_id}/acts")).json()["acts"]
        assert [act["verb"] for act in acts if act["acting_person_id"] == "pe_li"] == [
            "comment",
            "complete",
        ]
