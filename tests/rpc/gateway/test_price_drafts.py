"""Drafts of price books over HTTP, as the console and the command line use them."""

import io
from typing import Any

from openpyxl import load_workbook

from tests.rpc.gateway.conftest import As

CODE = "AC-INSTALL-STD"
RATE = {
    "item_code": CODE,
    "place_code": "310000",
    "list_price": {"currency": "CNY", "amount_minor": 21000},
    "settlement_price": {"currency": "CNY", "amount_minor": 14000},
}


def key(name: str) -> dict[str, str]:
    return {"Idempotency-Key": f"drafts {name}"}


async def act(as_: As, person: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await as_(person).post(
        f"/api/v1/price-drafts{path}", json=body, headers=key(f"{path} {len(str(body))}")
    )
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_a_draft_goes_its_way_over_http(as_: As) -> None:
    zhao = as_("pe_zhao")
    copy = {"price_book_code": "shanghai", "copy_of_price_book_code": "standard"}
    draft = await act(as_, "pe_zhao", "", copy)
    path = f"/{draft['draft_id']}"
    await act(as_, "pe_zhao", f"{path}/edit", {"edits": [{"put": {"rate": RATE}}]})
    shown = (await zhao.get(f"/api/v1/price-drafts{path}?changes_only=true")).json()
    assert [rule["change"] for rule in shown["rules"]] == ["PRICE_RULE_CHANGE_ADDED"]
    compared = await zhao.post(
        "/api/v1/price-books/compare",
        json={
            "before": {"price_book_code": "standard"},
            "after": {"draft_id": draft["draft_id"]},
        },
    )
    assert compared.json()["added"] == 1
    await act(as_, "pe_zhao", f"{path}/submit", {})
    refused = await zhao.post(
        f"/api/v1/price-drafts{path}/review",
        json={"decision": "PRICE_REVIEW_DECISION_APPROVE"},
        headers=key("own"),
    )
    assert (refused.status_code, refused.json()["reason"]) == (403, "PRICING_FOUR_EYES")
    decision = {"decision": "PRICE_REVIEW_DECISION_APPROVE"}
    await act(as_, "pe_zheng", f"{path}/review", decision)
    published = await act(as_, "pe_zhao", f"{path}/publish", {})
    rates = (
        await zhao.get(
            f"/api/v1/price-books/shanghai/rates?version={published['version']}&place_code=310000"
        )
    ).json()
    assert [rate["list_price"]["amount_minor"] for rate in rates["rates"]] == [21000]


async def test_a_book_is_carried_out_and_in_over_http(as_: As) -> None:
    zhao = as_("pe_zhao")
    exported = await zhao.get("/api/v1/price-books/repair/export")
    assert "attachment" in exported.headers["content-disposition"]
    assert "价格" in load_workbook(io.BytesIO(exported.content)).sheetnames
    draft = await act(as_, "pe_zhao", "", {"price_book_code": "repair"})
    path = f"/api/v1/price-drafts/{draft['draft_id']}/import"
    seen = (await zhao.post(f"{path}/preview?replace=true", content=exported.content)).json()
    assert (seen["problems"], seen["differences"]) == ([], [])
    query = f"file_sha256={seen['file_sha256']}&draft_revision={seen['draft_revision']}"
    done = await zhao.post(f"{path}?{query}", content=exported.content, headers=key("import"))
    assert done.json()["changed_rules"] == 0
    again = await zhao.get(f"/api/v1/price-drafts/{draft['draft_id']}/export")
    assert again.status_code == 200
    comparison = await zhao.post(
        "/api/v1/price-books/compare/export",
        json={"before": {"price_book_code": "repair"}, "after": {"price_book_code": "standard"}},
    )
    assert "对比" in load_workbook(io.BytesIO(comparison.content)).sheetnames


async def test_a_version_is_read_in_part(as_: As) -> None:
    told = (await as_("pe_zhao").get("/api/v1/price-books/standard?fields=modifiers")).json()
    assert told["modifiers"]
    assert not told["rates"]


async def test_who_may_price_locally_is_put_by_headquarters(as_: As) -> None:
    body = {
        "person_id": "pe_wu",
        "places": [{"place_code": "110000"}],
        "least_ratio": "-0.1",
        "most_ratio": "0.15",
    }
    path = "/api/v1/price-delegations"
    refused = await as_("pe_zhao").post(path, json=body, headers=key("no"))
    assert refused.status_code == 403
    put = (await as_("pe_zheng").post(path, json=body, headers=key("yes"))).json()
    listed = (await as_("pe_wu").get(f"{path}?person_id=pe_wu")).json()
    assert [one["delegation_id"] for one in listed["delegations"]] == [put["delegation_id"]]
