"""Incidents as operations meet them: over REST, from the command line and on their page."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.gateway_server import WholeProduct
from tests.rpc.gateway.conftest import As
from tests.rpc.gateway.play import fresh_key, until
from tests.rpc.gateway.test_command_line import Gongdan, gongdan
from tests.rpc.gateway.test_pages import HTML, enter, hidden

__all__ = ["gongdan"]

SOURCE = """
language: "1.0"
code: misquoted
name: 报价异常
stages: [{id: presale, name: 售前}]
start: quote
nodes:
  - id: quote
    kind: service
    stage: presale
    name: 计算报价
    rpc: pricing.v1.PricingService/Quote
    input:
      case_id: =case.id
      facts:
        lines: [{item_code: NO-SUCH-ITEM, quantity: 1}]
        cooperation_mode: direct
  - {id: done, kind: end, name: 完成}
edges:
  - {from: quote, to: done}
"""


@pytest.fixture
async def case_id(as_: As) -> str:
    """A case that stands still at a quote for something that nobody sells."""
    ops = as_()
    published = await ops.post("/api/v1/flows", json={"source": SOURCE}, headers=fresh_key())
    assert published.status_code == 200, published.text
    started = await ops.post(
        "/api/v1/cases", json={"flow_code": "misquoted", "inputs": {}}, headers=fresh_key()
    )
    assert started.status_code == 201, started.text
    return str(started.json()["case_id"])


async def incident_of(ops: httpx.AsyncClient, case_id: str, **query: str) -> dict[str, Any]:
    async def look() -> dict[str, Any] | None:
        reply = await ops.get("/api/v1/incidents", params={"case_id": case_id, **query})
        assert reply.status_code == 200, reply.text
        return next(iter(reply.json()["incidents"]), None)

    return await until(look, "an incident")


async def state_of(ops: httpx.AsyncClient, case_id: str) -> str:
    return str((await ops.get(f"/api/v1/cases/{case_id}")).json()["state"])


async def ended(ops: httpx.AsyncClient, case_id: str) -> str:
    async def look() -> str | None:
        state = await state_of(ops, case_id)
        return state if state == "CASE_STATE_COMPLETED" else None

    return await until(look, "the end")


async def resolve(
    client: httpx.AsyncClient, case_id: str, incident: dict[str, Any], **body: Any
) -> httpx.Response:
    body |= named(case_id, incident)
    return await client.post("/api/v1/incidents/resolve", json=body, headers=fresh_key())


def named(case_id: str, incident: dict[str, Any]) -> dict[str, str]:
    return {"case_id": case_id, "incident_id": incident["incident_id"]}


async def test_an_incident_says_what_failed_and_what_can_be_done(as_: As, case_id: str) -> None:
    ops = as_()
    incident = await incident_of(ops, case_id)
    assert incident["reason"].startswith("PRICING_")
    assert (incident["node"], incident["node_title"]) == ("quote", "计算报价")
    assert incident["verbs"] == ["retry", "skip", "move"]
    assert incident["request"]["facts"]["lines"][0]["item_code"] == "NO-SUCH-ITEM"
    assert await state_of(ops, case_id) == "CASE_STATE_INCIDENT"


async def test_a_node_that_is_passed_over_is_resolved_by_whoever_did_it_and_why(
    as_: As, case_id: str
) -> None:
    ops = as_()
    incident = await incident_of(ops, case_id)
    done = await resolve(ops, case_id, incident, verb="skip", comment="电话报过价了")
    assert done.status_code == 200, done.text
    assert await ended(ops, case_id)
    resolved = await incident_of(ops, case_id, resolved="true")
    assert (resolved["resolved_with_verb"], resolved["comment"]) == ("skip", "电话报过价了")
    assert resolved["resolved_by_person_id"]


async def test_a_token_is_moved_to_a_node_that_the_case_itself_offers(
    as_: As, case_id: str, visitor: httpx.AsyncClient, gongdan: Gongdan
) -> None:
    ops = as_()
    incident = await incident_of(ops, case_id)
    reply = await ops.get("/api/v1/incidents/targets", params=named(case_id, incident))
    assert reply.json() == {"targets": [{"node": "done", "name": "完成", "name_en": ""}]}
    hidden_from = as_("pe_wang").get("/api/v1/incidents/targets", params=named(case_id, incident))
    assert (await hidden_from).status_code == 403
    shown = await gongdan("incident", "show", case_id, incident["incident_id"])
    assert "done 完成" in shown.stdout
    await enter(visitor, "pe_yun")
    page = (await visitor.get("/incident", params=named(case_id, incident))).text
    assert '<option value="done">完成 · done</option>' in page
    await resolve(ops, case_id, incident, verb="move", to="done", comment="免报价")
    assert await ended(ops, case_id)
    over = await ops.get("/api/v1/incidents/targets", params=named(case_id, incident))
    assert over.json() == {"targets": []}


async def test_another_request_resolves_what_the_first_could_not(as_: As, case_id: str) -> None:
    ops = as_()
    incident = await incident_of(ops, case_id)
    request = incident["request"]
    request["facts"]["lines"][0]["item_code"] = "AC-INSTALL-STD"
    request["facts"]["region_adcode"] = "110105"
    done = await resolve(ops, case_id, incident, verb="retry", form=request, comment="改正项目")
    assert done.status_code == 200, done.text
    # Whatever the price book says to it, the old request is not made again.
    acts = (await ops.get(f"/api/v1/cases/{case_id}/acts")).json()["acts"]
    if acts:
        assert acts[-1]["after"]["request"]["facts"]["lines"][0]["item_code"] == "AC-INSTALL-STD"


async def test_only_operations_resolve(as_: As, case_id: str) -> None:
    incident = await incident_of(as_(), case_id)
    refused = await resolve(as_("pe_chen"), case_id, incident, verb="retry")
    assert (refused.status_code, refused.json()["reason"]) == (403, "CASE_OPS_ONLY")
    hidden_from = await as_("pe_wang").get("/api/v1/incidents")
    assert hidden_from.status_code == 403


async def test_all_incidents_of_one_reason_are_looked_at_and_then_retried(
    as_: As, case_id: str, gongdan: Gongdan
) -> None:
    incident = await incident_of(as_(), case_id)
    reason = ("--flow", "misquoted", "--reason", incident["reason"])
    shown = await gongdan("incident", "retry", *reason)
    assert "add --run to do it" in shown.stdout, shown.output
    assert case_id in shown.stdout.replace("\n", "")
    done = await gongdan("incident", "retry", *reason, "--run", "--comment", "恢复", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["done_count"] >= 1, told
    assert (told["verb"], told["comment"]) == ("retry", "恢复")

    async def stands_still_anew() -> bool | None:
        again = await incident_of(as_(), case_id)
        return True if again["raised_at"] != incident["raised_at"] else None

    await until(stands_still_anew, "it was tried again")
    resolved = await incident_of(as_(), case_id, resolved="true")
    assert (resolved["resolved_with_verb"], resolved["comment"]) == ("retry", "恢复")


async def test_operations_resolve_from_the_command_line(
    as_: As, case_id: str, gongdan: Gongdan, tmp_path: Path
) -> None:
    incident = await incident_of(as_(), case_id)
    shown = await gongdan("incident", "show", case_id, incident["incident_id"])
    assert "NO-SUCH-ITEM" in shown.stdout, shown.output
    listed = await gongdan("incident", "list", "--case", case_id)
    assert incident["reason"] in listed.stdout
    done = await gongdan(
        "incident", "move", case_id, incident["incident_id"], "--to", "done", "--comment", "免报价"
    )
    assert done.exit_code == 0, done.output
    assert await ended(as_(), case_id)


async def test_a_case_is_paused_and_resumed_from_the_command_line(
    as_: As, case_id: str, gongdan: Gongdan
) -> None:
    await incident_of(as_(), case_id)
    refused = await gongdan("case", "pause", case_id)
    assert "CASE_REASON_MISSING" in refused.stderr
    assert (await gongdan("case", "pause", case_id, "--comment", "停电")).exit_code == 0

    async def paused() -> bool | None:
        shown = await gongdan("case", "show", case_id)
        return True if "停电" in shown.stdout else None

    await until(paused, "the case is shown as paused")
    assert (await gongdan("case", "resume", case_id)).exit_code == 0


@pytest.fixture
async def visitor(product: WholeProduct) -> AsyncIterator[httpx.AsyncClient]:
    async with product.visitor(HTML) as visitor:
        yield visitor


async def test_supervisors_see_incidents_on_their_page_and_others_do_not(
    as_: As, case_id: str, visitor: httpx.AsyncClient
) -> None:
    await incident_of(as_(), case_id)
    await enter(visitor, "pe_chen")
    page = await visitor.get("/incidents")
    assert page.status_code == 200
    assert "计算报价" in page.text
    assert re.search(r'href="/incidents"', page.text)
    await enter(visitor, "pe_wang")
    assert (await visitor.get("/incidents")).status_code == 403


async def test_operations_pass_over_a_node_on_their_page(
    as_: As, case_id: str, visitor: httpx.AsyncClient, product: WholeProduct
) -> None:
    incident = await incident_of(as_(), case_id)
    await enter(visitor, "pe_yun")
    assert "计算报价" in (await visitor.get(f"/incidents?reason={incident['reason']}")).text
    page = (await visitor.get("/incident", params=named(case_id, incident))).text
    form = {
        "csrf_token": hidden(page, "csrf_token"),
        "act_key": hidden(page, "act_key"),
        "verb": "skip",
        **named(case_id, incident),
    }
    refused = await visitor.post("/incident", data=form | {"comment": ""})
    assert refused.status_code == 422
    assert "CASE_REASON_MISSING" in refused.text
    done = await visitor.post("/incident", data=form | {"comment": "免"})
    assert done.status_code == 303, done.text
    assert await ended(as_(), case_id)
