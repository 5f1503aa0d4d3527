"""The page at `/`: every member's phone side by side, live."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader

from simulators.wecom import rendering
from simulators.wecom.card_kinds import callback_keys
from simulators.wecom.company import Company
from simulators.wecom.state import CardState, Json, Member, Message

_HERE = Path(__file__).parent
_SHANGHAI = ZoneInfo("Asia/Shanghai")
_SHOWN = 40  # a phone opens on its newest messages
_WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True)
class Bubble:
    """One message on one phone."""

    message: Message
    time: str
    app_name: str
    card: Json
    replaced_button: str
    live_keys: frozenset[str]


@dataclass(frozen=True)
class Phone:
    """One member's screen."""

    member: Member
    version: int
    count: int
    lost: int  # messages that the frequency limit swallowed
    days: list[tuple[str, list[Bubble]]]


def router(company: Company) -> APIRouter:
    """The page, its fragment of phones, and its assets."""
    routes = APIRouter()
    templates = Environment(loader=FileSystemLoader(_HERE / "templates"), autoescape=True)
    templates.filters |= {
        "chat_text": rendering.text,
        "card_text": rendering.card_text,
        "markdown": rendering.markdown,
    }
    routes.mount("/static", StaticFiles(directory=_HERE / "static"), name="static")

    @routes.get("/", response_class=HTMLResponse)
    async def page() -> str:
        return templates.get_template("page.html").render(_view(company))

    @routes.get("/phones")
    async def phones(request: Request) -> Response:
        """The phones alone; 304 when nothing has changed since the page's copy."""
        tag = f'"{company.revision}"'
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={"ETag": tag})
        html = templates.get_template("phones.html").render(_view(company))
        return HTMLResponse(html, headers={"ETag": tag})

    return routes


def _view(company: Company) -> Json:
    now = _local(company.clock.now())
    return {
        "phones": [_phone(company, member, now) for member in company.members.values()],
        "corpid": company.corpid,
        "now": f"{now:%m月%d日} 周{_WEEKDAYS[now.weekday()]} {now:%H:%M}",
        "clock_shifted": company.clock.offset > 0,
        "tag": f'"{company.revision}"',
        "faults": [fault.model_dump(exclude_defaults=True) for fault in company.faults.pending],
    }


def _phone(company: Company, member: Member, now: dt.datetime) -> Phone:
    chat = company.chats.get(member.userid, [])
    bubbles = [_bubble(company, member, message) for message in chat[-_SHOWN:]]
    return Phone(
        member=member,
        version=company.chat_versions.get(member.userid, 0),
        count=len(chat),
        lost=company.lost.get(member.userid, 0),
        days=list(_by_day(bubbles, now.date())),
    )


def _bubble(company: Company, member: Member, message: Message) -> Bubble:
    state = message.cards.get(member.userid) or CardState()
    card = state.replaced_card or message.content
    is_card = message.msgtype == "template_card"
    return Bubble(
        message=message,
        time=f"{_local(message.sent_at):%H:%M}",
        app_name=company.apps[message.agentid].name,
        card=card,
        replaced_button=state.replaced_button,
        live_keys=frozenset(callback_keys(card))
        if is_card and not state.replaced_button
        else frozenset(),
    )


def _by_day(bubbles: list[Bubble], today: dt.date) -> Iterator[tuple[str, list[Bubble]]]:
    days = groupby(bubbles, key=lambda bubble: _local(bubble.message.sent_at).date())
    for day, of_day in days:
        yield _day_name(day, today), list(of_day)


def _day_name(day: dt.date, today: dt.date) -> str:
    if day == today:
        return "今天"
    if day == today - dt.timedelta(days=1):
        return "昨天"
    return f"{day.month}月{day.day}日 周{_WEEKDAYS[day.weekday()]}"


def _local(instant: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(instant, _SHANGHAI)
