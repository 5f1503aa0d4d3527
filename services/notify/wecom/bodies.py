"""Our messages as WeCom shows them, cut to what a phone displays."""

import json
from typing import Any, Final

from services.notify.domain.delivery import DUPLICATE_WINDOW, Outgoing
from services.notify.domain.notice import lay_out
from services.notify.domain.template import MessageForm

_TEXT_BYTES: Final = 2048


def compose(outgoing: Outgoing, agent_id: int, public_url: str) -> bytes:
    """The body of ``message/send`` for one member.

    WeCom shows the same bytes once within the duplicate window, so the delivery's id makes two
    equal messages differ while a repetition of one stays the same.
    """
    content = _CONTENTS[outgoing.form](outgoing, public_url)
    body = {
        "touser": outgoing.wecom_userid,
        "agentid": agent_id,
        **content,
        "enable_duplicate_check": 1,
        "duplicate_check_interval": int(DUPLICATE_WINDOW.total_seconds()),
        "delivery_id": outgoing.delivery_id,
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _text(outgoing: Outgoing, public_url: str) -> dict[str, Any]:
    link = f'\n<a href="{_link(outgoing, public_url)}">查看详情</a>' if outgoing.url else ""
    words = _clean(f"{outgoing.title}\n{outgoing.body}").encode()
    shown = words[: _TEXT_BYTES - len(link.encode())].decode(errors="ignore")
    return {"msgtype": "text", "text": {"content": shown + link}}


def _textcard(outgoing: Outgoing, public_url: str) -> dict[str, Any]:
    card = {
        "title": _cut(outgoing.title, 128),
        "description": _cut(outgoing.body or outgoing.title, 512),
        "url": _link(outgoing, public_url),
    }
    return {"msgtype": "textcard", "textcard": card}


def _notice_card(outgoing: Outgoing, public_url: str) -> dict[str, Any]:
    notice = lay_out(_clean(outgoing.body))
    card: dict[str, Any] = {
        "card_type": "text_notice",
        "source": {"desc": "工单", "desc_color": 0},
        "main_title": {"title": _cut(outgoing.title, 36)},
        "card_action": {"type": 1, "url": _link(outgoing, public_url)},
        "task_id": outgoing.delivery_id,
    }
    if notice.figure:
        card["emphasis_content"] = {
            "title": _cut(notice.figure, 14),
            "desc": _cut(notice.caption, 22),
        }
    if notice.text:
        card["sub_title_text"] = _cut(notice.text, 160)
    if notice.rows:
        card["horizontal_content_list"] = [
            {"keyname": name, "value": _cut(value, 30)} for name, value in notice.rows
        ]
    return {"msgtype": "template_card", "template_card": card}


_CONTENTS: Final = {
    MessageForm.TEXT: _text,
    MessageForm.TEXTCARD: _textcard,
    MessageForm.NOTICE_CARD: _notice_card,
}


def _link(outgoing: Outgoing, public_url: str) -> str:
    """An address that starts with / is a page of ours."""
    return f"{public_url}{outgoing.url}" if outgoing.url.startswith("/") else outgoing.url


def _cut(text: str, limit: int) -> str:
    shown = _clean(text)
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"


def _clean(text: str) -> str:
    """Without control characters, which JSON could only write as escapes that WeCom refuses."""
    return "".join(character for character in text if character >= " " or character == "\n")
