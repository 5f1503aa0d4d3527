"""What WeCom tells us is proven to be WeCom's, kept once and answered at once."""

import secrets
import time

import httpx
import psycopg
import pytest

from simulators.wecom.crypto import Seal
from simulators.wecom.seed import AGENTID, CORPID
from tests.gateway_server import WECOM_AES_KEY, WECOM_TOKEN, WholeProduct

SEAL = Seal(WECOM_TOKEN, WECOM_AES_KEY, CORPID)
PATH = f"/callbacks/wecom/{AGENTID}"


def tap(task: str) -> str:
    return (
        f"<xml><ToUserName><![CDATA[{CORPID}]]></ToUserName>"
        "<FromUserName><![CDATA[zhangshifu]]></FromUserName><CreateTime>1760000000</CreateTime>"
        "<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[template_card_event]]></Event>"
        f"<EventKey><![CDATA[accept]]></EventKey><TaskId><![CDATA[{task}]]></TaskId>"
        f"<AgentID>{AGENTID}</AgentID></xml>"
    )


async def post(
    visitor: httpx.AsyncClient, plaintext: str, seal: Seal = SEAL, at: float | None = None
) -> httpx.Response:
    encrypted = seal.encrypt(plaintext.encode())
    timestamp, nonce = str(int(at or time.time())), secrets.token_hex(8)
    query = {"timestamp": timestamp, "nonce": nonce}
    query["msg_signature"] = seal.sign(timestamp, nonce, encrypted)
    body = f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
    return await visitor.post(PATH, params=query, content=body.encode())


def kept(product: WholeProduct, task: str) -> list[tuple[str, int]]:
    with psycopg.connect(product.database_url) as database:
        rows: list[tuple[str, int]] = database.execute(
            "SELECT event, agentid FROM edge.callback_inbox WHERE plaintext LIKE %s", [f"%{task}%"]
        ).fetchall()
    return rows


async def test_wecom_finds_its_echo_byte_for_byte(product: WholeProduct) -> None:
    encrypted = SEAL.encrypt(b"1234567890123456789")
    query = {"timestamp": "1", "nonce": "n", "echostr": encrypted}
    query["msg_signature"] = SEAL.sign("1", "n", encrypted)
    async with product.visitor() as visitor:
        answer = await visitor.get(PATH, params=query)
    assert (answer.status_code, answer.content) == (200, b"1234567890123456789")
    assert answer.headers["content-type"].startswith("text/plain")


async def test_a_tap_is_kept_and_answered_with_nothing(product: WholeProduct) -> None:
    task = secrets.token_hex(6)
    async with product.visitor() as visitor:
        began = time.perf_counter()
        answer = await post(visitor, tap(task))
        assert time.perf_counter() - began < 1
    assert (answer.status_code, answer.content) == (200, b"")
    assert kept(product, task) == [("template_card_event", AGENTID)]


async def test_a_tap_that_is_told_again_is_kept_once(product: WholeProduct) -> None:
    task = secrets.token_hex(6)
    async with product.visitor() as visitor:
        for _ in range(3):  # sealed afresh each time, as WeCom does
            assert (await post(visitor, tap(task))).status_code == 200
    assert len(kept(product, task)) == 1


@pytest.mark.parametrize(
    "seal",
    [
        Seal("another", WECOM_AES_KEY, CORPID),
        Seal(WECOM_TOKEN, "B" * 43, CORPID),
        Seal(WECOM_TOKEN, WECOM_AES_KEY, "wwsomebodyelse"),
    ],
    ids=["token", "key", "receiver"],
)
async def test_what_is_not_ours_is_refused_and_not_kept(product: WholeProduct, seal: Seal) -> None:
    task = secrets.token_hex(6)
    async with product.visitor() as visitor:
        answer = await post(visitor, tap(task), seal)
    assert (answer.status_code, answer.content) == (403, b"")
    assert kept(product, task) == []


async def test_an_old_callback_is_refused(product: WholeProduct) -> None:
    task = secrets.token_hex(6)
    async with product.visitor() as visitor:
        answer = await post(visitor, tap(task), at=time.time() - 601)
    assert answer.status_code == 403
    assert kept(product, task) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not xml",
        b"<xml></xml>",
        b'<!DOCTYPE x [<!ENTITY a "a"><!ENTITY b "&a;&a;">]><xml><Encrypt>&b;</Encrypt></xml>',
        b"<xml>" + b" " * (256 * 1024) + b"</xml>",
    ],
    ids=["empty", "text", "no-content", "entities", "huge"],
)
async def test_a_body_that_is_no_callback_is_refused(product: WholeProduct, body: bytes) -> None:
    async with product.visitor() as visitor:
        answer = await visitor.post(PATH, params={"msg_signature": "x"}, content=body)
    assert (answer.status_code, answer.content) == (403, b"")


async def test_an_app_that_is_not_ours_has_no_callback(product: WholeProduct) -> None:
    async with product.visitor() as visitor:
        assert (await visitor.post("/callbacks/wecom/7", content=b"")).status_code == 404
