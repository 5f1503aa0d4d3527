from collections.abc import AsyncIterator

import pytest

from simulators.wecom.crypto import Seal
from simulators.wecom.seed import AGENTID, CORPID
from tests.unit.wecom_simulator.receiver import CallbackReceiver, callback_receiver
from tests.unit.wecom_simulator.test_cards import CARDS
from tests.wecom_server import WecomServer

TOKEN, AES_KEY = "SimToken2026", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
BUTTON_CARD = CARDS["button_interaction"]


@pytest.fixture(scope="module")
async def shared_receiver() -> AsyncIterator[CallbackReceiver]:
    async with callback_receiver(Seal(TOKEN, AES_KEY, CORPID)) as receiver:
        yield receiver


@pytest.fixture
def receiver(shared_receiver: CallbackReceiver) -> CallbackReceiver:
    shared_receiver.forget()
    return shared_receiver


@pytest.fixture
async def clickable(wecom: WecomServer, receiver: CallbackReceiver) -> WecomServer:
    """A simulator whose app has a callback URL, told again without delay when it fails."""
    callback = {"url": receiver.url, "token": TOKEN, "aes_key": AES_KEY}
    await wecom.admin(f"apps/{AGENTID}/callback", callback, method="PUT")
    await wecom.admin("knobs", {"callback_retry_seconds": 0})
    return wecom


async def send_card(wecom: WecomServer, task_id: str = "WO-1") -> dict[str, str]:
    card = {**BUTTON_CARD, "task_id": task_id}
    answer = await wecom.send(
        touser="zhangshifu|liushifu", msgtype="template_card", template_card=card
    )
    assert answer["errcode"] == 0
    return answer


async def click(wecom: WecomServer, msgid: str, key: str = "accept") -> int:
    answer = await wecom.http.post(
        "/_sim/users/zhangshifu/click", json={"msgid": msgid, "key": key}
    )
    return answer.status_code


async def update(wecom: WecomServer, code: str, **fields: object) -> dict[str, object]:
    body = {"agentid": AGENTID, "response_code": code, "button": {"replace_name": "已接单"}}
    return await wecom.call(
        "message/update_template_card", {"userids": ["zhangshifu"], **body, **fields}
    )


async def test_a_button_card_needs_a_callback_url(wecom: WecomServer) -> None:
    answer = await wecom.send(
        touser="zhangshifu", msgtype="template_card", template_card=BUTTON_CARD
    )
    assert answer["errcode"] == 43012


async def test_a_notice_card_brings_no_response_code(wecom: WecomServer) -> None:
    answer = await wecom.send(
        touser="zhangshifu", msgtype="template_card", template_card=CARDS["text_notice"]
    )
    assert answer["errcode"] == 0
    assert "response_code" not in answer


async def test_strict_cards_refuses_what_phones_would_cut(wecom: WecomServer) -> None:
    await wecom.admin("knobs", {"strict_cards": True})
    card = {**CARDS["text_notice"], "sub_title_text": "长" * 161}
    answer = await wecom.send(touser="zhangshifu", msgtype="template_card", template_card=card)
    assert answer["errcode"] == 40058


async def test_a_task_id_serves_one_card(clickable: WecomServer) -> None:
    await send_card(clickable)
    card = {**BUTTON_CARD, "task_id": "WO-1", "sub_title_text": "again"}
    answer = await clickable.send(touser="liushifu", msgtype="template_card", template_card=card)
    assert answer["errcode"] == 42014


async def test_a_card_sent_again_in_the_same_bytes_is_a_duplicate_not_a_reuse(
    clickable: WecomServer,
) -> None:
    card = {"msgtype": "template_card", "template_card": BUTTON_CARD, "enable_duplicate_check": 1}
    answers = [await clickable.send(touser="liushifu", **card) for _ in range(2)]
    assert [answer["errcode"] for answer in answers] == [0, 0]
    assert [len(m["delivered"]) for m in await clickable.messages()] == [1, 0]


