"""A refusal says what is wrong, where, and whether to try again; and nothing was changed."""

import secrets
from typing import Any

import httpx
import pytest

from tests.rpc.gateway.conftest import As

ITEM = {"catalogue": "CATALOGUE_PROJECT_LIBRARY", "name": "测试项目", "unit": "台"}


def problem(response: httpx.Response, status: int, reason: str, field: str = "") -> dict[str, Any]:
    assert response.headers["content-type"] == "application/problem+json", response.text
    told: dict[str, Any] = response.json()
    assert (response.status_code, told["reason"], told.get("field", "")) == (status, reason, field)
    assert told["status"] == status
    assert told["type"] == f"urn:gongdan:reason:{reason}"
    assert told["detail"]
    return told


async def test_a_services_refusal_keeps_its_reason_and_field(as_: As) -> None:
    place = {"adcode": "110105", "adcode_path": ["110105", "110100", "110000", "CN-NORTH", "CN"]}
    facts = {"lines": [{"item_code": "NO-SUCH"}], "place": place}
    response = await as_("pe_wang").post("/api/v1/quotes/preview", json={"facts": facts})
    told = problem(response, 409, "PRICING_RATE_MISSING", "facts.lines[0].item_code")
    assert told["instance"] == "/api/v1/quotes/preview"
    assert told["retryable"] is False


async def test_what_is_not_there_is_404(as_: As) -> None:
    problem(await as_().get("/api/v1/work-orders/wo_x"), 404, "WORK_ORDER_UNKNOWN", "work_order_id")
    problem(await as_().get("/api/v1/nothing"), 404, "NOT_FOUND")


async def test_a_verb_that_a_path_does_not_know_is_405(as_: As) -> None:
    response = await as_().delete("/api/v1/items")
    problem(response, 405, "METHOD_NOT_ALLOWED")
    assert response.headers["allow"] == "GET"


async def test_a_right_that_is_missing_is_403(as_: As, key: dict[str, str]) -> None:
    response = await as_("pe_zhang").put("/api/v1/items/T-1", json=ITEM, headers=key)
    problem(response, 403, "ROLE_REQUIRED")


async def test_a_change_needs_a_key_of_the_callers_choice(as_: As) -> None:
    response = await as_("pe_zhao").put("/api/v1/items/T-2", json=ITEM)
    problem(response, 422, "IDEMPOTENCY_KEY_MISSING", "Idempotency-Key")


async def test_a_key_has_an_end(as_: As) -> None:
    response = await as_("pe_zhao").put(
        "/api/v1/items/T-2", json=ITEM, headers={"Idempotency-Key": "k" * 129}
    )
    problem(response, 422, "IDEMPOTENCY_KEY_TOO_LONG", "Idempotency-Key")


async def test_the_same_key_gives_the_same_answer_and_another_request_is_refused(
    as_: As, key: dict[str, str]
) -> None:
    director = as_("pe_zhao")
    first = await director.put("/api/v1/items/T-3", json=ITEM, headers=key)
    assert first.status_code == 200, first.text
    again = await director.put("/api/v1/items/T-3", json=ITEM, headers=key)
    assert again.json() == first.json()
    other = await director.put("/api/v1/items/T-3", json=ITEM | {"unit": "次"}, headers=key)
    problem(other, 409, "IDEMPOTENCY_KEY_CONFLICT", "idempotency_key")


async def test_keys_of_different_people_do_not_meet(as_: As, key: dict[str, str]) -> None:
    first = await as_("pe_zhao").put("/api/v1/items/T-4", json=ITEM, headers=key)
    assert first.status_code == 200
    other = await as_().put("/api/v1/items/T-4", json=ITEM | {"unit": "次"}, headers=key)
    assert other.status_code == 200, other.text


@pytest.mark.parametrize(
    ("body", "reason", "field"),
    [
        (ITEM | {"colour": "red"}, "FIELD_UNKNOWN", "item.colour"),
        (ITEM | {"unit": 5}, "FIELD_MALFORMED", "item.unit"),
        (ITEM | {"catalogue": "ATTIC"}, "FIELD_MALFORMED", "item.catalogue"),
        (ITEM | {"item_code": "OTHER"}, "FIELD_MALFORMED", "item_code"),
        (ITEM | {"idempotency_key": "k"}, "FIELD_UNKNOWN", "idempotency_key"),
        ([], "FIELD_MALFORMED", "body"),
    ],
)
async def test_a_body_that_does_not_fit_is_refused_by_the_place(
    as_: As, key: dict[str, str], body: Any, reason: str, field: str
) -> None:
    response = await as_("pe_zhao").put("/api/v1/items/T-5", json=body, headers=key)
    problem(response, 422, reason, field)
    listed = (await as_().get("/api/v1/items?page_size=200")).json()
    assert "T-5" not in [item["item_code"] for item in listed["items"]]


async def test_what_is_no_json_is_refused(as_: As, key: dict[str, str]) -> None:
    response = await as_("pe_zhao").put("/api/v1/items/T-6", content=b"{nope", headers=key)
    problem(response, 422, "BODY_NOT_JSON", "body")


async def test_a_body_without_end_is_refused(as_: As, key: dict[str, str]) -> None:
    response = await as_("pe_zhao").put(
        "/api/v1/items/T-7", content=b" " * (1024 * 1024 + 1), headers=key
    )
    problem(response, 422, "BODY_TOO_LARGE", "body")


async def test_an_unknown_query_parameter_is_refused(as_: As) -> None:
    problem(await as_().get("/api/v1/items?colour=red"), 422, "FIELD_UNKNOWN", "colour")
    problem(
        await as_().get("/api/v1/items?page_size=many"), 422, "FIELD_MALFORMED", "page.page_size"
    )
    problem(
        await as_().get("/api/v1/items?page_size=999"), 422, "PAGE_SIZE_INVALID", "page.page_size"
    )


async def test_a_request_keeps_the_id_it_came_with(as_: As) -> None:
    mine = f"test-{secrets.token_hex(8)}"
    response = await as_().get("/api/v1/nothing", headers={"X-Request-Id": mine})
    assert response.headers["x-request-id"] == mine
    assert response.json()["request_id"] == mine


async def test_an_id_that_could_break_a_log_is_replaced(as_: As) -> None:
    response = await as_().get("/api/v1/product", headers={"X-Request-Id": "a b"})
    assert response.headers["x-request-id"].startswith("rq_")
