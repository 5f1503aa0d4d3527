"""`/_sim/…`: what a test or a curious person may do to the company."""

from dataclasses import asdict
from typing import Literal

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from simulators.wecom.callbacks import CallbackEngine, UrlCheckFailed
from simulators.wecom.company import Company
from simulators.wecom.crypto import SealError
from simulators.wecom.events import ClickRefused, Tap, card_event
from simulators.wecom.faults import Fault
from simulators.wecom.state import App, CallbackTarget, Json


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Advance(_Body):
    """How far to move the clock."""

    seconds: float = Field(ge=0)


class Click(_Body):
    """A tap on a card's button, menu entry or submit button."""

    msgid: str
    key: str
    selected: dict[str, list[str]] = {}


class Callback(_Body):
    """Where an app's events shall go."""

    url: str
    token: str = Field(min_length=1, max_length=32)
    aes_key: str = Field(min_length=43, max_length=43)


class KnobChanges(_Body):
    """Settings to change; those left out stay."""

    strict_cards: bool | None = None
    callback_retry_seconds: float | None = Field(default=None, ge=0)
    callback_timeout_seconds: float | None = Field(default=None, gt=0)
    token_ttl: float | None = Field(default=None, gt=0)
    rotate_on_fetch: bool | None = None
    bad_secret_ban_after: int | None = Field(default=None, ge=1)


def router(company: Company, engine: CallbackEngine) -> APIRouter:
    """The routes of the admin API."""
    routes = APIRouter(prefix="/_sim")
    _clock_and_faults(routes, company)
    _apps(routes, company, engine)
    _readings(routes, company)
    _people(routes, company, engine)
    return routes


def _clock_and_faults(routes: APIRouter, company: Company) -> None:
    @routes.get("/clock")
    async def clock() -> Json:
        return {"now": company.clock.now()}

    @routes.post("/clock/advance")
    async def advance(body: Advance) -> Json:
        company.advance_clock(body.seconds)
        return {"now": company.clock.now()}

    @routes.post("/faults")
    async def add_fault(fault: Fault) -> list[Fault]:
        company.faults.pending.append(fault)
        return company.faults.pending

    @routes.delete("/faults")
    async def clear_faults() -> None:
        company.faults.pending.clear()

    @routes.post("/knobs")
    async def knobs(body: KnobChanges) -> Json:
        changes = body.model_dump(exclude_none=True)
        for name, value in changes.items():
            owner = company.knobs if hasattr(company.knobs, name) else company.tokens
            setattr(owner, "ttl" if name == "token_ttl" else name, value)
        return changes

    @routes.post("/reset")
    async def reset() -> None:
        company.reset()


def _apps(routes: APIRouter, company: Company, engine: CallbackEngine) -> None:
    @routes.post("/tokens/{agentid}/{change}")
    async def token(agentid: int, change: Literal["expire", "revoke"]) -> None:
        app = _app(company, agentid)
        if change == "expire":
            company.tokens.expire_now(app.agentid, company.clock.now())
        else:
            company.tokens.revoke(app.agentid)

    @routes.put("/apps/{agentid}/callback")
    async def callback(agentid: int, body: Callback) -> None:
        app = _app(company, agentid)
        target = CallbackTarget(body.url, body.token, body.aes_key)
        try:
            await engine.check_url(target)
        except (UrlCheckFailed, SealError) as error:
            raise HTTPException(422, str(error)) from error
        app.callback = target

    @routes.put("/apps/{agentid}/enabled")
    async def enabled(agentid: int, enabled: bool) -> None:
        _app(company, agentid).enabled = enabled


def _readings(routes: APIRouter, company: Company) -> None:
    @routes.get("/messages")
    async def messages(userid: str | None = None, after: int = 0) -> list[Json]:
        return [
            asdict(message)
            for message in company.messages.values()
            if message.id > after and (userid is None or userid.lower() in message.recipients)
        ]

    @routes.get("/callbacks")
    async def callbacks() -> list[Json]:
        return [asdict(record) for record in company.callbacks]

    @routes.get("/calls")
    async def calls() -> dict[str, int]:
        return dict(company.api_calls)


def _people(routes: APIRouter, company: Company, engine: CallbackEngine) -> None:
    @routes.post("/users/{userid}/click")
    async def click(userid: str, body: Click) -> Json:
        if company.member(userid) is None:
            raise HTTPException(404, "userid: no such member")
        tap = Tap(userid.lower(), body.msgid, body.key, body.selected)
        try:
            message, plaintext = card_event(company, tap)
        except ClickRefused as refusal:
            raise HTTPException(409, str(refusal)) from refusal
        app = company.apps[message.agentid]
        if app.callback is None:
            raise HTTPException(409, "the app has no callback url")
        return asdict(engine.fire(app, plaintext))


def _app(company: Company, agentid: int) -> App:
    app = company.apps.get(agentid)
    if app is None:
        raise HTTPException(404, "agentid: no such app")
    return app
