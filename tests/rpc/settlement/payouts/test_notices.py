"""What the channel tells by itself, over HTTP through the gateway's route: taken once, and only theirs."""

from collections.abc import AsyncIterator
from types import SimpleNamespace

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from kit.clock import SystemClock
from protos.settlement.v1 import payout_pb2 as pb
from services.gateway.routes import payouts
from services.settlement.main import mounts
from tests.http_server import serving
from tests.payout_server import PayoutServer
from tests.rpc.conftest import Serve
from tests.rpc.settlement.conftest import Desk
from tests.rpc.settlement.payouts.conftest import Till
from tests.rpc.settlement.payouts.test_payouts import state
from tests.rpc.settlement.words import portion
from tests.workflow.conftest import eventually


@pytest.fixture
async def told(serve: Serve, payout_channel: PayoutServer) -> AsyncIterator[Till]:
    """A till whose channel tells of ends through the gateway's own route."""
    app = FastAPI()
    app.include_router(payouts.callbacks)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off"))
    async with serving(server) as url:
        channel = payout_channel.channel(f"{url}/callbacks/payouts/wechat")
        served = await serve("settlement", mounts(SystemClock(), {"wechat": channel}))
        app.state.edge = SimpleNamespace(caller=served.as_(None))
        desk = Desk(served)
        await desk.put_rule(
            "told", "", portion("technician", "0.7"), portion("platform", remaining=True)
        )
        await payout_channel.admin("knobs", {"notice_retry_seconds": 0.2})
        yield Till(served, desk, payout_channel)


async def ended(till: Till, payout: pb.Payout, wanted: str) -> None:
    async def look() -> bool:
        return state(await till.get(payout)) == wanted

    await eventually(look, f"the payout is {wanted}")


async def answers(till: Till) -> list[str]:
    """What the channel's notifications were answered, so far."""
    notices = await till.channel.admin("notices", method="GET")
    return [answer for notice in notices for answer in notice["answers"]]


async def test_a_confirmation_on_the_phone_is_known_without_asking(told: Till) -> None:
    payout = await told.ready("pe_zhang")
    waiting = await told.advance(payout)
    await told.channel.confirm(waiting.channel_number)
    await ended(told, payout, "PAID")
    assert await answers(told) == ["200"]
    assert await told.balance("channel:wechat:cash") == (140_00, 0)


async def test_what_is_told_three_times_and_late_counts_once(told: Till) -> None:
    payout = await told.ready("pe_zhang")
    waiting = await told.advance(payout)
    await told.channel.fault("notice", copies=2, delay_ms=300)
    await told.channel.confirm(waiting.channel_number)
    assert state(await told.advance(payout)) == "PAID"  # asked before it was told

    async def all_taken() -> bool:
        return await answers(told) == ["200"] * 3

    await eventually(all_taken, "all three are taken")
    paid = await told.get(payout)
    assert [pb.PayoutState.Name(each.new_state) for each in paid.changes][-1] == "PAYOUT_STATE_PAID"
    assert await told.balance("channel:wechat:cash") == (140_00, 0)
    assert list((await told.desk.verify()).findings) == []


async def test_a_return_after_a_day_is_told_too(told: Till) -> None:
    payout = await told.ready("pe_zhang")
    await told.advance(payout)
    await told.channel.advance(24 * 3600)
    await ended(told, payout, "RETURNED")


async def test_a_clock_that_is_wrong_is_refused_until_it_is_right(told: Till) -> None:
    payout = await told.ready("pe_zhang")
    waiting = await told.advance(payout)
    await told.channel.admin("clock/skew", {"seconds": -900})
    await told.channel.confirm(waiting.channel_number)

    async def refused() -> bool:
        return "401" in await answers(told)

    await eventually(refused, "it is refused")
    assert state(await told.get(payout)) == "WAITING_FOR_PAYEE"
    await told.channel.admin("clock/skew", {"seconds": 0})
    await ended(told, payout, "PAID")


async def test_forged_altered_and_replayed_notifications_change_nothing(told: Till) -> None:
    payout = await told.ready("pe_zhang")
    waiting = await told.advance(payout)
    other = await told.ready("pe_liu", confirms=True)
    await told.advance(other)

    async def was_told() -> bool:
        return bool(told.channel.notifier.sent)

    await eventually(was_told, "the end is told")
    await ended(told, other, "PAID")
    url, headers, body = told.channel.notifier.sent[-1]
    revision = (await told.get(other)).revision
    async with httpx.AsyncClient(trust_env=False) as http:

        async def answer(changed: dict[str, str] | None = None, content: bytes = body) -> int:
            sent = await http.post(url, headers={**headers, **(changed or {})}, content=content)
            return sent.status_code

        assert await answer(content=body.replace(b"FINISHED", b"FINISHeD")) == 401
        assert await answer({"Wechatpay-Nonce": "another"}) == 401
        assert await answer({"Wechatpay-Serial": "PUB_KEY_ID_OTHER"}) == 401
        assert await answer({"Wechatpay-Signature": ""}) == 401
        assert await answer({"Wechatpay-Timestamp": "0"}) == 401
        assert await answer({"Wechatpay-Timestamp": "soon"}) == 401
        assert await answer(content=b"x" * 70_000) == 413
        assert await answer() == 200  # the very same again: known, and nothing happens
        missing = await http.post(url)
        assert missing.status_code == 401
        unknown = await http.post(url.replace("wechat", "alipay"), headers=headers, content=body)
        assert unknown.status_code == 503
    assert (await told.get(other)).revision == revision
    assert state(await told.get(payout)) == "WAITING_FOR_PAYEE"
    assert waiting.channel_number
    assert await told.channel.wallet("o-pe_liu") == 140_00
