"""Forms on pages: every kind of field is drawn, kept when refused, and followed while filled in."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.gateway_server import WholeProduct
from tests.rpc.gateway.conftest import As
from tests.rpc.gateway.play import fresh_key, task_of, until
from tests.rpc.gateway.test_pages import HTML, enter, hidden

SOURCE = (Path(__file__).parent / "every_field.yaml").read_text()
PHOTO = b"\xff\xd8\xff\xe0" + bytes(64)

Fields = dict[str, str | list[str]]
FILLED: Fields = {
    "f.needs": "挂机",
    "f.floor": "12",
    "f.budget": "1,200.50",
    "f.day": "2026-10-05",
    "f.slot.from": "2026-10-05T09:00",
    "f.slot.to": "2026-10-05T11:00",
    "f.high": "false",
    "f.level": "gold",
    "f.tags": ["new", "vip"],
    "f.region": "110105",
    "f.owner": "pe_li",
    "f.crew": ["pe_zhang", "pe_liu"],
    "f.place.longitude": "116.4",
    "f.place.latitude": "39.9",
    "f.place.coordinate_system": "WGS-84",
    "f.stars": "4",
    "f.lines.0.what": "铜管",
    "f.lines.0.quantity": "3",
    "f.lines.0.price": "33.33",
    "f.lines.7.what": "支架",
    "f.lines.7.quantity": "1",
    "f.lines.7.price": "0.01",
}

LINES: Fields = {name: text for name, text in FILLED.items() if name.startswith("f.lines.")}


@pytest.fixture
async def visitor(product: WholeProduct) -> AsyncIterator[httpx.AsyncClient]:
    async with product.visitor(HTML) as visitor:
        await enter(visitor, "pe_wang")
        yield visitor


@pytest.fixture
async def case_id(as_: As) -> str:
    published = await as_().post("/api/v1/flows", json={"source": SOURCE}, headers=fresh_key())
    assert published.status_code == 200, published.text
    body = {"flow_code": "every_field", "inputs": {"urgent": False}}
    started = await as_("pe_wang").post("/api/v1/cases", json=body, headers=fresh_key())
    assert started.status_code == 201, started.text
    return str(started.json()["case_id"])


async def post(
    visitor: httpx.AsyncClient, page: str, fields: Fields, path: str = "/acts"
) -> httpx.Response:
    names = ("csrf_token", "act_key", "case_id", "user_task_id", "revision", "here", "deed")
    form: Fields = {name: hidden(page, name) for name in names}
    return await visitor.post(path, data=form | {"verb": "complete"} | fields)


def field(page: str, path: str) -> str:
    """The part of a page that draws one field."""
    found = re.search(
        rf'<fieldset[^>]*data-path="{re.escape(path)}".*?</fieldset>', page, re.DOTALL
    )
    assert found, f"no {path} on the page"
    return found[0]


async def opened(visitor: httpx.AsyncClient, as_: As, case_id: str, node: str) -> str:
    task = await task_of(as_("pe_wang"), case_id, node)
    return (await visitor.get(f"/?task={case_id}:{task['user_task_id']}")).text


async def test_every_kind_of_field_is_drawn_in_both_languages(
    visitor: httpx.AsyncClient, as_: As, case_id: str
) -> None:
    page = await opened(visitor, as_, case_id, "intake")
    assert 'type="number" step="1" value="" min="1" max="99"' in field(page, "floor")
    assert 'type="date" value="" min="2026-10-01"' in field(page, "day")
    assert field(page, "slot").count('type="datetime-local"') == 2
    assert field(page, "tags").count('type="checkbox"') == 3
    assert "data-region" in field(page, "region")
    assert 'data-search="/suggest/people"' in field(page, "crew")
    assert "林" in field(page, "customer")
    assert 'accept="image/jpeg,' in field(page, "photos")
    assert "application/pdf" in field(page, "contract")
    assert "<canvas" in field(page, "signed")
    assert "data-here" in field(page, "place")
    assert field(page, "stars").count('type="radio"') == 5
    assert field(page, "needs").count("一句话") == 1
    assert 'name="f.lines.#.quantity"' in page
    assert "hidden disabled" in field(page, "rope")
    assert "<output>" in field(page, "total")
    assert "级别" in field(page, "level")
    english = (await visitor.get(f"/?task={case_id}:intake/1&lang=en")).text
    await visitor.get("/?lang=zh")
    assert "Level" in field(english, "level")
    assert "Gold" in field(english, "level")


async def test_nothing_that_was_typed_is_lost_and_each_mistake_stands_beside_its_field(
    visitor: httpx.AsyncClient, as_: As, case_id: str
) -> None:
    page = await opened(visitor, as_, case_id, "intake")
    wrong: Fields = FILLED | {
        "f.floor": "100",
        "f.slot.to": "2026-10-05T08:00",
        "f.lines.7.quantity": "0",
        "f.serial": "sn-1",
        "f.high": "true",
        "f.budget": "很多",
    }
    answer = await post(visitor, page, wrong)
    assert answer.status_code == 422
    page = answer.text
    assert "不能大于 99" in field(page, "floor")
    assert 'value="100"' in field(page, "floor")
    assert "结束时间应晚于开始时间" in field(page, "slot")
    assert 'value="2026-10-05T09:00"' in field(page, "slot")
    assert "不能小于 1" in field(page, "lines[1].quantity")
    assert 'value="支架"' in field(page, "lines[1].what")
    assert "格式不对" in field(page, "serial")
    assert "应为金额" in field(page, "budget")
    assert "必须填写" in field(page, "rope")
    assert "hidden" not in field(page, "rope").split(">")[0]
    assert "said" not in field(page, "needs")
    assert field(page, "crew").count('class="chip"') == 2
    assert "张师傅" in field(page, "crew")
    assert field(page, "tags").count("checked") == 2


async def test_a_form_is_followed_while_it_is_filled_in(
    visitor: httpx.AsyncClient, as_: As, case_id: str
) -> None:
    page = await opened(visitor, as_, case_id, "intake")
    look = await post(visitor, page, LINES | {"f.high": "true"}, "/acts/look")
    standing = look.json()
    assert "rope" not in standing["hidden"]
    assert standing["needed"] == ["rope"]
    assert standing["seen"]["total"] == '<span class="money">¥100.00</span>'
    assert standing["seen"]["lines[0].amount"] == '<span class="money">¥99.99</span>'
    nobody = await visitor.post("/acts/look", data={"case_id": case_id})
    assert nobody.status_code == 403


async def test_programs_ask_how_a_form_stands(as_: As, case_id: str) -> None:
    await task_of(as_("pe_wang"), case_id, "intake")
    body = {"user_task_id": "intake/1", "form": {"floor": 100, "high": True}}
    standing = (await as_("pe_wang").post(f"/api/v1/cases/{case_id}/form", json=body)).json()
    assert standing["wrong"]["floor"] == {"zh": "不能大于 99", "en": "must be at most 99"}
    assert standing["needed"] == ["rope"]
    gone = {**body, "user_task_id": "intake/9"}
    closed = await as_("pe_wang").post(f"/api/v1/cases/{case_id}/form", json=gone)
    assert (closed.status_code, closed.json()["reason"]) == (409, "CASE_TASK_CLOSED")
    stranger = await as_("cu_inside").post(f"/api/v1/cases/{case_id}/form", json=body)
    assert stranger.status_code in (403, 404)


async def test_what_was_accepted_is_seen_again_later(
    visitor: httpx.AsyncClient, as_: As, case_id: str
) -> None:
    page = await opened(visitor, as_, case_id, "intake")
    kept = await as_("pe_wang").post("/api/v1/files", params={"name": "现场.jpg"}, content=PHOTO)
    photo = kept.json()["file_id"]
    done = await post(visitor, page, FILLED | {"f.photos": photo})
    assert done.status_code == 303, field(done.text, "lines")
    page = await opened(visitor, as_, case_id, "check")
    case = (await as_("pe_wang").get(f"/api/v1/cases/{case_id}")).json()
    intake = case["data"]["intake"]
    assert intake["total"] == {"currency": "CNY", "amount_minor": 10_000}
    assert [row["amount"]["amount_minor"] for row in intake["lines"]] == [9_999, 1]
    assert intake["slot"] == {"from": "2026-10-05T01:00:00Z", "to": "2026-10-05T03:00:00Z"}
    assert intake["place"] == {
        "longitude": "116.4",
        "latitude": "39.9",
        "coordinate_system": "WGS-84",
    }
    assert "¥100.00" in field(page, "total")
    assert f'src="/api/v1/files/{photo}"' in field(page, "photos")
    assert "铜管" in field(page, "lines")
    assert "2026-10-05 09:00 – 2026-10-05 11:00" in field(page, "slot")
    assert "李设计" in field(page, "owner")
    assert "金牌" in field(page, "level")
    assert "—" in field(page, "story")
    assert 'value="12"' in field(page, "floor")
    done = await post(visitor, page, {"f.floor": "15", "f.total": "1"})
    assert done.status_code == 303

    async def ended() -> dict[str, Any] | None:
        case = (await as_("pe_wang").get(f"/api/v1/cases/{case_id}")).json()
        return case["data"] if case["state"] == "CASE_STATE_COMPLETED" else None

    checked = (await until(ended, "the end"))["check"]
    assert checked["floor"] == 15
    assert "total" not in checked


async def test_what_a_case_starts_with_is_a_form_like_any_other(
    visitor: httpx.AsyncClient, case_id: str
) -> None:
    page = (await visitor.get("/start/every_field?urgent=true")).text
    assert "hidden disabled" not in field(page, "why")
    assert "checked" in field(page, "urgent")
    form = {"csrf_token": hidden(page, "csrf_token"), "act_key": hidden(page, "act_key")}
    look = await visitor.post("/start/every_field/look", data=form | {"f.urgent": "false"})
    assert look.json()["hidden"] == ["why"]
    refused = await visitor.post("/start/every_field", data=form | {"f.urgent": "true"})
    assert refused.status_code == 422
    assert "必须填写" in field(refused.text, "why")


async def test_colleagues_and_parts_are_searched_for(
    visitor: httpx.AsyncClient, product: WholeProduct
) -> None:
    assert (await visitor.get("/suggest/people?q=张")).json() == [["pe_zhang", "张师傅"]]
    assert (await visitor.get("/suggest/person?q=PE_ZH")).json()[0][0] == "pe_zhang"
    assert (await visitor.get("/suggest/nobody?q=x")).status_code == 404
    parts = (await visitor.get("/suggest/part?q=")).json()
    items = (await visitor.get("/suggest/item?q=AC-INSTALL")).json()
    assert "AC-INSTALL-STD" in [code for code, _ in items]
    assert not {code for code, _ in parts} & {code for code, _ in items}
    async with product.visitor(HTML) as customer:
        await enter(customer, "cu_inside")
        assert (await customer.get("/suggest/people?q=张")).json() == []
