"""`/cgi-bin/…`: the server API that apps call."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from simulators.wecom.access import authorize, parse_body
from simulators.wecom.company import Company
from simulators.wecom.errors import WecomError, error_body
from simulators.wecom.faults import Fault
from simulators.wecom.sending import send
from simulators.wecom.state import App, Json
from simulators.wecom.updating import recall, update_template_card
from simulators.wire import break_connection


@dataclass(frozen=True)
class Call:
    """One request that has a token, seen by its handler."""

    app: App
    query: Mapping[str, str]
    raw: bytes


def _user_get(company: Company, call: Call) -> Json:
    userid = call.query.get("userid")
    if not userid:
        raise WecomError(41009)
    member = company.member(userid)
    if member is None:
        raise WecomError(60111)
    return {
        "errcode": 0,
        "errmsg": "ok",
        "userid": member.userid,
        "name": member.name,
        "department": list(member.departments),
        "position": member.position,
        "status": 1,
    }


def _send(company: Company, call: Call) -> Json:
    return send(company, call.app, call.raw, parse_body(call.raw))


def _update_card(company: Company, call: Call) -> Json:
    return update_template_card(company, call.app, parse_body(call.raw))


def _recall(company: Company, call: Call) -> Json:
    return recall(company, call.app, parse_body(call.raw))


ENDPOINTS: dict[str, tuple[str, Callable[[Company, Call], Json]]] = {
    "user/get": ("GET", _user_get),
    "message/send": ("POST", _send),
    "message/update_template_card": ("POST", _update_card),
    "message/recall": ("POST", _recall),
}


def router(company: Company) -> APIRouter:
    """The routes of the server API."""
    routes = APIRouter()

    @routes.api_route("/cgi-bin/{name:path}", methods=["GET", "POST"])
    async def cgi(name: str, request: Request) -> Response:
        raw = await request.body()
        company.api_calls[name] += 1
        fault = company.faults.take(name) or Fault()
        if fault.delay_ms:
            await asyncio.sleep(fault.delay_ms / 1000)
        if fault.reset:
            return await break_connection(request)
        if fault.http:
            return Response(status_code=fault.http)
        response = _answer(company, name, request, raw, fault)
        return await break_connection(request) if fault.reply_lost else response

    return routes


def _answer(company: Company, name: str, request: Request, raw: bytes, fault: Fault) -> Response:
    ip = request.client.host if request.client else "127.0.0.1"
    try:
        if fault.errcode is not None:
            raise WecomError(fault.errcode)
        if name == "gettoken":
            return _json(_gettoken(company, request.query_params, ip))
        if name not in ENDPOINTS:
            return Response(status_code=404)
        method, handler = ENDPOINTS[name]
        app = authorize(company, name, request.query_params, ip)
        if request.method != method:
            raise WecomError(43001 if method == "GET" else 43002)
        return _json(handler(company, Call(app, request.query_params, raw)))
    except WecomError as error:
        return _json(error_body(error, ip, company.clock.now()))
    except NotImplementedError as gap:
        return Response(f"SIMULATOR: {gap}", status_code=501, media_type="text/plain")


def _gettoken(company: Company, query: Mapping[str, str], ip: str) -> Json:
    # With no parameter at all the real service complains about the secret first.
    secret, corpid = query.get("corpsecret"), query.get("corpid")
    if not secret:
        raise WecomError(41004)
    if not corpid:
        raise WecomError(41002)
    if corpid != company.corpid:
        raise WecomError(40013)
    now = company.clock.now()
    app = company.tokens.app_of_secret(list(company.apps.values()), secret, ip, now)
    if not app.enabled:
        raise WecomError(50003)
    token, seconds_left = company.tokens.issue(app, now)
    return {"errcode": 0, "errmsg": "ok", "access_token": token, "expires_in": seconds_left}


def _json(body: Json) -> Response:
    return Response(
        json.dumps(body, ensure_ascii=False).encode(),
        media_type="application/json; charset=UTF-8",
    )
