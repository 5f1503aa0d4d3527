"""Flows tried out over HTTP and on their page: told, counted, bounded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from tests.gateway_server import WholeProduct
from tests.rpc.gateway.conftest import As
from tests.rpc.gateway.test_pages import HTML, enter, hidden
from tests.rpc.gateway.test_problems import problem

FLOW = Path(__file__).parents[3] / "flows/aircon_install"
PATH = "/api/v1/flows/aircon_install/simulations"
SILENT = "a designer who is silent for two hours brings the supervisor one alert"


def story(name: str) -> dict[str, Any]:
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
    answer = await as_("pe_wang").post(PATH, json=story(SILENT))
    tried = answer.json()
    assert tried["wrong"] == []
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
    unanswered = story(SILENT) | {"answers": []}
    problem(
        await as_("pe_wang").post(PATH, json=unanswered), 422, "SIMULATION_NO_ANSWER", "answers"
    )
    unknown = await as_("pe_wang").post(PATH.replace("aircon_install", "nothing"), json={})
    assert unknown.status_code == 404


async def test_a_flow_is_tried_out_on_its_page(product: WholeProduct) -> None:
    async with product.visitor(HTML) as visitor:
        await enter(visitor, "pe_wang")
        path = "/flows/aircon_install/simulation"
        asked = await visitor.get(path)
        told = story(SILENT)
        form = {
            "csrf_token": hidden(asked.text, "csrf_token"),
            "runs": "20",
            "starts_at": "2026-03-02T09:00:00+08:00",
            "scenario": json.dumps(told["scenario"], ensure_ascii=False),
            "answers": json.dumps(told["answers"], ensure_ascii=False),
        }
        shown = (await visitor.post(path, data=form)).text
        assert "未按时响应（第1级预警）" in shown
        assert "响应期限 03-02 11:00:00" in shown
        assert "<svg" in shown
        assert "超时率：响应" in shown
        refused = await visitor.post(path, data=form | {"assumptions": "nodes: {intakee: {}}"})
        assert refused.status_code == 422
        assert "nodes.intakee" in refused.text
