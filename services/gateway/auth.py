"""Who calls: a browser's session, a program's token, or the stack's own command line.

    cookie ``gongdan_session``        a session; requests that change something also carry
                                      ``X-CSRF-Token``
    ``Authorization: Bearer gdt_…``   an API token, in its person's name
    ``Authorization: Bearer …``       the bootstrap token of a one-machine stack: an administrator,
                                      who may play anybody with ``X-Gongdan-Act-As: <person_id>``

A person's roles are the directory's at this moment, never the token's. Whatever is done in another
person's name is written down in ``played_role``.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Final

from fastapi import Depends, Request

from kit.authn import Actor
from kit.db.session import current_session
from kit.errors import PermissionDenied, ResourceExhausted, Unauthenticated
from kit.rpc.client import act_for
from services.gateway import store
from services.gateway.edge import Edge, EdgeOf
from services.gateway.origins import browser_and_network
from services.gateway.passwords import (
    csrf_token,
    hash_password,
    new_token,
    password_matches,
    token_hash,
)
from services.gateway.requests import request_id_of
from services.gateway.tables import PlayedRoleRow, SessionRow

SESSION_COOKIE: Final = "gongdan_session"
CSRF_HEADER: Final = "X-CSRF-Token"
ACT_AS_HEADER: Final = "X-Gongdan-Act-As"

#: The administrator behind the bootstrap token, where nobody is played.
BOOTSTRAP: Final = Actor("bootstrap", roles=frozenset({"admin"}), origin="cli")

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@cache
def _nobodys_password() -> str:
    """What an unknown login name is compared with, so that it takes as long as a known one."""
    return hash_password(new_token("nobody"))


@dataclass(frozen=True, slots=True)
class Caller:
    """For whom a request is served.

    Attributes:
        actor: the person its RPCs are made for.
        plays: the caller is not that person but plays them, on somebody's own machine.
        csrf: what a page must send back with a form; empty for tokens.
        origin_detail: which browser and network, or which API token.
    """

    actor: Actor
    plays: bool = False
    csrf: str = ""
    origin_detail: str = ""


async def current_caller(request: Request, edge: EdgeOf) -> Caller:
    """Find out who calls, and make this request's RPCs in their name.

    Raises:
        Unauthenticated: nobody, or nobody we know.
        PermissionDenied: ``CSRF_TOKEN_WRONG`` or ``ACT_AS_NOT_ALLOWED``.
    """
    caller = await _identify(request, edge)
    if caller.csrf and request.method not in _SAFE:
        require_csrf(caller, request.headers.get(CSRF_HEADER, ""))
    await admit(request, edge, caller)
    return caller


async def caller_on(origin: str, request: Request, edge: Edge) -> Caller:
    """Find out who calls from a page of another origin that we trust, or with a token.

    A session is taken only from that very page, whose origin stands in for the CSRF token that it
    cannot know: browsers tell it truly, and let no other page's script send what we read.

    Raises:
        Unauthenticated: nobody, or nobody we know.
        PermissionDenied: ``ORIGIN_NOT_ALLOWED``.
    """
    caller = await _identify(request, edge)
    if caller.csrf and request.headers.get("Origin", "") != origin:
        raise PermissionDenied("ORIGIN_NOT_ALLOWED", f"with a session, only {origin} may ask this")
    await admit(request, edge, caller)
    return caller


CallerOf = Annotated[Caller, Depends(current_caller)]


async def admit(request: Request, edge: Edge, caller: Caller) -> None:
    """Serve the rest of this request in the caller's name, and write down whom they play."""
    if caller.plays and request.method not in _SAFE:
        row = PlayedRoleRow(
            person_id=caller.actor.person_id,
            request_id=request_id_of(request),
            http_method=request.method,
            path=request.url.path,
            played_at=edge.clock.now(),
        )
        async with edge.database.transaction() as session:
            await store.add_played(session, row)
    act_for(caller.actor)


def require_csrf(caller: Caller, given: str) -> None:
    """Refuse a change that was not asked for by one of our own pages."""
    if not hmac.compare_digest(caller.csrf.encode(), given.encode()):
        raise PermissionDenied(
            "CSRF_TOKEN_WRONG",
            f"a session's changes carry its csrf_token in {CSRF_HEADER}; GET /api/v1/session tells it",
            field=CSRF_HEADER,
        )