async def test_a_tap_tells_the_app_who_tapped_what(
    clickable: WecomServer, receiver: CallbackReceiver
) -> None:
    sent = await send_card(clickable)
    assert await click(clickable, sent["msgid"]) == 200
    event = await receiver.next_event()
    assert event["FromUserName"] == "zhangshifu"
    assert event["Event"] == "template_card_event"
    assert event["EventKey"] == "accept"
    assert event["TaskId"] == "WO-1"
    assert event["AgentID"] == str(AGENTID)
    assert event["ResponseCode"] not in ("", sent["response_code"])


async def test_an_app_that_fails_is_told_again_at_most_three_times(
    clickable: WecomServer, receiver: CallbackReceiver
) -> None:
    receiver.answers = [500, 502, 503, 504, 200]
    await click(clickable, (await send_card(clickable))["msgid"])
    await receiver.wait_for(4)
    [record] = (await clickable.http.get("/_sim/callbacks")).json()
    assert [attempt["answer"] for attempt in record["attempts"]] == ["500", "502", "503", "504"]
    assert record["accepted"] is False
    assert len(set(receiver.nonces)) == 4
    assert len({event["ResponseCode"] for event in receiver.events}) == 1


async def test_a_tap_on_a_button_that_is_not_there_is_refused(clickable: WecomServer) -> None:
    sent = await send_card(clickable)
    assert await click(clickable, sent["msgid"], "no-such-key") == 409
    assert await click(clickable, "no-such-message") == 409


async def test_a_response_code_changes_the_card_once(clickable: WecomServer) -> None:
    sent = await send_card(clickable)
    assert (await update(clickable, sent["response_code"]))["errcode"] == 0
    assert (await update(clickable, sent["response_code"]))["errcode"] == 60140
    [message] = await clickable.messages()
    assert message["cards"]["zhangshifu"]["replaced_button"] == "已接单"
    assert "liushifu" not in message["cards"]
    assert await click(clickable, sent["msgid"]) == 409


async def test_a_response_code_dies_after_72_hours(clickable: WecomServer) -> None:
    sent = await send_card(clickable)
    await clickable.advance(72 * 3600 + 1)
    assert (await update(clickable, sent["response_code"]))["errcode"] == 60140


async def test_updating_names_who_never_had_the_card(clickable: WecomServer) -> None:
    sent = await send_card(clickable)
    nobody = await update(clickable, sent["response_code"], userids=["lisheji"])
    none_given = await update(clickable, sent["response_code"], userids=[])
    some = await update(clickable, sent["response_code"], userids=["LiSheJi", "zhangshifu"])
    assert (nobody["errcode"], none_given["errcode"]) == (82102, 82101)
    assert (some["errcode"], some["invaliduser"]) == (0, ["lisheji"])


async def test_a_whole_card_can_take_the_place_of_the_old_one(clickable: WecomServer) -> None:
    sent = await send_card(clickable)
    card = {**CARDS["text_notice"], "replace_text": "已转派"}
    answer = await update(clickable, sent["response_code"], atall=1, template_card=card)
    assert answer["errcode"] == 0
    [message] = await clickable.messages()
    assert set(message["cards"]) == {"zhangshifu", "liushifu"}
    assert message["cards"]["liushifu"]["replaced_card"] == CARDS["text_notice"]


async def test_setting_a_callback_url_checks_that_it_answers_the_echo(
    wecom: WecomServer, receiver: CallbackReceiver
) -> None:
    body = {"url": receiver.url, "token": TOKEN, "aes_key": AES_KEY}
    await wecom.admin(f"apps/{AGENTID}/callback", body, method="PUT")
    wrong_key = {**body, "aes_key": AES_KEY[::-1]}
    refused = await wecom.http.put(f"/_sim/apps/{AGENTID}/callback", json=wrong_key)
    assert refused.status_code == 422
    assert "not the decrypted echostr" in refused.json()["detail"]
