"""What every page shares: templates, the visitor, the language, words and numbers for people."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import quote

import grpc
from fastapi import Depends, FastAPI, Request
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from kit.clock import SHANGHAI
from kit.errors import PermissionDenied, ServiceError
from kit.money import Money
from kit.rpc.convert import instant_from_proto
from protos.common.v1 import money_pb2
from services.gateway.auth import Caller, admit, require_csrf, session_caller
from services.gateway.edge import Edge, EdgeOf
from services.gateway.forms import Typed, typed_of
from services.gateway.transcoding import to_json
from services.gateway.words import enum_term, word
from workflows.client import INCIDENT_ROLES

T = TypeVar("T")

_HERE: Final = Path(__file__).parent
#: How the ids of customers begin.
_CUSTOMER: Final = "cu_"
LANGUAGE_COOKIE: Final = "gongdan_language"

#: Kept between requests: compiled templates.
_templates: Final = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)


class LogInFirst(Exception):
    """A page that needs a visitor we know was asked for without one."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One request for a page."""

    request: Request
    edge: Edge
    caller: Caller
    language: str

    def say(self, chinese: str, english: str) -> str:
        """The words in the visitor's language."""
        return english if self.language == "en" else chinese

    async def page(
        self, template: str, *, status: int = 200, whom: Iterable[str] = (), **more: Any
    ) -> Response:
        """A page for this visitor.

        Args:
            template: its file.
            status: of the answer.
            whom: people on it, customers among them, who are to be called by their names.
            more: what the template needs.
        """
        customers = {person_id for person_id in whom if person_id.startswith(_CUSTOMER)}
        names = await self.edge.people.names(*sorted(customers))
        me = names.get(self.caller.actor.person_id, self.caller.actor.person_id)
        return page(
            self.request,
            self.edge,
            template,
            self.caller,
            status=status,
            me=me,
            name=lambda person_id: names.get(person_id, person_id),
            **more,
        )

    def channel(self, area: str) -> grpc.aio.Channel:
        """For a generated stub, whose calls are then in the visitor's name."""
        return self.edge.caller.channel(area)

    async def form(self) -> dict[str, str]:
        """The texts of the posted form, once it is known to be from one of our pages."""
        posted = await self.request.form()
        texts = {name: value for name, value in posted.items() if isinstance(value, str)}
        require_csrf(self.caller, texts.pop("csrf_token", ""))
        return texts

    async def chosen(self, name: str) -> tuple[str, ...]:
        """All that was chosen under one name of the posted form."""
        posted = await self.request.form()
        texts = (text for text in posted.getlist(name) if isinstance(text, str))
        return tuple(dict.fromkeys(text for text in texts if text))

    async def typed(self) -> dict[str, Typed]:
        """What was typed into the fields of the posted form, which are called ``f.…``."""
        posted = await self.request.form()
        return typed_of(
            (name.removeprefix("f."), text)
            for name, text in posted.multi_items()
            if name.startswith("f.") and isinstance(text, str)
        )


async def visit(request: Request, edge: EdgeOf) -> Visit:
    """Who looks, or off to the login page."""
    try:
        caller = await session_caller(request, edge)
    except ServiceError as error:
        if error.retryable:
            raise
        caller = None  # the session's person has left
    if caller is None:
        raise LogInFirst
    await admit(request, edge, caller)
    return Visit(request, edge, caller, language_of(request))


VisitOf = Annotated[Visit, Depends(visit)]


def language_of(request: Request) -> str:
    """Chinese, unless the visitor switched."""
    chosen = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
    return "en" if chosen == "en" else "zh"


def page(
    request: Request,
    edge: Edge,
    template: str,
    caller: Caller | None = None,
    *,
    status: int = 200,
    **more: Any,
) -> Response:
    """Render a template with what all of them need."""
    language = language_of(request)
    html = _templates.get_template(template).render(
        t=lambda chinese, english: english if language == "en" else chinese,
        word=lambda term: word(term, language),
        state=lambda message, field="state": state_chip(message, field, language),
        language=language,
        other_language=_switched(request, language),
        caller=caller,
        settings=edge.settings,
        moment=lambda instant: moment(instant, edge.clock.now(), language),
        path=request.url.path,
        incident_roles=INCIDENT_ROLES,
        **more,
    )
    response = HTMLResponse(html, status)
    if request.query_params.get("lang") in ("zh", "en"):
        response.set_cookie(LANGUAGE_COOKIE, language, max_age=31_536_000, samesite="lax")
    return response


def back_to(path: str) -> Response:
    """After a change, look at it."""
    return RedirectResponse(path, status_code=303)


