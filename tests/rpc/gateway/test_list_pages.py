"""The lists as pages: filters, counts, one verb for many, stuck points, the audit."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.gateway_server import WholeProduct
from tests.rpc.gateway.conftest import As
from tests.rpc.gateway.play import start, task_of, until


@pytest.fixture
async def chen(product: WholeProduct) -> httpx.AsyncClient:
    """A supervisor's browser."""
    visitor = product.visitor()
    await visitor.post("/login", data={"person_id": "pe_chen", "next": "/"})
    return visitor


async def waiting(as_: As, count: int = 1) -> list[str]:
    cases = [await start(as_) for _ in range(count)]
    for case_id in cases:
        await task_of(as_("pe_wang"), case_id, "intake")
    return cases


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{re.escape(name)}" value="([^"]*)"', page)
    assert found, name
    return found.group(1)


async def test_cases_are_filtered_counted_and_cleared(as_: As, chen: httpx.AsyncClient) -> None:
    first, second = await waiting(as_, 2)
    page = (await chen.get("/cases", params={"words": first, "flow_code": "aircon_install"})).text
    assert f"/cases/{first}" in page
    assert f"/cases/{second}" not in page
    assert "共 1" in page
    assert "/api/v1/exports/cases.csv?words=" in page
    assert '<option value="intake"' in page  # the chosen flow's nodes
    empty = (await chen.get("/cases", params={"words": "没有这个词"})).text
    assert "没有符合条件的个案" in empty
    wrong = await chen.get("/cases", params={"region_adcode": "beijing"})
    assert wrong.status_code == 422
    assert "CASE_REGION_INVALID" in wrong.text
    days = {"words": first, "started_from": "2020-01-01", "started_before": "2099-12-31"}
    assert f"/cases/{first}" in (await chen.get("/cases", params=days)).text


async def test_the_inbox_shows_badges_and_is_narrowed_down_by_them(
    as_: As, product: WholeProduct
) -> None:
    await waiting(as_)
    visitor = product.visitor()
    await visitor.post("/login", data={"person_id": "pe_wang", "next": "/"})
    page = (await visitor.get("/")).text
    assert 'class="badges"' in page
    narrowed = (await visitor.get("/", params={"overdue": "true"})).text
    assert "没有符合条件的待办" in narrowed


async def test_one_verb_is_looked_at_and_done_to_many(as_: As, chen: httpx.AsyncClient) -> None:
    cases = await waiting(as_, 2)
    page = (await chen.get("/cases", params={"words": cases[0]})).text
    asked = {
        "csrf_token": hidden(page, "csrf_token"),
        "verb": "urge",
        "to": "",
        "comment": "请尽快",
        "scope": "chosen",
        "case_id": cases,
    }
    seen = (await chen.post("/bulk-acts/preview", data=asked)).text
    assert "催办 × 2" in seen
    names = ("csrf_token", "act_key", "verb", "to", "comment", "target_count")
    told = {name: hidden(seen, name) for name in names}
    which = hidden(seen, "which").replace("&#34;", '"')
    ordered = await chen.post("/bulk-acts", data=told | {"which": which})
    assert ordered.status_code == 303

    async def done() -> str | None:
        page = (await chen.get(ordered.headers["location"])).text
        return page if "已结束" in page else None

    assert '<b class="number">2</b> / 2' in await until(done, "the bulk act to end")
    all_of = {"scope": "all", "q.words": cases[0], "case_id": []}
    again = (await chen.post("/bulk-acts/preview", data=asked | all_of)).text
    assert "催办 × 1" in again


async def test_a_flows_map_shows_where_it_is_stuck(as_: As, chen: httpx.AsyncClient) -> None:
    await waiting(as_)
    page = (await chen.get("/flows/aircon_install/stuck")).text
    assert 'class="hot-' in page
    assert "node=intake" in page
    english = (await chen.get("/flows/aircon_install/stuck", params={"lang": "en"})).text
    assert "Stuck points" in english


async def test_the_audit_page_is_everybodys_for_a_supervisor_and_ones_own_for_others(
    as_: As, chen: httpx.AsyncClient, product: WholeProduct
) -> None:
    page = (await chen.get("/audit", params={"verb": "urge"})).text
    assert 'name="acting_person_id"' in page
    assert "催办" in page
    visitor = product.visitor()
    await visitor.post("/login", data={"person_id": "pe_wang", "next": "/"})
    own = await visitor.get("/audit")
    assert own.status_code == 200
    assert 'name="acting_person_id"' not in own.text
    malformed = await chen.get("/audit", params={"acted_from": "gestern"})
    assert "DAY_MALFORMED" in malformed.text
