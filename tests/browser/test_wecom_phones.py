from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, expect

from simulators.wecom.crypto import Seal
from simulators.wecom.seed import AGENTID, CORPID, MEMBERS
from tests.unit.wecom_simulator.receiver import CallbackReceiver, callback_receiver
from tests.wecom_server import WecomServer, wecom_server

TOKEN, AES_KEY = "SimToken2026", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
NOTICE = {
    "card_type": "text_notice",
    "main_title": {"title": "超时预警：量房", "desc": "设计师 2 小时未回复"},
    "emphasis_content": {"title": "2 小时", "desc": "已等待"},
    "horizontal_content_list": [{"keyname": "负责人", "value": "李设计"}],
    "card_action": {"type": 1, "url": "https://work.example/cases/1"},
}
OFFER = {
    "card_type": "button_interaction",
    "main_title": {"title": "新工单 WO-1"},
    "task_id": "WO-1",
    "button_list": [{"text": "接单", "key": "accept"}, {"text": "拒单", "style": 3, "key": "no"}],
}


@pytest.fixture
async def wecom() -> AsyncIterator[WecomServer]:
    async with wecom_server() as server:
        yield server


@pytest.fixture
async def receiver() -> AsyncIterator[CallbackReceiver]:
    async with callback_receiver(Seal(TOKEN, AES_KEY, CORPID)) as receiver:
        yield receiver


async def test_every_member_has_a_phone_and_an_empty_one_says_what_will_come(
    wecom: WecomServer, page: Page
) -> None:
    await page.goto(wecom.url)
    await expect(page.get_by_role("note")).to_contain_text("SIMULATOR")
    await expect(page.locator(".phone")).to_have_count(len(MEMBERS))
    phone = page.locator("#phone-zhangshifu")
    await expect(phone).to_contain_text("张师傅")
    await expect(phone).to_contain_text("还没有消息")


async def test_a_message_appears_on_the_open_page_by_itself(wecom: WecomServer, page: Page) -> None:
    await page.goto(wecom.url)
    await wecom.send(touser="chenzhuguan", msgtype="template_card", template_card=NOTICE)
    phone = page.locator("#phone-chenzhuguan")
    await expect(phone.locator(".title")).to_have_text("超时预警：量房")
    await expect(phone.locator(".emphasis b")).to_have_text("2 小时")
    await expect(phone.locator("dl")).to_contain_text("负责人李设计")
    await expect(phone.get_by_role("link", name="查看详情")).to_have_attribute(
        "href", "https://work.example/cases/1"
    )
    await expect(page.locator("#phone-lisheji")).to_contain_text("还没有消息")


async def test_a_hostile_text_is_shown_as_text(wecom: WecomServer, page: Page) -> None:
    hostile = "<img src=x onerror=\"document.title='taken'\">"
    await wecom.send(touser="lisheji", msgtype="text", text={"content": hostile})
    await page.goto(wecom.url)
    await expect(page.locator("#phone-lisheji .bubble")).to_have_text(hostile)
    assert await page.title() == "企业微信沙箱 · SIMULATOR"


async def test_a_tapped_button_tells_the_app_and_is_replaced_when_the_app_says_so(
    wecom: WecomServer, receiver: CallbackReceiver, page: Page
) -> None:
    callback = {"url": receiver.url, "token": TOKEN, "aes_key": AES_KEY}
    await wecom.admin(f"apps/{AGENTID}/callback", callback, method="PUT")
    await wecom.send(touser="zhangshifu", msgtype="template_card", template_card=OFFER)
    await page.goto(wecom.url)
    phone = page.locator("#phone-zhangshifu")
    await phone.get_by_role("button", name="接单").click()
    event = await receiver.next_event()
    assert (event["FromUserName"], event["EventKey"]) == ("zhangshifu", "accept")
    await wecom.call(
        "message/update_template_card",
        {
            "agentid": AGENTID,
            "userids": ["zhangshifu"],
            "response_code": event["ResponseCode"],
            "button": {"replace_name": "已接单"},
        },
    )
    await expect(phone.get_by_role("button", name="已接单")).to_be_disabled()
    await expect(phone.get_by_role("button", name="拒单")).to_have_count(0)


async def test_messages_that_the_limit_swallowed_are_counted_on_the_phone(
    wecom: WecomServer, page: Page
) -> None:
    token = await wecom.token()
    body = {"agentid": AGENTID, "touser": "sunkefu", "msgtype": "text", "text": {"content": "回访"}}
    for _ in range(31):
        await wecom.call("message/send", body, token)
    await page.goto(wecom.url)
    await expect(page.locator("#phone-sunkefu")).to_contain_text("频控丢弃 1")
