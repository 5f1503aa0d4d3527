"""Every noun's routes, over the real services with the example company in them."""

import re
from functools import partial
from typing import Any

import pytest

from tests.gateway_server import WholeProduct
from tests.rpc.gateway.conftest import As
from tests.rpc.gateway.test_problems import problem

INSIDE = {"adcode": "110105", "location": {"longitude": 116.4612, "latitude": 39.9087}}
OUTSIDE = {"adcode": "110112", "location": {"longitude": 116.6565, "latitude": 39.9092}}


async def total_of(as_: As, where: dict[str, Any], item: str, *modifiers: str) -> str:
    sales = as_("pe_wang")
    place = (await sales.post("/api/v1/places/resolve", json=where)).json()
    line = {"item_code": item, "modifier_codes": list(modifiers)}
    facts = {"facts": {"lines": [line], "place": place}}
    quote = (await sales.post("/api/v1/quotes/preview", json=facts)).json()
    return f"{quote['total']['amount_minor'] / 100:.2f}"


@pytest.mark.parametrize(
    ("where", "item", "modifiers", "total"),
    [
        (OUTSIDE, "AC-INSTALL-STD", ["WORK-AT-HEIGHT"], "240.00"),
        (OUTSIDE, "AC-INSTALL-STD", [], "200.00"),
        (INSIDE, "AC-INSTALL-STD", [], "240.00"),
    ],
    ids=["V1", "V2-V6-outside", "V6-inside"],
)
async def test_a_quote_is_the_vectors_amount_through_the_whole_edge(
    as_: As, where: dict[str, Any], item: str, modifiers: list[str], total: str
) -> None:
    assert await total_of(as_, where, item, *modifiers) == total


async def test_customers_come_masked_and_a_reveal_names_its_purpose(as_: As) -> None:
    service = as_("pe_sun")
    customer = (await service.get("/api/v1/customers/cu_inside")).json()
    assert "林晓雨" not in str(customer)
    assert customer["name_masked"] == "林**"
    path = f"/api/v1/personal-data/{customer['name_ref']}/reveal"
    told = await service.post(path, json={"purpose": "call the customer about the visit"})
    assert told.json()["clear_text"] == "林晓雨"
    refused = await service.post(path, json={"purpose": ""})
    assert refused.status_code == 422
    assert refused.json()["field"] == "purpose"


async def test_people_are_listed_by_role_and_in_pages(as_: As) -> None:
    listed = (await as_().get("/api/v1/people?role=technician")).json()
    assert {person["person_id"] for person in listed["people"]} == {"pe_zhang", "pe_liu"}
    first = (await as_().get("/api/v1/people?page_size=2")).json()
    token = first["page"]["next_page_token"]
    second = (await as_().get(f"/api/v1/people?page_size=2&page_token={token}")).json()
    assert len(first["people"]) == len(second["people"]) == 2
    assert first["people"] != second["people"]


async def test_a_calendar_is_given_for_the_years_asked(as_: As) -> None:
    calendar = (await as_().get("/api/v1/calendars/office?first_year=2026&last_year=2026")).json()
    assert calendar["time_zone"] == "Asia/Shanghai"
    assert "国庆节" in {day["label"] for day in calendar["days"]}


async def test_a_price_book_is_read_with_every_rate(as_: As) -> None:
    book = (await as_("pe_zhao").get("/api/v1/price-books/standard")).json()
    assert book["version"] == 1
    assert "AC-INSTALL-STD" in {rate["item_code"] for rate in book["rates"]}


async def test_the_ledger_starts_empty_and_sound(as_: As) -> None:
    verdict = (await as_("pe_qian").get("/api/v1/ledger/verify")).json()
    assert verdict["sound"] is True
    assert verdict["findings"] == []


async def test_an_earning_is_previewed_line_by_line(as_: As) -> None:
    facts = {
        "case_id": "ca_x",
        "work_order_id": "wo_x",
        "technician_id": "pe_zhang",
        "outlet_id": "ou_beijing",
        "quote_id": "qt_x",
        "lines": [
            {
                "line_kind": "base",
                "label": "基础费",
                "amount": {"currency": "CNY", "amount_minor": 12_000},
            }
        ],
    }
    told = await as_("pe_qian").post("/api/v1/earnings/preview", json={"facts": facts})
    assert told.status_code == 200, told.text
    assert told.json()["total"] == {"currency": "CNY", "amount_minor": 8_400}


async def test_negative_money_is_refused_by_its_place(as_: As) -> None:
    line = {"line_kind": "base", "label": "x", "amount": {"currency": "CNY", "amount_minor": -1}}
    facts = {"case_id": "c", "work_order_id": "w", "technician_id": "pe_zhang", "quote_id": "q"}
    told = await as_("pe_qian").post(
        "/api/v1/earnings/preview", json={"facts": facts | {"lines": [line]}}
    )
    assert told.status_code == 422
    assert told.json()["field"].startswith("facts.lines")


async def test_a_flow_is_drawn_as_a_picture_and_as_text(as_: As) -> None:
    picture = await as_().get("/api/v1/flows/aircon_install/diagram")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert "技术总监二次确认" in picture.text
    text = await as_().get("/api/v1/flows/aircon_install/diagram?format=mermaid&lang=en")
    assert text.text.startswith("flowchart TD")
    assert 'intake["Needs · Sales consultant"]' in text.text


