import json

from services.notify.domain.delivery import Outgoing
from services.notify.domain.template import MessageForm
from services.notify.wecom.bodies import compose

PUBLIC_URL = "https://work.example"


def outgoing(form: MessageForm, **changed: str) -> Outgoing:
    fields = {
        "delivery_id": "de_1",
        "wecom_userid": "zhangshifu",
        "title": "新工单",
        "body": "# ¥1,280.00 预计收益\n时间：明天\n请尽快回复",
        "url": "/work-orders/1",
        **changed,
    }
    return Outgoing(form=form, **fields)


def composed(message: Outgoing) -> dict[str, object]:
    body = json.loads(compose(message, 1000002, PUBLIC_URL))
    assert isinstance(body, dict)
    return body


def test_a_notice_card_shows_figure_rows_and_text() -> None:
    card = composed(outgoing(MessageForm.NOTICE_CARD))["template_card"]
    assert card == {
        "card_type": "text_notice",
        "source": {"desc": "工单", "desc_color": 0},
        "main_title": {"title": "新工单"},
        "emphasis_content": {"title": "¥1,280.00", "desc": "预计收益"},
        "horizontal_content_list": [{"keyname": "时间", "value": "明天"}],
        "sub_title_text": "请尽快回复",
        "card_action": {"type": 1, "url": "https://work.example/work-orders/1"},
        "task_id": "de_1",
    }


def test_a_text_card_opens_a_page_of_ours() -> None:
    card = composed(outgoing(MessageForm.TEXTCARD, body="明天上门"))["textcard"]
    assert card == {
        "title": "新工单",
        "description": "明天上门",
        "url": "https://work.example/work-orders/1",
    }


def test_a_long_text_keeps_its_link() -> None:
    text = composed(outgoing(MessageForm.TEXT, body="长" * 900))["text"]
    assert isinstance(text, dict)
    assert len(text["content"].encode()) <= 2048
    assert text["content"].endswith('<a href="https://work.example/work-orders/1">查看详情</a>')


def test_what_a_phone_would_cut_is_cut_with_a_mark() -> None:
    card = composed(outgoing(MessageForm.NOTICE_CARD, title="题" * 40))["template_card"]
    assert isinstance(card, dict)
    assert card["main_title"]["title"] == "题" * 35 + "…"


def test_no_escape_that_wecom_refuses_is_written() -> None:
    raw = compose(outgoing(MessageForm.TEXT, body="换行\n铃\x07"), 1000002, PUBLIC_URL)
    assert b"\\u" not in raw
    assert "换行\\n铃" in raw.decode()


def test_two_equal_messages_differ_in_bytes_and_a_repetition_does_not() -> None:
    first, second = (outgoing(MessageForm.TEXT, delivery_id=one) for one in ("de_1", "de_2"))
    assert compose(first, 1000002, PUBLIC_URL) != compose(second, 1000002, PUBLIC_URL)
    assert compose(first, 1000002, PUBLIC_URL) == compose(first, 1000002, PUBLIC_URL)
