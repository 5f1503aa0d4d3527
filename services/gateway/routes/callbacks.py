"""What channels tell us. WeCom: verified, opened, kept once, answered within a second."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response

from kit.errors import NotFound
from kit.telemetry import logger
from services.gateway import store
from services.gateway.channels import wecom
from services.gateway.channels.wecom_crypto import CallbackRefused, Envelope
from services.gateway.edge import Edge, EdgeOf

router = APIRouter(prefix="/callbacks", include_in_schema=False)
_log = logger("callbacks")


@router.get("/wecom/{agentid}")
async def check_url(agentid: int, request: Request, edge: EdgeOf) -> Response:
    """Prove to WeCom that this address is the app's: give back what it sealed."""
    envelope = _envelope(edge, agentid)
    query = dict(request.query_params)
    try:
        echo = wecom.open_sealed(envelope, query, query.get("echostr", ""))
    except CallbackRefused as refused:
        return _refuse(refused)
    return PlainTextResponse(echo)


@router.post("/wecom/{agentid}")
async def receive(agentid: int, request: Request, edge: EdgeOf) -> Response:
    """Keep what WeCom tells; an empty 200 says that it need not be told again."""
    envelope = _envelope(edge, agentid)
    try:
        row = wecom.open_post(
            envelope, dict(request.query_params), await request.body(), edge.clock.now()
        )
    except CallbackRefused as refused:
        return _refuse(refused)
    async with edge.database.transaction() as session:
        new = await store.keep_callback(session, row)
    _log.info("callback_kept" if new else "callback_known", wecom_event=row.event)
    return Response()


def _envelope(edge: Edge, agentid: int) -> Envelope:
    settings = edge.settings
    if not settings.wecom_callback_token or agentid != settings.wecom_agent_id:
        raise NotFound("WECOM_APP_UNKNOWN", "no app with this agentid is set up here")
    return Envelope(
        settings.wecom_callback_token, settings.wecom_callback_aes_key, settings.wecom_corp_id
    )


def _refuse(refused: CallbackRefused) -> Response:
    _log.warning("callback_refused", code=refused.code, why=str(refused))
    return Response(status_code=403)


ROUTERS: Final = (router,)
