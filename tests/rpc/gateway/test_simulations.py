"""Flows tried out over HTTP and on their page: told, counted, bounded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from tests.gateway_server import WholeProduct
from tests.rpc.gateway.conftest import As
from tests.rpc.gateway.play import fresh_key
from tests.rpc.gateway.test_pages import HTML, enter, hidden
from tests.rpc.gateway.test_problems import problem

FLOW = Path(__file__).parents[3] / "flows/aircon_install"
FLOW_PATH = "/api/v1/flows/aircon_install"
PATH = f"{FLOW_PATH}/simulations"
SILENT = "a designer who is silent for two hours brings the supervisor one alert"


def written_out(name: str) -> dict[str, Any]:
    told = yaml.safe_load((FLOW / "scenarios.yaml").read_text())
    scenario = next(each for each in told["scenarios"] if each["name"] == name)
    scenario["calendar"] = told["calendar"]
    plain: dict[str, Any] = json.loads(
        json.dumps(
            {"scenario": scenario, "answers": told["answers"]}, default=lambda at: at.isoformat()
        )
    )
    return plain


async def test_a_scenario_tells_who_would_hear_of_it(as_: As) -> None:
    wang = as_("pe_wang")
    assert SILENT in (await wang.get(f"{FLOW_PATH}/stories")).json()["stories"]
    answer = await wang.post(PATH, json={"story": SILENT})
    tried = answer.json()
    assert tried["wrong"] == []
    assert tried == (await wang.post(PATH, json=written_out(SILENT))).json()
    assert [
        message["who"] for message in tried["messages"] if message["detail"] == "sla_alert"
    ] == [["pe_chen"]]


async def test_many_cases_are_counted_with_the_company_s_own_calendar(as_: As) -> None:
    body = {"runs": 30, "starts_at": "2026-03-02T09:00:00+08:00"}
    tried = (await as_("pe_wang").post(PATH, json=body)).json()
    assert tried["status"] == "completed"
    assert tried["figures"]["cases"] == 30
    assert {node["node"] for node in tried["figures"]["nodes"]} >= {"intake", "measure"}


async def test_what_is_asked_for_is_bounded_and_checked(as_: As) -> None:
    problem(await as_("pe_wang").post(PATH, json={"runs": 100_000}), 422, "FIELD_MALFORMED", "runs")
    wrong = {"runs": 5, "assumptions": {"nodes": {"intakee": {}}}}
    refused = await as_("pe_wang").post(PATH, json=wrong)
    problem(refused, 422, "SIMULATION_NAME_UNKNOWN", "nodes.intakee")
    unanswered = written_out(SILENT) | {"answers": []}
    problem(
        await as_("pe_wang").post(PATH, json=unanswered), 422, "SIMULATION_NO_ANSWER", "answers"
    )
    untold = await as_("pe_wang").post(PATH, json={"story": "no such story"})
    problem(untold, 422, "SIMULATION_STORY_UNKNOWN", "story")
    unknown = await as_("pe_wang").post(PATH.replace("aircon_install", "nothing"), json={})
    assert unknown.status_code == 404


async def test_a_draft_is_tried_out_before_it_is_published(as_: As) -> None:
    ops = as_()
    source = (await ops.get(FLOW_PATH)).json()["source"]
    draft = f"{FLOW_PATH}/draft"
    changed = {"source": source.replace("respond: 2h", "respond: 1h"), "after_revision": 0}
    saved = await ops.put(draft, json=changed, headers=fresh_key())
    assert saved.status_code == 200, saved.text
    tried = (await ops.post(PATH, json={"story": SILENT, "draft": True})).json()
    alert = next(m for m in tried["messages"] if m["detail"] == "sla_alert")
    assert alert["at"] == "2026-03-02T02:00:00+00:00"

    broken = {"source": "code: [", "after_revision": 1}
    await ops.put(draft, json=broken, headers=fresh_key())
    problem(await ops.post(PATH, json={"draft": True}), 422, "FLOW_NOT_PUBLISHABLE", "source")
    await ops.post(f"{draft}/discard", json={"revision": 2}, headers=fresh_key())
    assert (await ops.post(PATH, json={"draft": True})).status_code == 404


async def test_a_flow_is_tried_out_on_its_page(product: WholeProduct) -> None:
    async with product.visitor(HTML) as visitor:
        await enter(visitor, "pe_wang")
        path = "/flows/aircon_install/simulation"
        asked = await visitor.get(path)
        assert f"<option>{SILENT}</option>" in asked.text
        form = {
            "csrf_token": hidden(asked.text, "csrf_token"),
            "version": "1",
            "runs": "20",
            "starts_at": "2026-03-02T09:00",
            "story": SILENT,
        }
        shown = (await visitor.post(path, data=form)).text
        assert "未按时响应（第1级预警）" in shown
        assert "陈主管" in shown
        assert "响应期限 03-02 11:00:00" in shown
        assert "<svg" in shown
        assert "超时率：响应" in shown
        refused = await visitor.post(path, data=form | {"assumptions": "nodes: {intakee: {}}"})
        assert refused.status_code == 422
        assert "nodes.intakee" in refused.text
        assert (await visitor.get("/flows/nothing/simulation")).status_code == 404
