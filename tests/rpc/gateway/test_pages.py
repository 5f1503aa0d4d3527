"""The product's pages: who sees what, and what the forms on them do."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.gateway_server import WholeProduct
from tests.rpc.gateway.conftest import As
from tests.rpc.gateway.play import sell, start, task_of

HTML = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture
async def visitor(product: WholeProduct) -> AsyncIterator[httpx.AsyncClient]:
    async with product.visitor(HTML) as visitor:
        yield visitor


async def enter(visitor: httpx.AsyncClient, person_id: str) -> None:
    came_in = await visitor.post("/login", data={"person_id": person_id, "next": "/"})
    assert came_in.status_code == 303, came_in.text


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, f"no {name} on the page"
    return found[1]


async def fill_in(
    visitor: httpx.AsyncClient, html: str, verb: str, **fields: str
) -> httpx.Response:
    names = ("csrf_token", "act_key", "case_id", "user_task_id", "revision", "here")
    form = {name: hidden(html, name) for name in names} | {"verb": verb}
    return await visitor.post("/acts", data=form | {f"f.{k}": v for k, v in fields.items()})


async def test_a_stranger_is_led_to_the_door_and_back(visitor: httpx.AsyncClient) -> None:
    sent = await visitor.get("/cases")
    assert sent.headers["location"] == "/login?next=/cases"
    door = await visitor.get(sent.headers["location"])
    assert "王小美" in door.text
    came_in = await visitor.post("/login", data={"person_id": "pe_chen", "next": "/cases"})
    assert came_in.headers["location"] == "/cases"
    assert (await visitor.get("/cases")).status_code == 200


@pytest.mark.parametrize("elsewhere", ["//evil.example", "/\\evil.example", "https://evil.example"])
async def test_the_door_leads_nowhere_else(visitor: httpx.AsyncClient, elsewhere: str) -> None:
    came_in = await visitor.post("/login", data={"person_id": "pe_chen", "next": elsewhere})
    assert came_in.headers["location"] == "/"


async def test_an_empty_inbox_teaches_the_first_step(visitor: httpx.AsyncClient) -> None:
    await enter(visitor, "pe_zhou")
    page = await visitor.get("/")
    assert "没有待办" in page.text
    assert 'href="/start"' in page.text


async def test_pages_speak_english_when_asked_and_go_on_so(visitor: httpx.AsyncClient) -> None:
    await enter(visitor, "pe_zhou")
    assert "Nothing waits for you" in (await visitor.get("/?lang=en")).text
    assert "Nothing waits for you" in (await visitor.get("/")).text
    assert "没有待办" in (await visitor.get("/?lang=zh")).text


async def test_a_form_is_filled_in_refused_with_its_place_and_then_done(
    visitor: httpx.AsyncClient, as_: As
) -> None:
    case_id = await start(as_)
    await task_of(as_("pe_wang"), case_id, "intake")
    await enter(visitor, "pe_wang")
    path = f"/?task={case_id}:intake/1"
    page = (await visitor.get(path)).text
    assert "客户需求" in page
    assert 'value="AC-INSTALL-STD"' in page  # the form's own default
    typed = {"needs": "装一台", "item_code": "AC-INSTALL-STD", "quantity": "1"}
    wrong = await fill_in(visitor, page, "complete", **typed, floor="999", work_at_height="true")
    assert wrong.status_code == 422
    assert "CASE_FORM_INVALID" in wrong.text
    assert "装一台" in wrong.text  # nothing that was typed is lost
    done = await fill_in(visitor, wrong.text, "complete", **typed, floor="3", work_at_height="true")
    assert done.status_code == 303, done.text
    await task_of(as_("pe_li"), case_id, "measure")


async def test_a_form_of_another_site_is_refused(visitor: httpx.AsyncClient, as_: As) -> None:
    case_id = await start(as_)
    await task_of(as_("pe_wang"), case_id, "intake")
    await enter(visitor, "pe_wang")
    page = (await visitor.get(f"/?task={case_id}:intake/1")).text
    forged = page.replace(hidden(page, "csrf_token"), "forged")
    refused = await fill_in(visitor, forged, "complete", needs="x")
    assert refused.status_code == 403
    assert "CSRF_TOKEN_WRONG" in refused.text


async def test_the_customer_sees_what_they_confirm_with_its_reasons(
    visitor: httpx.AsyncClient, as_: As
) -> None:
    case_id = await sell(as_)
    await enter(visitor, "cu_inside")
    page = (await visitor.get(f"/?task={case_id}:confirm_quote/1")).text
    assert "¥288.00" in page
    assert "为什么" in page
    assert "¥172.80" not in page  # what the work earns others
    case = (await visitor.get(f"/cases/{case_id}")).text
    assert "¥172.80" not in case


async def test_a_case_is_a_living_map(visitor: httpx.AsyncClient, as_: As) -> None:
    case_id = await sell(as_)
    await enter(visitor, "pe_chen")
    page = (await visitor.get(f"/cases/{case_id}")).text
    assert "<svg" in page
    assert "等 林**" in page  # whom the active node waits for
    assert f'data-live="/api/v1/cases/{case_id}/events"' in page
    assert "李设计" in page  # on the timeline
    assert "Temporal" in page


async def test_a_case_starts_from_its_own_form(visitor: httpx.AsyncClient, as_: As) -> None:
    await enter(visitor, "pe_wang")
    page = (await visitor.get("/start/aircon_install")).text
    names = ("csrf_token", "act_key")
    form = {name: hidden(page, name) for name in names}
    refused = await visitor.post(
        "/start/aircon_install", data=form | {"f.customer_id": "cu_inside"}
    )
    assert refused.status_code == 422
    assert "must be filled in" in refused.text
    customer = (await as_("pe_wang").get("/api/v1/customers/cu_inside")).json()
    inputs = {
        "f.customer_id": "cu_inside",
        "f.address_id": customer["addresses"][0]["address_id"],
        "f.region_adcode": "110105",
    }
    started = await visitor.post("/start/aircon_install", data=form | inputs)
    assert started.status_code == 303, started.text
    assert started.headers["location"].startswith("/cases/ca_")


async def test_a_refusal_is_a_page_for_people(visitor: httpx.AsyncClient) -> None:
    await enter(visitor, "pe_chen")
    missing = await visitor.get("/cases/ca_nothing")
    assert missing.status_code == 404
    assert missing.headers["content-type"].startswith("text/html")
    assert "找不到" in missing.text


async def test_the_technician_sees_own_work_orders_and_an_empty_list_teaches(
    visitor: httpx.AsyncClient,
) -> None:
    await enter(visitor, "pe_liu")
    page = await visitor.get("/work-orders")
    assert page.status_code == 200
    assert "工单" in page.text


async def test_who_leaves_is_out(visitor: httpx.AsyncClient) -> None:
    await enter(visitor, "pe_chen")
    page = (await visitor.get("/")).text
    left = await visitor.post("/logout", data={"csrf_token": hidden(page, "csrf_token")})
    assert left.headers["location"] == "/login"
    assert (await visitor.get("/")).headers["location"].startswith("/login")


async def test_nothing_on_a_page_is_loaded_from_elsewhere(visitor: httpx.AsyncClient) -> None:
    await enter(visitor, "pe_chen")
    for path in ("/", "/cases", "/work-orders", "/start/aircon_install", "/docs", "/login"):
        page = await visitor.get(path)
        assert page.status_code == 200, path
        loaded = re.findall(r'(?:src|<link[^>]*href)="([^"]+)"', page.text)
        assert [each for each in loaded if not each.startswith(("/static/", "data:"))] == [], path
    style = (await visitor.get("/static/product.css")).text
    assert "url(" not in style
    assert "@import" not in style


async def test_the_api_page_names_every_route(visitor: httpx.AsyncClient) -> None:
    described = (await visitor.get("/api/v1/openapi.json")).json()
    page = (await visitor.get("/docs")).text
    for path in described["paths"]:
        assert path in page
