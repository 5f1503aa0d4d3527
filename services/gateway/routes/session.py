"""Logging in and out, tokens for programs, local accounts."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from kit.errors import NotFound, PermissionDenied
from kit.ids import new_id
from services.gateway import store
from services.gateway.auth import SESSION_COOKIE, Caller, CallerOf, log_in, log_out, play
from services.gateway.edge import Edge, EdgeOf
from services.gateway.passwords import csrf_token, hash_password, new_token, token_hash
from services.gateway.tables import ApiTokenRow, LocalAccountRow

session = APIRouter(prefix="/session", tags=["session 登录"])
api_tokens = APIRouter(prefix="/api-tokens", tags=["session 登录"])
local_accounts = APIRouter(prefix="/local-accounts", tags=["session 登录"])


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Login(_Body):
    """Either a login name with its password or, on a development stack, whom to play."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"login_name": "li.sheji", "password": "…"}]},
    )

    login_name: str = Field("", max_length=64)
    password: str = Field("", max_length=256)
    person_id: str = Field("", max_length=64)

    @model_validator(mode="after")
    def _one_way(self) -> Login:
        if bool(self.person_id) == bool(self.login_name and self.password):
            raise ValueError("give login_name and password, or person_id on a development stack")
        return self


class Session(BaseModel):
    """Who calls, and what a page must send with its changes."""

    person_id: str
    roles: list[str]
    region_adcodes: list[str]
    outlet_id: str
    csrf_token: str = Field(description="Send it as X-CSRF-Token; empty for bearer tokens")
    plays: bool = Field(description="Somebody plays this person on a development stack")


class NewToken(_Body):
    """What a token is for, and how long it lives."""

    label: str = Field(min_length=1, max_length=100, examples=["nightly import"])
    lifetime_days: int = Field(90, ge=1, le=366)


class ApiToken(BaseModel):
    """A token without its secret."""

    token_id: str
    label: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


class MadeToken(ApiToken):
    """A new token; the only time its secret is shown."""

    token: str


class Account(_Body):
    """Whose account it is, and its password."""

    person_id: str = Field(min_length=1, max_length=64, examples=["li_sheji"])
    password: str = Field(min_length=10, max_length=256)


@session.post("", summary="Log in; sets the session cookie")
async def open_session(body: Login, request: Request, response: Response, edge: EdgeOf) -> Session:
    """By password, or by choosing a person on a development stack."""
    refuse_other_sites(request)
    if body.person_id:
        token = await play(edge, body.person_id)
    else:
        token = await log_in(edge, body.login_name, body.password)
    set_cookie(response, edge, token)
    async with edge.database.transaction(read_only=True) as transaction:
        row = await store.live_session(transaction, token_hash(token), edge.clock.now())
    assert row is not None  # opened above
    actor = await edge.people.actor(row.person_id, origin="console")
    return _session(Caller(actor, plays=bool(body.person_id), csrf=csrf_token(token)))


@session.get("", summary="Who am I")
async def show_session(caller: CallerOf) -> Session:
    """The person whom this request is served for."""
    return _session(caller)


@session.delete("", summary="Log out", status_code=204)
async def end_session(
    request: Request, response: Response, edge: EdgeOf, _caller: CallerOf
) -> None:
    """Forget the session of the cookie."""
    await log_out(edge, request.cookies.get(SESSION_COOKIE, ""))
    response.delete_cookie(SESSION_COOKIE)


@api_tokens.get("", summary="My tokens")
async def list_tokens(edge: EdgeOf, caller: CallerOf) -> list[ApiToken]:
    """Without their secrets."""
    async with edge.database.transaction(read_only=True) as transaction:
        rows = await store.tokens_of(transaction, caller.actor.person_id)
    return [ApiToken.model_validate(row, from_attributes=True) for row in rows]


@api_tokens.post("", summary="A new token; its secret is shown this once", status_code=201)
async def make_token(body: NewToken, edge: EdgeOf, caller: CallerOf) -> MadeToken:
    """For a program that acts in the caller's name. It takes no key: each call makes a secret."""
    now = edge.clock.now()
    token = new_token("gdt")
    row = ApiTokenRow(
        token_id=new_id("at", now),
        token_hash=token_hash(token),
        person_id=caller.actor.person_id,
        label=body.label,
        created_at=now,
        expires_at=now + timedelta(days=body.lifetime_days),
        revoked_at=None,
    )
    async with edge.database.transaction() as transaction:
        await store.add_token(transaction, row)
    plain = ApiToken.model_validate(row, from_attributes=True).model_dump()
    return MadeToken(token=token, **plain)


@api_tokens.delete("/{token_id}", summary="Revoke a token", status_code=204)
async def revoke_token(token_id: str, edge: EdgeOf, caller: CallerOf) -> None:
    """From now on it opens nothing."""
    async with edge.database.transaction() as transaction:
        revoked = await store.revoke_token(
            transaction, token_id, caller.actor.person_id, edge.clock.now()
        )
    if not revoked:
        raise NotFound("API_TOKEN_UNKNOWN", "you have no such living token", field="token_id")


@local_accounts.put("/{login_name}", summary="Create or change a local account", status_code=204)
async def put_account(
    login_name: Annotated[str, Path(pattern="^[a-z0-9][a-z0-9._@-]{0,63}$")],
    body: Account,
    edge: EdgeOf,
    caller: CallerOf,
) -> None:
    """For stacks without a company login; administrators only."""
    if not caller.actor.has_role("admin"):
        raise PermissionDenied("ROLE_REQUIRED", "only an administrator gives out accounts")
    await edge.people.actor(body.person_id, origin=caller.actor.origin)
    row = LocalAccountRow(
        login_name=login_name,
        person_id=body.person_id,
        password_hash=await asyncio.to_thread(hash_password, body.password),
        changed_at=edge.clock.now(),
        changed_by_person_id=caller.actor.person_id,
    )
    async with edge.database.transaction() as transaction:
        await store.put_account(transaction, row)


def set_cookie(response: Response, edge: Edge, token: str) -> None:
    """Give the browser its session."""
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=int(edge.settings.session_lifetime.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=not edge.settings.development,
    )


def refuse_other_sites(request: Request) -> None:
    """Nobody is logged in by a page that is not ours.

    Raises:
        PermissionDenied: ``CROSS_SITE_LOGIN``.
    """
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        raise PermissionDenied("CROSS_SITE_LOGIN", "log in from a page of this site")


def _session(caller: Caller) -> Session:
    return Session(
        person_id=caller.actor.person_id,
        roles=sorted(caller.actor.roles),
        region_adcodes=list(caller.actor.region_adcodes),
        outlet_id=caller.actor.outlet_id,
        csrf_token=caller.csrf,
        plays=caller.plays,
    )


ROUTERS: Final = (session, api_tokens, local_accounts)
