"""The payout sandbox keeps to the published protocol, seen by a client that is not the product's."""

import asyncio
import base64
import json
import secrets
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from tests.payout_server import (
    API_KEY,
    APP_ID,
    MERCHANT_ID,
    MERCHANT_SERIAL,
    PLATFORM_SERIAL,
    PayoutServer,
    payout_server,
)

BILLS = "/v3/fund-app/mch-transfer/transfer-bills"


@pytest.fixture
async def bank(tmp_path: Path) -> AsyncIterator[PayoutServer]:
    async with payout_server(tmp_path) as running:
        await running.payee("o-1")
        yield running


def signed(bank: PayoutServer, method: str, target: str, body: bytes, **other: str) -> str:
    key: Any = load_pem_private_key(bank.files["merchant_key"].read_bytes(), None)
    given = {
        "mchid": MERCHANT_ID,
        "serial_no": MERCHANT_SERIAL,
        "timestamp": str(int(time.time())),
        "nonce_str": secrets.token_hex(8),
        **other,
    }
    text = f"{method}\n{target}\n{given['timestamp']}\n{given['nonce_str']}\n".encode()
    signature = key.sign(text + body + b"\n", padding.PKCS1v15(), hashes.SHA256())
    given["signature"] = base64.b64encode(signature).decode()
    return "WECHATPAY2-SHA256-RSA2048 " + ",".join(f'{k}="{v}"' for k, v in given.items())


async def ask(
    bank: PayoutServer, method: str, target: str, body: Any = None, **other: str
) -> httpx.Response:
    raw = b"" if body is None else json.dumps(body).encode()
    headers = {"Authorization": signed(bank, method, target, raw, **other)}
    answer = await bank.http.request(method, target, content=raw, headers=headers)
    check_signature(bank, dict(answer.headers), answer.content)
    return answer


def check_signature(bank: PayoutServer, headers: dict[str, str], body: bytes) -> None:
    key: Any = load_pem_public_key(bank.files["platform_public"].read_bytes())
    given = {name.lower(): value for name, value in headers.items()}
    assert given["wechatpay-serial"] == PLATFORM_SERIAL
    text = f"{given['wechatpay-timestamp']}\n{given['wechatpay-nonce']}\n".encode()
    signature = base64.b64decode(given["wechatpay-signature"])
    key.verify(signature, text + body + b"\n", padding.PKCS1v15(), hashes.SHA256())


def transfer(number: str = "po1", **other: Any) -> dict[str, Any]:
    return {
        "appid": APP_ID,
        "out_bill_no": number,
        "transfer_scene_id": "1005",
        "openid": "o-1",
        "transfer_amount": 128_00,
        "transfer_remark": "安装服务报酬",
        "transfer_scene_report_infos": [
            {"info_type": "岗位类型", "info_content": "安装师傅"},
            {"info_type": "报酬说明", "info_content": "安装"},
        ],
        **other,
    }


async def send(bank: PayoutServer, **other: Any) -> tuple[int, dict[str, Any]]:
    answer = await ask(bank, "POST", BILLS, transfer(**other))
    return answer.status_code, answer.json()


async def stands(bank: PayoutServer, number: str = "po1") -> dict[str, Any]:
    return dict((await ask(bank, "GET", f"{BILLS}/out-bill-no/{number}")).json())


async def test_money_moves_when_the_payee_confirms_and_not_before(bank: PayoutServer) -> None:
    status, told = await send(bank)
    assert (status, told["state"]) == (200, "WAIT_USER_CONFIRM")
    assert told["package_info"]
    assert await bank.wallet("o-1") == 0
    await bank.confirm("po1")
    assert (await stands(bank))["state"] == "SUCCESS"
    assert await bank.wallet("o-1") == 128_00


async def test_a_number_is_one_transfer_and_another_content_is_refused(bank: PayoutServer) -> None:
    first = (await send(bank))[1]
    again = (await send(bank))[1]
    assert first["transfer_bill_no"] == again["transfer_bill_no"]
    status, refused = await send(bank, transfer_amount=1_00)
    assert (status, refused["code"]) == (400, "ALREADY_EXISTS")
    assert len(await bank.transfers()) == 1


async def test_what_nobody_confirms_is_closed_after_a_day_and_the_money_is_back(
    bank: PayoutServer,
) -> None:
    await bank.admin("balance", {"balance_minor": 200_00})
    await send(bank)
    assert (await send(bank, number="po2"))[1]["code"] == "NOT_ENOUGH"
    await bank.advance(24 * 3600)
    told = await stands(bank)
    assert (told["state"], told["fail_reason"]) == ("FAIL", "OVERDUE_CLOSE")
    assert (await send(bank, number="po2"))[0] == 200