async def test_a_flow_with_mistakes_is_told_all_of_them_and_not_published(
    as_: As, key: dict[str, str]
) -> None:
    published = (await as_().get("/api/v1/flows/aircon_install")).json()
    broken = published["source"].replace("inputs.address_id", "inputs.adress_id")
    checked = (await as_().post("/api/v1/flows/check", json={"source": broken})).json()
    assert checked["publishable"] is False
    assert {found["code"] for found in checked["diagnostics"]} == {"FLOW_FIELD_UNKNOWN"}
    refused = await as_().post("/api/v1/flows", json={"source": broken}, headers=key)
    problem(refused, 422, "FLOW_NOT_PUBLISHABLE", "source")
    assert (await as_().get("/api/v1/flows/aircon_install")).json() == published


async def test_health_names_every_part(product: WholeProduct) -> None:
    async with product.visitor() as visitor:
        told = (await visitor.get("/api/v1/health")).json()
        assert told == {"well": True, "parts": told["parts"]}, told
        assert [part["part"] for part in told["parts"]] == [
            "database", "temporal", "directory", "pricing", "workorder", "settlement", "notify",
            "cases",
        ]  # fmt: skip
        assert (await visitor.get("/healthz")).status_code == 200


async def test_the_description_holds_together(product: WholeProduct) -> None:
    async with product.visitor() as visitor:
        described = (await visitor.get("/api/v1/openapi.json")).json()
    text = str(described)
    names = set(re.findall(r"#/components/schemas/([\w.]+)", text))
    assert names <= set(described["components"]["schemas"])
    for path, operations in described["paths"].items():
        for verb, told in operations.items():
            assert told["summary"], (verb, path)
            assert told["tags"], (verb, path)
            assert "default" in told["responses"], (verb, path)
            ids = [each["name"] for each in told.get("parameters", ())]
            assert len(ids) == len(set(ids)), (verb, path)
            for name in re.findall(r"{(\w+)}", path):
                assert name in ids, (verb, path)


async def test_every_change_of_the_business_takes_a_key(product: WholeProduct) -> None:
    async with product.visitor() as visitor:
        described = (await visitor.get("/api/v1/openapi.json")).json()
    # Reading by POST, acts that are safe to repeat (a file is kept once), secrets shown once.
    keyless = {
        "/api/v1/session", "/api/v1/api-tokens", "/api/v1/api-tokens/{token_id}",
        "/api/v1/local-accounts/{login_name}", "/api/v1/flows/check", "/api/v1/quotes/preview",
        "/api/v1/earnings/preview", "/api/v1/split-rules/try", "/api/v1/places/resolve", "/api/v1/places/parse",
        "/api/v1/personal-data/{reference}/reveal", "/api/v1/cases/{case_id}/form", "/api/v1/files",
        "/api/v1/flows/{flow_code}/simulations", "/api/v1/bulk-acts/preview",
        "/api/v1/calendars/{calendar_code}/preview", "/api/v1/item-imports/preview",
        "/api/v1/registry-imports/preview", "/api/v1/work-order-imports/preview",
        "/api/v1/price-books/compare", "/api/v1/price-books/compare/export",
        "/api/v1/price-drafts/{draft_id}/import/preview",
        "/api/v1/price-reviews/check", "/api/v1/price-reviews/change",
        "/api/v1/price-reviews/change.xlsx", "/api/v1/quotes/explain",
        "/api/v1/price-modes/switches/preview", "/api/v1/region-policies/at",
        "/api/v1/builds/{build_id}/promote", "/api/v1/builds/nudge",
        "/api/v1/maintenance-plans/preview", "/api/v1/customer-lookups",
        "/api/v1/customer-imports/preview", "/api/v1/dispatch-policies/try", "/api/v1/anomaly-rules/try",
        "/api/v1/payouts/{payout_id}/withdraw", "/api/v1/tax/estimate", "/api/v1/conversions/preview",
        "/api/v1/channel-bills/preview",
    }  # fmt: skip
    without = {
        path
        for path, operations in described["paths"].items()
        for verb, told in operations.items()
        if verb != "get"
        and "Idempotency-Key" not in [each["name"] for each in told.get("parameters", ())]
    }
    assert without == keyless


def filled(parameters: list[dict[str, Any]], named: re.Match[str]) -> str:
    """Something that may stand there in a path."""
    schemas = {each["name"]: each["schema"] for each in parameters if each["in"] == "path"}
    schema = schemas[named[0].strip("{}")]
    names: list[str] = schema.get("enum", ["1" if schema["type"] == "integer" else "EX-1"])
    return names[-1]


async def test_examples_fit_their_own_description(product: WholeProduct, as_: As) -> None:
    """An example that is sent as it stands is not refused for its shape."""
    async with product.visitor() as visitor:
        described = (await visitor.get("/api/v1/openapi.json")).json()
    tried = 0
    for path, operations in described["paths"].items():
        for verb, told in operations.items():
            for content in told.get("requestBody", {}).get("content", {}).values():
                if "example" in content:
                    sent = await as_().request(
                        verb.upper(),
                        re.sub(r"{\w+}", partial(filled, told.get("parameters", [])), path),
                        json=content["example"],
                        headers={"Idempotency-Key": f"example-{path}"},
                    )
                    reason = sent.json().get("reason", "")
                    assert reason not in ("FIELD_UNKNOWN", "FIELD_MALFORMED"), (path, sent.text)
                    assert sent.status_code < 500, (path, sent.text)
                    tried += 1
    assert tried > 15
