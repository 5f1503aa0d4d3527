"""Bad input at the door: a typed answer that names the place, and nothing changed anywhere."""

import secrets
from dataclasses import dataclass, field
from typing import Any

import httpx
import psycopg
import pytest
from psycopg import sql

from tests.e2e.conftest import Product, until

COUNT = sql.SQL("SELECT count(*) FROM {}")
SCHEMAS = ("directory", "pricing", "workorder", "settlement", "notify", "flows")


@dataclass(frozen=True)
class Bad:
    """One request that must be refused, and how."""

    method: str
    path: str
    body: Any
    status: int
    reason: str
    place: str
    person: str = ""
    headers: dict[str, str] = field(default_factory=dict)


FLOW = {"code": "bad", "name": "坏", "start": "a"}
RATE = {
    "rate_id": "r1",
    "item_code": "AC-INSTALL-STD",
    "list_price": {"currency": "CNY", "amount_minor": -1},
    "settlement_price": {"currency": "CNY", "amount_minor": 1},
}
BOOK = {
    "price_book_code": "negative",
    "currency": "CNY",
    "resolution_order": ["place", "city_tier", "cooperation_mode", "customer_level"],
    "phases": ["premium"],
    "rates": [RATE],
}
PERSON = {"display_name": "某人", "roles": ["sales"], "state": "PERSON_STATE_ACTIVE"}

CASES = {
    "a flow that is no YAML": Bad(
        "POST", "/flows", {"source": "nodes: [}"}, 422, "FLOW_NOT_PUBLISHABLE", "source"
    ),
    "an unknown node kind": Bad(
        "POST",
        "/flows",
        {"source": "code: bad\nname: 坏\nstart: a\nnodes: [{id: a, kind: teleport}]\nedges: []"},
        422,
        "FLOW_NOT_PUBLISHABLE",
        "source",
    ),
    "a flow that does not exist": Bad(
        "POST", "/cases", {"flow_code": "nowhere", "inputs": {}}, 404, "FLOW_UNKNOWN", "flow_code"
    ),
    "a case without what the flow needs": Bad(
        "POST",
        "/cases",
        {"flow_code": "aircon_install", "inputs": {}},
        422,
        "CASE_FORM_INVALID",
        "form.customer_id",
    ),
    "a value of the wrong type": Bad(
        "PUT",
        "/people/pe_bad",
        {**PERSON, "roles": "sales"},
        422,
        "FIELD_MALFORMED",
        "person.roles",
    ),
    "a field that nobody knows": Bad(
        "PUT",
        "/people/pe_bad",
        {**PERSON, "nickname": "x"},
        422,
        "FIELD_UNKNOWN",
        "person.nickname",
    ),
    "an unknown region": Bad(
        "PUT",
        "/people/pe_bad",
        {**PERSON, "region_adcodes": ["999999"]},
        422,
        "PLACE_UNKNOWN",
        "person.region_adcodes[0]",
    ),
    "negative money": Bad(
        "POST",
        "/price-books",
        BOOK,
        422,
        "PRICING_AMOUNT_NEGATIVE",
        "price_book.rates[0].list_price",
    ),
    "a body that is no JSON": Bad("PUT", "/people/pe_bad", b"{", 422, "BODY_NOT_JSON", "body"),
    "no idempotency key": Bad(
        "PUT",
        "/people/pe_bad",
        PERSON,
        422,
        "IDEMPOTENCY_KEY_MISSING",
        "Idempotency-Key",
        headers={"Idempotency-Key": ""},
    ),
    "somebody without the right": Bad(
        "PUT", "/people/pe_bad", PERSON, 403, "ROLE_REQUIRED", "", person="pe_zhang"
    ),
    "nobody at all": Bad(
        "PUT",
        "/people/pe_bad",
        PERSON,
        401,
        "API_TOKEN_INVALID",
        "",
        headers={"Authorization": "Bearer x"},
    ),
}


def happened(product: Product) -> dict[str, int]:
    """How many effects each schema has: events and keys that were stored with them."""
    with psycopg.connect(product.environment["DATABASE_URL"]) as database:
        return {
            schema: sum(
                row[0]
                for table in ("domain_event", "idempotency_key")
                for row in database.execute(COUNT.format(sql.Identifier(schema, table))).fetchall()
            )
            for schema in SCHEMAS
        }


def send(door: httpx.Client, bad: Bad, key: str) -> httpx.Response:
    headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
    if bad.person:
        headers["X-Gongdan-Act-As"] = bad.person
    content = {"content": bad.body} if isinstance(bad.body, bytes) else {"json": bad.body}
    return door.request(bad.method, bad.path, headers=headers | bad.headers, **content)


@pytest.mark.parametrize("bad", CASES.values(), ids=CASES.keys())
async def test_bad_input_is_refused_at_its_place_and_changes_nothing(
    product: Product, door: httpx.Client, bad: Bad
) -> None:
    before = happened(product)
    answer = send(door, bad, f"bad/{secrets.token_hex(8)}")
    problem = answer.json()
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert (answer.status_code, problem["reason"], problem.get("field", "")) == (
        bad.status,
        bad.reason,
        bad.place,
    ), problem
    assert problem["detail"]
    assert happened(product) == before


async def test_a_key_is_good_for_one_request(product: Product, door: httpx.Client) -> None:
    key = f"person/{secrets.token_hex(8)}"
    first = send(door, Bad("PUT", "/people/pe_keyed", PERSON, 200, "", ""), key)
    again = send(door, Bad("PUT", "/people/pe_keyed", PERSON, 200, "", ""), key)
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    before = happened(product)
    other = send(door, Bad("PUT", "/people/pe_keyed", {**PERSON, "roles": []}, 409, "", ""), key)
    assert (other.status_code, other.json()["reason"]) == (409, "IDEMPOTENCY_KEY_CONFLICT")
    assert happened(product) == before


async def test_with_wecom_down_messages_wait_and_then_arrive(
    product: Product, door: httpx.Client
) -> None:
    async with httpx.AsyncClient(base_url=product.url("wecom"), trust_env=False) as wecom:
        fault = {"api": "message/send", "http": 503, "times": 2}
        assert (await wecom.post("/_sim/faults", json=fault)).is_success
    started = await product.told(
        "case", "start", "aircon_install", *(await inputs(product)), person="pe_wang"
    )
    case_id = started["case_id"]

    async def open_task() -> bool | None:
        case = await product.told("case", "show", case_id)
        return True if case["user_tasks"] else None

    await until(open_task, "the first user task")
    form = ("needs=客厅一台", "floor=3", "work_at_height=false")
    pairs = [word for pair in form for word in ("-i", pair)]
    await product.told("case", "act", case_id, "intake", "complete", *pairs, person="pe_wang")

    async def delivered() -> Any:
        found = await product.told("notify", "list", "--case", case_id, person="pe_chen")
        sent = [one for one in found["deliveries"] if one["state"] == "DELIVERY_STATE_SENT"]
        return sent[0] if sent else None

    delivery = await until(delivered, "the designer's message", seconds=90)
    assert delivery["recipient_person_id"] == "pe_li"
    assert len(delivery["attempts"]) >= 2


async def inputs(product: Product) -> list[str]:
    customer = await product.told("customer", "show", "cu_inside")
    given = {
        "customer_id": "cu_inside",
        "address_id": customer["addresses"][0]["address_id"],
        "region_adcode": "110105",
    }
    return [word for name, value in given.items() for word in ("-i", f"{name}={value}")]