async def test_a_cancelled_transfer_passes_through_cancelling(bank: PayoutServer) -> None:
    await bank.admin("knobs", {"canceling_seconds": 5})
    await send(bank)
    target = f"{BILLS}/out-bill-no/po1/cancel"
    assert (await ask(bank, "POST", target, {})).json()["state"] == "CANCELING"
    await bank.advance(5)
    assert (await stands(bank))["state"] == "CANCELLED"
    await send(bank, number="po2")
    await bank.confirm("po2")
    late = await ask(bank, "POST", f"{BILLS}/out-bill-no/po2/cancel", {})
    assert (late.status_code, late.json()["code"]) == (400, "INVALID_REQUEST")


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"timestamp": str(int(time.time()) - 301)}, "SIGN_ERROR"),
        ({"timestamp": str(int(time.time()) + 400)}, "SIGN_ERROR"),
        ({"serial_no": "OTHER"}, "SIGN_ERROR"),
        ({"mchid": "1"}, "NO_AUTH"),
    ],
)
async def test_a_request_that_is_old_or_signed_for_another_is_refused(
    bank: PayoutServer, other: dict[str, str], code: str
) -> None:
    answer = await ask(bank, "GET", f"{BILLS}/out-bill-no/po1", **other)
    assert answer.json()["code"] == code


async def test_a_replayed_or_altered_request_is_refused(bank: PayoutServer) -> None:
    body = json.dumps(transfer()).encode()
    headers = {"Authorization": signed(bank, "POST", BILLS, body)}
    altered = await bank.http.post(BILLS, content=body.replace(b"12800", b"99900"), headers=headers)
    assert (altered.status_code, altered.json()["code"]) == (401, "SIGN_ERROR")
    assert (await bank.http.post(BILLS, content=body, headers=headers)).status_code == 200
    replayed = await bank.http.post(BILLS, content=body, headers=headers)
    assert replayed.json()["code"] == "SIGN_ERROR"


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"transfer_amount": 9}, "PARAM_ERROR"),
        ({"transfer_amount": 200_000}, "PARAM_ERROR"),  # 2,000 yuan want the real name
        ({"openid": "o-nobody"}, "PARAM_ERROR"),
        ({"number": "po_1"}, "PARAM_ERROR"),
        ({"transfer_scene_report_infos": []}, "PARAM_ERROR"),
        ({"transfer_scene_id": "9"}, "NO_AUTH"),
        ({"appid": "wx0"}, "NO_AUTH"),
    ],
)
async def test_what_the_documentation_forbids_is_refused(
    bank: PayoutServer, other: dict[str, Any], code: str
) -> None:
    assert (await send(bank, **other))[1]["code"] == code
    assert await bank.transfers() == []


async def test_a_real_name_travels_sealed_and_is_compared(bank: PayoutServer) -> None:
    key: Any = load_pem_public_key(bank.files["platform_public"].read_bytes())
    oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)

    async def pay(number: str, name: str) -> dict[str, Any]:
        sealed = base64.b64encode(key.encrypt(name.encode(), oaep)).decode()
        raw = json.dumps(transfer(number, transfer_amount=2_500_00, user_name=sealed)).encode()
        headers = {
            "Authorization": signed(bank, "POST", BILLS, raw),
            "Wechatpay-Serial": PLATFORM_SERIAL,
        }
        return dict((await bank.http.post(BILLS, content=raw, headers=headers)).json())

    assert (await pay("po1", "别人"))["code"] == "INVALID_REQUEST"
    assert (await pay("po2", "某师傅"))["state"] == "WAIT_USER_CONFIRM"


async def test_days_have_limits_and_so_has_the_rate(bank: PayoutServer) -> None:
    await bank.admin("knobs", {"payee_day_minor": 200_00})
    await send(bank)
    assert (await send(bank, number="po2"))[1]["code"] == "INVALID_REQUEST"
    await bank.admin("knobs", {"calls_per_second": 1})
    codes = [(await send(bank, number="po3"))[1].get("code") for _ in range(3)]
    assert "FREQUENCY_LIMITED" in codes


async def test_an_end_is_told_sealed_and_signed(bank: PayoutServer) -> None:
    await send(bank, notify_url="http://127.0.0.1:9/nobody")
    await bank.confirm("po1")
    async with asyncio.timeout(10):
        while not bank.notifier.sent:
            await bank.transfers()
    _, headers, body = bank.notifier.sent[0]
    check_signature(bank, headers, body)
    told = json.loads(body)
    assert told["event_type"] == "MCHTRANSFER.BILL.FINISHED"
    resource = told["resource"]
    opened = AESGCM(API_KEY.encode()).decrypt(
        resource["nonce"].encode(),
        base64.b64decode(resource["ciphertext"]),
        resource["associated_data"].encode(),
    )
    assert (json.loads(opened)["out_bill_no"], json.loads(opened)["state"]) == ("po1", "SUCCESS")


async def test_transfers_survive_a_restart(tmp_path: Path) -> None:
    kept = tmp_path / "payout.db"
    async with payout_server(tmp_path / "one", file=kept) as bank:
        await bank.payee("o-1")
        await send(bank)
        await bank.confirm("po1")
    async with payout_server(tmp_path / "two", file=kept) as again:
        assert await again.wallet("o-1") == 128_00
        assert (await send(again))[1]["state"] == "SUCCESS"


async def test_the_page_shows_what_waits_for_a_tap(bank: PayoutServer) -> None:
    await send(bank)
    page = (await bank.http.get("/")).text
    assert "SIMULATOR" in page
    assert 'data-number="po1"' in page
    assert "¥128.00" in page
