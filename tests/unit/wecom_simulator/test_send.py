import json

import pytest

from simulators.wecom.seed import AGENTID, MEMBERS
from tests.wecom_server import WecomServer

TEXT = {"msgtype": "text", "text": {"content": "你好"}}


async def test_a_text_reaches_its_member(wecom: WecomServer) -> None:
    answer = await wecom.send(touser="LiSheJi", **TEXT)
    [message] = await wecom.messages()
    assert (answer["errcode"], answer["errmsg"]) == (0, "ok")
    assert answer["msgid"] == message["msgid"]
    assert message["delivered"] == ["lisheji"]
    assert message["content"] == {"content": "你好"}


async def test_only_the_unknown_member_of_two_is_named_in_lower_case(wecom: WecomServer) -> None:
    answer = await wecom.send(touser="Nobody|lisheji", **TEXT)
    assert answer["errcode"] == 0
    assert answer["invaliduser"] == "nobody"
    assert "invalidparty" not in answer
    [message] = await wecom.messages()
    assert message["delivered"] == ["lisheji"]


async def test_departments_tags_and_everyone_are_resolved(wecom: WecomServer) -> None:
    await wecom.send(toparty="4|99", totag="1", **TEXT)
    await wecom.send(touser="@all", toparty="99", **TEXT)
    some, everyone = await wecom.messages()
    assert sorted(some["delivered"]) == ["chenzhuguan", "liushifu", "zhangshifu", "zhaozongjian"]
    assert some["invalid"] == {"invalidparty": "99"}
    assert len(everyone["delivered"]) == len(MEMBERS)


@pytest.mark.parametrize(
    ("fields", "errcode"),
    [
        ({**TEXT}, 82001),
        ({"touser": "nobody", **TEXT}, 81013),
        ({"touser": "|".join(f"u{n}" for n in range(1001)), **TEXT}, 40032),
        ({"toparty": "|".join(str(n) for n in range(101)), **TEXT}, 82002),
        ({"totag": "|".join(str(n) for n in range(101)), **TEXT}, 82003),
        ({"touser": "lisheji", "msgtype": "fax"}, 40008),
        ({"touser": "lisheji", "msgtype": "text", "text": {"content": ""}}, 44004),
        ({"touser": "lisheji", "msgtype": "markdown", "markdown": {"content": "中" * 683}}, 45002),
        ({"touser": "lisheji", **TEXT, "agentid": 1000003}, 40056),
        ({"touser": "lisheji", **TEXT, "agentid": None}, 41011),
        ({"touser": "lisheji", **TEXT, "duplicate_check_interval": 14401}, 40058),
    ],
)
async def test_a_wrong_message_is_refused_with_its_code(
    wecom: WecomServer, fields: dict[str, object], errcode: int
) -> None:
    assert (await wecom.send(**fields))["errcode"] == errcode
    assert await wecom.messages() == []


@pytest.mark.parametrize(
    ("card", "errcode"),
    [
        ({"description": "d", "url": "https://x"}, 41016),
        ({"title": "t", "url": "https://x"}, 41033),
        ({"title": "t", "description": "d", "url": "x.example"}, 45034),
        ({"title": "t", "description": "d", "url": "https://x/" + "y" * 2048}, 40039),
    ],
)
async def test_a_text_card_needs_title_description_and_a_link(
    wecom: WecomServer, card: dict[str, str], errcode: int
) -> None:
    answer = await wecom.send(touser="lisheji", msgtype="textcard", textcard=card)
    assert answer["errcode"] == errcode


async def test_a_long_text_is_cut_at_whole_characters(wecom: WecomServer) -> None:
    await wecom.send(touser="lisheji", msgtype="text", text={"content": "中" * 700})
    [message] = await wecom.messages()
    assert message["content"] == {"content": "中" * 682}
    assert message["lint"] == ["content: cut at 2048 bytes"]


async def test_an_agentid_given_as_text_is_accepted(wecom: WecomServer) -> None:
    answer = await wecom.send(agentid=str(AGENTID), touser="lisheji", **TEXT)
    assert answer["errcode"] == 0


async def test_escaped_characters_are_refused(wecom: WecomServer) -> None:
    escaped = json.dumps({"agentid": AGENTID, "touser": "lisheji", **TEXT}).encode()
    assert b"\\u4f60" in escaped
    assert (await wecom.call("message/send", escaped))["errcode"] == 40033


async def test_the_same_bytes_within_the_interval_are_shown_once(wecom: WecomServer) -> None:
    checked = {**TEXT, "enable_duplicate_check": 1, "duplicate_check_interval": 60}
    first = await wecom.send(touser="lisheji", **checked)
    again = await wecom.send(touser="lisheji", **checked)
    await wecom.advance(61)
    later = await wecom.send(touser="lisheji", **checked)
    assert [first["errcode"], again["errcode"], later["errcode"]] == [0, 0, 0]
    assert again["msgid"] != first["msgid"]
    messages = await wecom.messages()
    assert [message["dropped_duplicate"] for message in messages] == [False, True, False]
    assert [message["delivered"] for message in messages] == [["lisheji"], [], ["lisheji"]]


async def test_without_the_check_the_same_bytes_come_twice(wecom: WecomServer) -> None:
    for _ in range(2):
        await wecom.send(touser="lisheji", **TEXT)
    assert [message["delivered"] for message in await wecom.messages()] == [["lisheji"]] * 2


async def test_the_thirty_first_message_in_a_minute_vanishes_silently(wecom: WecomServer) -> None:
    token = await wecom.token()
    body = {"agentid": AGENTID, "touser": "lisheji|wangxiaomei", **TEXT}
    for _ in range(30):
        await wecom.call("message/send", {**body, "touser": "lisheji"}, token)
    answer = await wecom.call("message/send", body, token)
    assert answer["errcode"] == 0
    last = (await wecom.messages())[-1]
    assert (last["delivered"], last["dropped_rate"]) == (["wangxiaomei"], ["lisheji"])
    await wecom.advance(60)
    await wecom.call("message/send", body, token)
    assert (await wecom.messages())[-1]["dropped_rate"] == []


async def test_a_type_that_is_not_simulated_says_so(wecom: WecomServer) -> None:
    answer = await wecom.http.post(
        "/cgi-bin/message/send",
        params={"access_token": await wecom.token()},
        json={"agentid": AGENTID, "touser": "lisheji", "msgtype": "image"},
    )
    assert answer.status_code == 501
    assert answer.text == "SIMULATOR: msgtype image is not simulated"


async def test_a_recalled_message_is_marked_and_too_old_a_one_stays(wecom: WecomServer) -> None:
    msgid = (await wecom.send(touser="lisheji", **TEXT))["msgid"]
    old = (await wecom.send(touser="lisheji", **TEXT))["msgid"]
    assert (await wecom.call("message/recall", {"msgid": msgid}))["errcode"] == 0
    await wecom.advance(24 * 3600 + 1)
    assert (await wecom.call("message/recall", {"msgid": old}))["errcode"] == 42052
    recalled, kept = await wecom.messages()
    assert recalled["recalled_at"] is not None
    assert kept["recalled_at"] is None


async def test_a_member_can_be_looked_up(wecom: WecomServer) -> None:
    token = await wecom.token()
    found, unknown = [
        (
            await wecom.http.get(
                "/cgi-bin/user/get", params={"access_token": token, "userid": userid}
            )
        ).json()
        for userid in ("zhangshifu", "nobody")
    ]
    assert found["name"] == "张师傅"
    assert unknown["errcode"] == 60111