async def _identify(request: Request, edge: Edge) -> Caller:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return await _bearer(request, edge, token.strip())
    if ACT_AS_HEADER in request.headers:
        raise _may_not_play()
    caller = await session_caller(request, edge)
    if caller is None:
        raise Unauthenticated(
            "LOGIN_REQUIRED", "log in at POST /api/v1/session, or send a bearer token"
        )
    return caller


async def session_caller(request: Request, edge: Edge) -> Caller | None:
    """Who the browser's session belongs to; None without a living one."""
    token = request.cookies.get(SESSION_COOKIE, "")
    if not token:
        return None
    async with edge.database.transaction(read_only=True) as session:
        row = await store.live_session(session, token_hash(token), edge.clock.now())
    if row is None:
        return None
    actor = await edge.people.actor(row.person_id, origin="console")
    return Caller(
        actor,
        plays=row.login_kind == "played",
        csrf=csrf_token(token),
        origin_detail=browser_and_network(request),
    )


async def _bearer(request: Request, edge: Edge, token: str) -> Caller:
    act_as = request.headers.get(ACT_AS_HEADER, "")
    if is_bootstrap(edge, token):
        if not act_as:
            return Caller(BOOTSTRAP)
        return Caller(await edge.people.actor(act_as, origin="cli"), plays=True)
    if act_as:
        raise _may_not_play()
    async with edge.database.transaction(read_only=True) as session:
        row = await store.live_token(session, token_hash(token), edge.clock.now())
    if row is None:
        raise Unauthenticated(
            "API_TOKEN_INVALID", "the token is unknown, expired or revoked; ask for a new one"
        )
    actor = await edge.people.actor(row.person_id, origin="cli")
    return Caller(actor, origin_detail=row.label)


def is_bootstrap(edge: Edge, token: str) -> bool:
    """Whether this is the token that the one-machine stack wrote for its command line."""
    path = edge.settings.bootstrap_token_file
    if path is None or not edge.settings.development or not path.is_file():
        return False
    kept = hashlib.sha256(path.read_bytes().strip()).digest()
    return hmac.compare_digest(kept, token_hash(token))


async def log_in(edge: Edge, login_name: str, password: str) -> str:
    """Open a session by password; its token is the cookie's value.

    Raises:
        Unauthenticated: ``LOGIN_REFUSED``; which of the two was wrong is not said.
            ``ACTOR_UNKNOWN`` when both are right but their person left.
        ResourceExhausted: ``LOGIN_LOCKED`` after too many wrong passwords.
    """
    now = edge.clock.now()
    async with edge.database.transaction() as session:
        account = await store.account(session, login_name.strip().lower())
        if account is not None and account.locked_until is not None and account.locked_until > now:
            raise ResourceExhausted(
                "LOGIN_LOCKED", "too many wrong passwords; try again in a few minutes"
            )
        kept = account.password_hash if account is not None else _nobodys_password()
        right = await asyncio.to_thread(password_matches, password, kept)
        if account is not None and right:
            account.failed_attempts = 0
            await edge.people.actor(account.person_id, origin="console")
            return await _open(edge, account.person_id, "password")
        if account is not None:
            store.count_failure(account, now)
    raise Unauthenticated("LOGIN_REFUSED", "the login name or the password is wrong")


async def play(edge: Edge, person_id: str) -> str:
    """Open a session as anybody, on somebody's own machine.

    Raises:
        PermissionDenied: ``ACT_AS_NOT_ALLOWED`` elsewhere.
    """
    if not edge.settings.development:
        raise _may_not_play()
    await edge.people.actor(person_id, origin="console")
    async with edge.database.transaction():
        return await _open(edge, person_id, "played")


async def _open(edge: Edge, person_id: str, login_kind: str) -> str:
    """Keep a new session in the current transaction."""
    token = new_token("gds")
    now = edge.clock.now()
    row = SessionRow(
        token_hash=token_hash(token),
        person_id=person_id,
        login_kind=login_kind,
        created_at=now,
        expires_at=now + edge.settings.session_lifetime,
    )
    await store.open_session(current_session(), row)
    return token


async def log_out(edge: Edge, token: str) -> None:
    """End the session of a cookie."""
    async with edge.database.transaction() as session:
        await store.close_session(session, token_hash(token))


def _may_not_play() -> PermissionDenied:
    return PermissionDenied(
        "ACT_AS_NOT_ALLOWED",
        "only the bootstrap token of a development stack may act in another person's name",
        field=ACT_AS_HEADER,
    )
