import asyncio

import httpx
import pytest

from simulators.wecom.seed import AGENTID, CORPID
from tests.wecom_server import SECRET, WecomServer


async def gettoken(wecom: WecomServer, **query: str) -> dict[str, object]:
    answer = await wecom.http.get("/cgi-bin/gettoken", params=query)
    return dict(answer.json())


async def test_an_app_gets_the_same_token_while_it_lives(wecom: WecomServer) -> None:
    first = await gettoken(wecom, corpid=CORPID, corpsecret=SECRET)
    await wecom.advance(7000)
    again = await gettoken(wecom, corpid=CORPID, corpsecret=SECRET)
    assert first["errcode"] == 0
    assert first["expires_in"] == 7200
    assert again["access_token"] == first["access_token"]
    assert 198 <= int(str(again["expires_in"])) <= 200


async def test_a_token_past_its_life_is_refused_as_expired(wecom: WecomServer) -> None:
    token = await wecom.token()
    await wecom.advance(7201)
    answer = await wecom.call("message/send", {}, token)
    assert answer["errcode"] == 42001
    assert await wecom.token() != token


async def test_expire_now_ends_a_token_early(wecom: WecomServer) -> None:
    token = await wecom.token()
    await wecom.admin(f"tokens/{AGENTID}/expire")
    assert (await wecom.call("message/send", {}, token))["errcode"] == 42001


async def test_a_revoked_token_is_unknown(wecom: WecomServer) -> None:
    token = await wecom.token()
    await wecom.admin(f"tokens/{AGENTID}/revoke")
    assert (await wecom.call("message/send", {}, token))["errcode"] == 40014


@pytest.mark.parametrize(
    ("query", "errcode"),
    [
        ({}, 41004),
        ({"corpid": CORPID}, 41004),
        ({"corpsecret": SECRET}, 41002),
        ({"corpid": "ww0000000000000000", "corpsecret": SECRET}, 40013),
        ({"corpid": CORPID, "corpsecret": "wrong"}, 40001),
    ],
)
async def test_gettoken_names_what_is_wrong(
    wecom: WecomServer, query: dict[str, str], errcode: int
) -> None:
    assert (await gettoken(wecom, **query))["errcode"] == errcode


async def test_repeated_wrong_secrets_ban_the_address_for_an_hour(wecom: WecomServer) -> None:
    await wecom.admin("knobs", {"bad_secret_ban_after": 2})
    wrong = {"corpid": CORPID, "corpsecret": "wrong"}
    right = {"corpid": CORPID, "corpsecret": SECRET}
    assert [(await gettoken(wecom, **wrong))["errcode"] for _ in range(2)] == [40001, 40001]
    assert (await gettoken(wecom, **right))["errcode"] == 45009
    await wecom.advance(3601)
    assert (await gettoken(wecom, **right))["errcode"] == 0


async def test_an_error_says_where_to_read_about_it(wecom: WecomServer) -> None:
    answer = await gettoken(wecom)
    assert "hint: [" in str(answer["errmsg"])
    assert str(answer["errmsg"]).endswith(
        ", from ip: 127.0.0.1, more info at https://open.work.weixin.qq.com/devtool/query?e=41004"
    )


async def test_the_checks_come_in_wecoms_order(wecom: WecomServer) -> None:
    broken = b"{not json"
    assert (await wecom.http.post("/cgi-bin/no/such", content=broken)).status_code == 404
    missing = await wecom.http.post("/cgi-bin/message/send", content=broken)
    assert missing.json()["errcode"] == 41001
    assert (await wecom.call("message/send", broken, "bogus"))["errcode"] == 40014
    token = await wecom.token()
    await wecom.admin(f"apps/{AGENTID}/enabled?enabled=false", method="PUT")
    assert (await wecom.call("message/send", broken, token))["errcode"] == 50003
    await wecom.admin(f"apps/{AGENTID}/enabled?enabled=true", method="PUT")
    malformed = await wecom.call("message/send", broken, token)
    assert malformed["errcode"] == 40058
    assert malformed["errmsg"].startswith("Warning: wrong json format.")


async def test_an_unknown_path_is_404_with_an_empty_body(wecom: WecomServer) -> None:
    answer = await wecom.http.get("/cgi-bin/department/nothing")
    assert (answer.status_code, answer.content) == (404, b"")


async def test_a_lost_reply_breaks_the_connection_after_the_work_is_done(
    wecom: WecomServer,
) -> None:
    await wecom.fault(api="message/send", reply_lost=True)
    with pytest.raises(httpx.TransportError):
        await wecom.send(touser="lisheji", msgtype="text", text={"content": "hi"})
    assert len(await wecom.messages()) == 1


async def test_a_reset_breaks_the_connection_before_anything_is_done(wecom: WecomServer) -> None:
    await wecom.fault(api="message/send", reset=True)
    with pytest.raises(httpx.TransportError):
        await wecom.send(touser="lisheji", msgtype="text", text={"content": "hi"})
    assert await wecom.messages() == []


async def test_a_fault_strikes_as_often_as_ordered_and_then_is_gone(wecom: WecomServer) -> None:
    await wecom.fault(api="message/send", errcode=-1, times=2)
    answers = [
        await wecom.send(touser="lisheji", msgtype="text", text={"content": f"{n}"})
        for n in range(3)
    ]
    assert [answer["errcode"] for answer in answers] == [-1, -1, 0]


async def test_a_delay_makes_an_impatient_caller_give_up(wecom: WecomServer) -> None:
    await wecom.fault(api="gettoken", delay_ms=60_000)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(wecom.token(), timeout=0.2)


async def test_an_http_fault_is_an_http_error(wecom: WecomServer) -> None:
    await wecom.fault(http=503)
    assert (await wecom.http.get("/cgi-bin/gettoken")).status_code == 503
