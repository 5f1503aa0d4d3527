"""Whoever may look into Temporal reads what cases carry; nobody else does; and it is written down."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import psycopg
import pytest
from google.protobuf.json_format import MessageToDict
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.client import Client

from services.gateway.pace import Pace
from services.gateway.routes import payloads
from tests.conftest import PROGRAMS
from tests.gateway_server import WholeProduct
from tests.payloads import KEYS
from tests.rpc.gateway.conftest import As
from tests.rpc.gateway.test_problems import problem
from workflows.runtime.shell.converter import converter
from workflows.runtime.shell.payload_codec import PayloadCipher

CASE = "ca_01k0000000000000000000000a"
DECODE, ENCODE = "/temporal/codec/decode", "/temporal/codec/encode"
UI = "http://127.0.0.1:8233"
PLAIN = Payload(
    metadata={"encoding": b"json/plain"},
    data=json.dumps({"case_id": CASE, "note": "西门进"}).encode(),
)


def body(*of: Payload) -> Any:
    return MessageToDict(Payloads(payloads=of))


def encrypted() -> Any:
    return body(PayloadCipher(KEYS).encrypt(PLAIN))


def read(response: httpx.Response) -> Any:
    assert response.status_code == 200, response.text
    return [json.loads(base64.b64decode(each["data"])) for each in response.json()["payloads"]]


@pytest.fixture
async def ops(product: WholeProduct) -> AsyncIterator[httpx.AsyncClient]:
    """A browser in which somebody of operations is logged in."""
    async with product.visitor() as browser:
        opened = await browser.post("/api/v1/session", json={"person_id": "pe_yun"})
        assert opened.status_code == 200, opened.text
        yield browser


def reveals(product: WholeProduct) -> list[Any]:
    with psycopg.connect(product.database_url) as database:
        return database.execute(
            "SELECT person_id, temporal_namespace, payload_count, key_ids, case_ids"
            " FROM edge.payload_reveal ORDER BY reveal_number"
        ).fetchall()


async def test_a_page_of_temporals_reads_in_its_users_name_and_it_is_written_down(
    product: WholeProduct, ops: httpx.AsyncClient
) -> None:
    before = len(reveals(product))
    answer = await ops.post(
        f"{DECODE}?preserveStorageRefs=true",
        json=encrypted(),
        headers={"Origin": UI, "X-Namespace": "default"},
    )
    assert read(answer) == [{"case_id": CASE, "note": "西门进"}]
    assert answer.headers["access-control-allow-origin"] == UI
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["cache-control"] == "no-store"
    assert reveals(product)[before:] == [("pe_yun", "default", 1, ["test.2"], [CASE])]


async def test_what_one_key_encrypted_is_read_though_another_is_current(as_: As) -> None:
    made = await as_().post(ENCODE, json=body(PLAIN))
    sealed = made.json()["payloads"]
    key = base64.b64decode(sealed[0]["metadata"]["encryption-key-id"])
    assert key == b"test.2"
    assert read(await as_().post(DECODE, json={"payloads": sealed})) == [
        {"case_id": CASE, "note": "西门进"}
    ]


async def test_a_token_reads_where_no_page_is(as_: As) -> None:
    token = (await as_("pe_yun").post("/api/v1/api-tokens", json={"label": "temporal CLI"})).json()[
        "token"
    ]
    assert read(await as_(token=token).post(DECODE, json=encrypted()))


async def test_what_is_not_encrypted_comes_back_and_is_nothing_to_write_down(
    product: WholeProduct, as_: As
) -> None:
    before = reveals(product)
    answer = await as_("pe_yun").post(DECODE, json=body(PLAIN))
    assert read(answer) == [{"case_id": CASE, "note": "西门进"}]
    assert reveals(product) == before


async def test_nobody_reads_without_a_login(product: WholeProduct) -> None:
    async with product.visitor() as visitor:
        refused = await visitor.post(DECODE, json=encrypted(), headers={"Origin": UI})
    problem(refused, 401, "LOGIN_REQUIRED")
    assert refused.headers["access-control-allow-origin"] == UI, "the page may read why"


@pytest.mark.parametrize("path", [DECODE, ENCODE])
async def test_nobody_reads_without_the_right(as_: As, path: str) -> None:
    problem(await as_("pe_wang").post(path, json=encrypted()), 403, "ROLE_REQUIRED")


@pytest.mark.parametrize("origin", ["http://evil.example", "http://localhost:8233", "null", ""])
async def test_another_page_gets_nothing_out_of_a_users_session(
    ops: httpx.AsyncClient, origin: str
) -> None:
    headers = {"Origin": origin} if origin else {}
    refused = await ops.post(DECODE, json=encrypted(), headers=headers)
    problem(refused, 403, "ORIGIN_NOT_ALLOWED")
    assert "access-control-allow-origin" not in refused.headers


async def test_a_browser_is_told_what_temporals_page_may_send(product: WholeProduct) -> None:
    asking = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-namespace",
    }
    async with product.visitor() as browser:
        allowed = await browser.options(
            f"{DECODE}?preserveStorageRefs=true", headers={"Origin": UI, **asking}
        )
        assert allowed.status_code == 200
        assert allowed.headers["access-control-allow-origin"] == UI
        assert allowed.headers["access-control-allow-credentials"] == "true"
        told = allowed.headers["access-control-allow-headers"].lower()
        assert all(name in told for name in ("content-type", "x-namespace", "authorization"))
        evil = await browser.options(DECODE, headers={"Origin": "http://evil.example", **asking})
        assert evil.status_code == 400
        assert "access-control-allow-origin" not in evil.headers
        elsewhere = await browser.options("/api/v1/items", headers={"Origin": UI, **asking})
        assert "access-control-allow-origin" not in elsewhere.headers


async def test_a_missing_key_is_named(as_: As) -> None:
    unknown = PayloadCipher(KEYS).encrypt(PLAIN)
    unknown.metadata["encryption-key-id"] = b"lost"
    refused = await as_().post(DECODE, json=body(unknown))
    assert "'lost'" in problem(refused, 409, "PAYLOAD_UNREADABLE")["detail"]


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"payloads": [{"data": 7}]}'])
async def test_what_is_no_payload_is_refused(as_: As, content: str) -> None:
    problem(await as_().post(DECODE, content=content), 422, "PAYLOADS_MALFORMED", "body")


async def test_too_much_at_once_is_refused(as_: As) -> None:
    huge = b'{"payloads": "' + b"x" * (8 * 1024 * 1024) + b'"}'
    problem(await as_().post(DECODE, content=huge), 422, "BODY_TOO_LARGE", "body")


async def test_who_asks_too_often_waits(as_: As, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payloads, "_pace", Pace(1, 0.001, lambda: 0.0))
    read(await as_("pe_yun").post(DECODE, json=encrypted()))
    refused = await as_("pe_yun").post(DECODE, json=encrypted())
    problem(refused, 429, "TOO_MANY_REQUESTS")
    read(await as_().post(DECODE, json=encrypted()))


async def test_temporals_own_command_line_reads_with_a_token(
    product: WholeProduct, as_: As, address: str
) -> None:
    settings = product.edge.settings
    client = await Client.connect(settings.temporal_address, data_converter=converter(KEYS))
    handle = await client.start_workflow(
        "install", {"note": "西门进"}, id=f"case:{CASE}", task_queue="nobody"
    )
    made = await as_("pe_yun").post("/api/v1/api-tokens", json={"label": "temporal CLI"})

    async def shown(*more: str) -> str:
        process = await asyncio.create_subprocess_exec(
            *(str(PROGRAMS / "temporal"), "workflow", "show", "--workflow-id", handle.id),
            *("--address", settings.temporal_address, "--output", "json", *more),
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await process.communicate()
        return output.decode()

    carried = base64.b64encode('{"note":"西门进"}'.encode()).decode()
    assert carried not in await shown()
    token = f"Bearer {made.json()['token']}"
    read = await shown("--codec-endpoint", f"{address}/temporal/codec", "--codec-auth", token)
    assert carried in read
    await handle.terminate()