async def if_allowed(asking: Awaitable[T]) -> T | None:
    """The answer, or None where whoever asks may not know or the service is away."""
    try:
        return await asking
    except PermissionDenied:
        return None
    except ServiceError as error:
        if error.retryable:
            return None  # the rest of the page is worth showing
        raise


def own_path(path: str) -> str:
    """A path of ours to go to, and nothing else: ``//elsewhere`` would leave the site."""
    return path if path.startswith("/") and path[1:2] not in ("/", "\\") else "/"


def mount_assets(app: FastAPI) -> None:
    """Style and script, and the way to the login page."""
    app.mount("/static", StaticFiles(directory=_HERE / "static"), name="static")

    async def log_in_first(request: Request, _error: Exception) -> Response:
        wanted = request.url.path if request.method == "GET" else "/"
        return back_to(f"/login?next={quote(wanted)}")

    app.add_exception_handler(LogInFirst, log_in_first)


def problem_page(request: Request, error: ServiceError, status: int) -> Response:
    """What went wrong, for people."""
    edge: Edge = request.app.state.edge
    return page(request, edge, "problem.html", status=status, problem=error)


def money(amount: money_pb2.Money) -> Markup:
    """An amount with tabular figures; what takes away is marked."""
    if not amount.currency:
        return Markup("")
    written = str(Money(amount.currency, amount.amount_minor)).replace("-", "−")
    lost = " lost" if amount.amount_minor < 0 else ""
    return Markup('<span class="money{}">{}</span>').format(lost, written)


def plain(message: Message) -> str:
    """A struct as its JSON."""
    return json.dumps(to_json(message), ensure_ascii=False)


def moment(instant: Timestamp, now: datetime, language: str = "zh") -> Markup:
    """How long ago or how soon, with the exact instant behind it."""
    if not instant.seconds:
        return Markup("")
    at = instant_from_proto(instant)
    exact = f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.isoformat(), exact, _relative(at - now, at, language)
    )


def _relative(distance: timedelta, at: datetime, language: str) -> str:
    minutes = round(abs(distance).total_seconds() / 60)
    if minutes >= 24 * 60:
        return f"{at.astimezone(SHANGHAI):%m-%d %H:%M}"
    if minutes == 0:
        return "now" if language == "en" else "刚刚"
    amount, unit_zh, unit_en = (
        (minutes, "分钟", "min") if minutes < 60 else (round(minutes / 60), "小时", "h")
    )
    if language == "en":
        return f"in {amount} {unit_en}" if distance > timedelta() else f"{amount} {unit_en} ago"
    return f"{amount} {unit_zh}{'后' if distance > timedelta() else '前'}"


#: Which states are good news, under way or bad: colour, word and shape together.
_TONES: Final = {
    "CASE_STATE_RUNNING": "busy",
    "CASE_STATE_COMPLETED": "good",
    "CASE_STATE_INCIDENT": "bad",
    "NODE_PROGRESS_ACTIVE": "busy",
    "NODE_PROGRESS_DONE": "good",
    "WORK_ORDER_STATE_OFFERED": "busy",
    "WORK_ORDER_STATE_ACCEPTED": "busy",
    "WORK_ORDER_STATE_SCHEDULED": "busy",
    "WORK_ORDER_STATE_IN_PROGRESS": "busy",
    "WORK_ORDER_STATE_COMPLETED": "busy",
    "WORK_ORDER_STATE_ACCEPTED_BY_CUSTOMER": "good",
    "EARNING_STATE_LOCKED": "busy",
    "EARNING_STATE_PAYABLE": "busy",
    "EARNING_STATE_PAYING": "busy",
    "EARNING_STATE_PAID": "good",
    "EARNING_STATE_REVERSED": "bad",
    "LEDGER_TRANSFER_STATE_PENDING": "busy",
    "LEDGER_TRANSFER_STATE_POSTED": "good",
    "DELIVERY_STATE_QUEUED": "busy",
    "DELIVERY_STATE_SENT": "good",
    "DELIVERY_STATE_FAILED": "bad",
}


def state_chip(message: Any, field: str, language: str) -> Markup:
    """A state as colour, word and shape."""
    term = enum_term(message, field)
    return Markup('<span class="chip {}">{}</span>').format(
        _TONES.get(term, ""), word(term, language)
    )


def _switched(request: Request, language: str) -> str:
    """This address in the other language."""
    return str(request.url.include_query_params(lang="zh" if language == "en" else "en"))


_templates.filters["money"] = money
_templates.filters["plain"] = plain
