"""Lists over HTTP: filtered, counted, as files, and one verb for many."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx

from tests.rpc.gateway.conftest import As
from tests.rpc.gateway.play import fresh_key, start, task_of, until
from tests.rpc.gateway.test_command_line import Gongdan, gongdan  # noqa: F401 - a fixture
from tests.rpc.gateway.test_problems import problem


async def test_cases_are_listed_by_instants_and_flags_in_the_query(as_: As) -> None:
    case_id = await start(as_)
    await task_of(as_("pe_wang"), case_id, "intake")
    query = {"words": case_id, "open": "true", "started_from": "2020-01-01T00:00:00Z"}
    found = (await as_("pe_wang").get("/api/v1/cases", params=query | {"counted": "true"})).json()
    assert [case["case_id"] for case in found["cases"]] == [case_id]
    assert found["total"] == {"count": 1, "more": False}
    early = query | {"started_before": "2020-02-01T00:00:00Z"}
    assert not (await as_("pe_wang").get("/api/v1/cases", params=early)).json()["cases"]
    refused = await as_("pe_wang").get("/api/v1/cases", params={"started_from": "yesterday"})
    problem(refused, 422, "FIELD_MALFORMED", "started_from")


async def test_the_inbox_says_how_much_there_is(as_: As) -> None:
    case_id = await start(as_)
    await task_of(as_("pe_wang"), case_id, "intake")
    path = "/api/v1/user-tasks/counts"
    counts = (await as_("pe_wang").get(path, params={"person_id": "pe_wang"})).json()
    assert counts["count"] >= 1
    assert {"flow_code", "node", "count", "overdue_count"} <= counts["nodes"][0].keys()


async def test_a_list_is_taken_home_as_a_file_that_a_spreadsheet_reads(as_: As) -> None:
    key = fresh_key()
    case_id = await start(as_, key)
    await task_of(as_("pe_wang"), case_id, "intake")
    path = "/api/v1/exports/cases.csv"
    answer = await as_("pe_wang").get(path, params={"words": case_id})
    assert answer.headers["content-type"].startswith("text/csv")
    head, row = answer.content.decode("utf-8-sig").splitlines()
    assert head.startswith("个案 case,标题 title")
    assert row.startswith(case_id)
    assert answer.content.startswith(b"\xef\xbb\xbf")
    refused = await as_("pe_wang").get("/api/v1/exports/acts.csv")
    problem(refused, 403, "ROLE_REQUIRED", "")
    refused = await as_("pe_wang").get("/api/v1/exports/secrets.csv")
    problem(refused, 404, "EXPORT_UNKNOWN", "what")


async def test_the_audit_is_for_those_who_may_and_says_from_where(as_: As) -> None:
    case_id = await start(as_)
    task = await task_of(as_("pe_wang"), case_id, "intake")
    body = {"user_task_id": task["user_task_id"], "verb": "comment", "comment": "=1+1"}
    path = f"/api/v1/cases/{case_id}/acts"
    done = await as_("pe_wang").post(path, json=body, headers=fresh_key())
    assert done.status_code == 200, done.text

    async def look() -> list[dict[str, Any]] | None:
        query = {"case_id": case_id, "verb": "comment"}
        answer = await as_("pe_chen").get("/api/v1/acts", params=query)
        return answer.json()["acts"] or None

    [act] = await until(look, "the act to be written down")
    assert (act["acting_person_id"], act["origin"]) == ("pe_wang", "cli")
    query = {"case_id": case_id, "verb": "comment"}
    file = await as_("pe_chen").get("/api/v1/exports/acts.csv", params=query)
    assert ",'=1+1" in file.text
    mine = {"acting_person_id": "pe_wang", "case_id": case_id}
    own = await as_("pe_wang").get("/api/v1/acts", params=mine)
    assert [each["verb"] for each in own.json()["acts"]] == ["comment"]


async def test_a_report_says_where_a_flow_is_stuck(as_: As) -> None:
    case_id = await start(as_)
    await task_of(as_("pe_wang"), case_id, "intake")
    path = "/api/v1/flows/aircon_install/stuck-points"
    report = (await as_("pe_chen").get(path, params={"days": 7})).json()
    intake = next(point for point in report["points"] if point["node"] == "intake")
    assert intake["user_task_count"] >= 1
    assert report["open_case_count"] >= 1


async def _ended(client: httpx.AsyncClient, path: str) -> dict[str, Any]:
    async def look() -> dict[str, Any] | None:
        answer = await client.get(path)
        told: dict[str, Any] = answer.json()
        return told if answer.status_code == 200 and told.get("ended_at") else None

    return await until(look, "the bulk act to end")


async def test_one_verb_is_looked_at_and_then_done_to_many(as_: As) -> None:
    cases = [await start(as_) for _ in range(3)]
    for case_id in cases:
        await task_of(as_("pe_wang"), case_id, "intake")
    chen = as_("pe_chen")
    which = {"case_ids": cases}
    seen = (await chen.post("/api/v1/bulk-acts/preview", json={**which, "verb": "urge"})).json()
    assert sorted(target["case_id"] for target in seen["targets"]) == sorted(cases)
    assert seen["refusals"] == []
    body = {"which": which, "verb": "urge", "comment": "客户在催", "target_count": 3}
    wrong = await chen.post(
        "/api/v1/bulk-acts", json=body | {"target_count": 2}, headers=fresh_key()
    )
    problem(wrong, 409, "BULK_TARGETS_CHANGED", "target_count")
    nobody = body | {"verb": "transfer", "to": "pe_nobody"}
    wrong = await chen.post("/api/v1/bulk-acts", json=nobody, headers=fresh_key())
    problem(wrong, 422, "CASE_PERSON_UNKNOWN", "to")
    key = fresh_key()
    ordered = [await chen.post("/api/v1/bulk-acts", json=body, headers=key) for _ in range(2)]
    first, again = (answer.json()["bulk_act_id"] for answer in ordered)
    assert first == again
    told = await _ended(chen, f"/api/v1/bulk-acts/{first}")
    assert (told["done_count"], told["failures"]) == (3, [])
    await asyncio.gather(*(_urged(as_, case_id) for case_id in cases))


async def _urged(as_: As, case_id: str) -> None:
    async def look() -> list[Any] | None:
        answer = await as_("pe_chen").get(f"/api/v1/cases/{case_id}/acts")
        acts = [act for act in answer.json()["acts"] if act["verb"] == "urge"]
        return acts or None

    [act] = await until(look, "the case to be urged")
    assert (act["acting_person_id"], act["comment"]) == ("pe_chen", "客户在催")


async def test_the_command_line_lists_counts_reports_and_does_one_verb_to_many(
    as_: As,
    gongdan: Gongdan,  # noqa: F811
) -> None:
    cases = [await start(as_) for _ in range(2)]
    for case_id in cases:
        await task_of(as_("pe_wang"), case_id, "intake")
    found = await gongdan("case", "list", cases[0], "--state", "open", "--sort", "due")
    assert cases[0] in found.stdout
    assert cases[1] not in found.stdout
    everything = await gongdan("case", "list", "--flow", "aircon_install", "--all", "--json")
    assert set(cases) <= {case["case_id"] for case in json.loads(everything.stdout)["cases"]}
    counted = await gongdan("inbox", "--count", "--as", "pe_wang")
    assert "intake" in counted.stdout
    unclaimed = await gongdan(
        "inbox", "--node", "intake", "--flow", "aircon_install", "--unclaimed"
    )
    assert unclaimed.exit_code == 0, unclaimed.stderr
    stuck = await gongdan("flow", "stuck", "aircon_install")
    assert "intake" in stuck.stdout
    dry = await gongdan("case", "act-many", "urge", *cases, "--dry-run", "--as", "pe_chen")
    assert "2 to do, 0 refused" in dry.stdout
    done = await gongdan("case", "act-many", "urge", *cases, "--yes", "--as", "pe_chen")
    assert "2 of 2" in done.stdout, done.stderr

    async def look() -> str | None:
        told = await gongdan("audit", "list", "--verb", "urge", "--case", cases[0])
        return told.stdout if "pe_chen" in told.stdout else None

    await until(look, "the audit to have it")
    sheet = await gongdan("audit", "export", "--verb", "urge", "--case", cases[0])
    assert cases[0] in sheet.stdout
    neither = await gongdan("case", "act-many", "urge")
    assert "BULK_TARGETS_MISSING" in neither.stderr
