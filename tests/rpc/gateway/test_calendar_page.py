"""The calendar's page: who looks at a month, who edits days, and what they see before they do."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.gateway_server import WholeProduct
from tests.rpc.gateway.conftest import As
from tests.rpc.gateway.play import fresh_key, start, task_of
from tests.rpc.gateway.test_pages import HTML, enter, hidden


@pytest.fixture
async def visitor(product: WholeProduct) -> AsyncIterator[httpx.AsyncClient]:
    async with product.visitor(HTML) as visitor:
        yield visitor


def cell(html: str, day: str) -> str:
    found = re.search(rf'data-day="{day}">(.*?)</td>', html, flags=re.DOTALL)
    assert found, f"no {day} on the page"
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())


async def test_a_month_shows_what_is_off_and_what_is_worked(visitor: httpx.AsyncClient) -> None:
    await enter(visitor, "pe_chen")
    page = (await visitor.get("/calendars/office?month=2026-02")).text
    assert cell(page, "2026-02-14") == "14 班 调休上班 09:00–18:00"
    assert cell(page, "2026-02-17").startswith("17 休 春节")
    assert cell(page, "2026-02-25") == "25 09:00–18:00"
    assert 'name="first_day"' not in page, "a supervisor reads it"
    assert "暂定" in (await visitor.get("/calendars/office?month=2029-02")).text
    assert (await visitor.get("/calendars")).headers["location"].startswith("/calendars/")


async def test_an_edit_is_made_after_it_has_been_seen(visitor: httpx.AsyncClient) -> None:
    await enter(visitor, "pe_zheng")
    here = "/calendars/service_hours?month=2028-03"
    page = (await visitor.get(here)).text
    version = hidden(page, "version")
    wanted = {
        "csrf_token": hidden(page, "csrf_token"),
        "version": version,
        "first_day": "2028-03-06",
        "last_day": "2028-03-07",
        "what": "off",
        "hours": "",
        "label": "盘点",
    }
    seen = await visitor.post(here, data=wanted | {"deed": "preview"})
    assert "2028-03-06 … 2028-03-07" in seen.text
    assert f"第 {int(version) + 1} 版" in seen.text
    assert "盘点" not in cell((await visitor.get(here)).text, "2028-03-06")
    key = hidden(seen.text, "edit_key")
    saved = await visitor.post(here, data=wanted | {"deed": "save", "edit_key": key})
    assert saved.status_code == 303
    assert cell((await visitor.get(here)).text, "2028-03-07") == "7 休 盘点＊"
    late = await visitor.post(here, data=wanted | {"deed": "preview"})
    assert late.status_code == 409
    assert "CALENDAR_VERSION_STALE" in late.text
    wrong = wanted | {"deed": "preview", "what": "work", "hours": "nine to five"}
    assert "CALENDAR_HOURS_MALFORMED" in (await visitor.post(here, data=wrong)).text


async def test_an_edit_shows_how_many_cases_do_not_count_by_it_yet(
    visitor: httpx.AsyncClient, as_: As
) -> None:
    await task_of(as_("pe_wang"), await start(as_), "intake")
    keeper = as_("pe_zheng")
    here = "/api/v1/calendars/service_hours"
    put = (await keeper.get(here)).json()
    day = {"day": "2028-05-06", "open": [], "label": "盘点"}
    edited = {name: put[name] for name in ("time_zone", "weekly", "chinese_holidays", "version")}
    edited["overrides"] = [*put["overrides"], day]
    assert (await keeper.put(here, json=edited, headers=fresh_key())).status_code == 200
    left = (await keeper.get(f"{here}/replanning")).json()
    assert left["version"] == put["version"] + 1
    assert 1 <= left["stale_count"] <= left["open_count"]
    await enter(visitor, "pe_chen")
    assert "正在重排时限" in (await visitor.get("/calendars/service_hours")).text
    assert "正在重排时限" not in (await visitor.get("/calendars/office")).text


async def test_a_technician_sees_the_calendar_and_not_the_companys_cases(
    visitor: httpx.AsyncClient,
) -> None:
    await enter(visitor, "pe_zhang")
    page = await visitor.get("/calendars/service_hours?month=2026-02")
    assert page.status_code == 200
    assert "正在重排时限" not in page.text
