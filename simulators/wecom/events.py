"""The XML of events: what a tap on a card tells the app."""

from dataclasses import dataclass
from xml.sax.saxutils import escape

from simulators.wecom.card_kinds import callback_keys
from simulators.wecom.company import Company
from simulators.wecom.state import Message


class ClickRefused(Exception):
    """A tap that a phone would not allow, with the reason."""


@dataclass(frozen=True)
class Tap:
    """A member's tap on a key of a card, with what they ticked."""

    userid: str
    msgid: str
    key: str
    selected: dict[str, list[str]]


def card_event(company: Company, tap: Tap) -> tuple[Message, str]:
    """The event's plaintext; grants a response code to change the card with."""
    message = company.messages.get(tap.msgid)
    if message is None or tap.userid not in message.delivered or message.recalled_at:
        raise ClickRefused("msgid: this member has no such message")
    state = message.cards.get(tap.userid)
    card = (state.replaced_card if state else None) or message.content
    if state and state.replaced_button:
        raise ClickRefused("msgid: the card's buttons are no longer alive")
    event = callback_keys(card).get(tap.key) if message.msgtype == "template_card" else None
    if event is None:
        raise ClickRefused("key: the card has no such button")
    return message, _xml(
        ("ToUserName", _cdata(company.corpid)),
        ("FromUserName", _cdata(tap.userid)),
        ("CreateTime", str(int(company.clock.now()))),
        ("MsgType", _cdata("event")),
        ("Event", _cdata(event)),
        ("EventKey", _cdata(tap.key)),
        ("TaskId", _cdata(str(card.get("task_id") or message.content.get("task_id")))),
        ("CardType", _cdata(str(card["card_type"]))),
        ("ResponseCode", _cdata(company.new_response_code(message).code)),
        ("AgentID", str(message.agentid)),
        ("SelectedItems", _selected(tap.selected)),
    )


def _xml(*fields: tuple[str, str]) -> str:
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in fields if value)
    return f"<xml>{inner}</xml>"


def _cdata(value: str) -> str:
    # A CDATA section cannot hold its own end mark: split it over two.
    return f"<![CDATA[{value.replace(']]>', ']]]]><![CDATA[>')}]]>"


def _selected(selected: dict[str, list[str]]) -> str:
    items = (
        f"<SelectedItem><QuestionKey>{escape(question)}</QuestionKey><OptionIds>"
        + "".join(f"<OptionId>{escape(option)}</OptionId>" for option in options)
        + "</OptionIds></SelectedItem>"
        for question, options in selected.items()
    )
    return "".join(items)
