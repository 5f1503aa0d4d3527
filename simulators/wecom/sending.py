"""`message/send`: from the raw bytes to a kept message and its reply."""

import hashlib
import secrets

from simulators.wecom.bodies import BODIES, NOT_SIMULATED
from simulators.wecom.card_kinds import check_card, is_clickable
from simulators.wecom.company import Company, card_task_id
from simulators.wecom.errors import WecomError
from simulators.wecom.recipients import Recipients, resolve
from simulators.wecom.state import App, Json, Message

_DUPLICATE_SECONDS, _DUPLICATE_SECONDS_MAX = 1800, 14400


def send(company: Company, app: App, raw: bytes, body: Json) -> Json:
    """Accept one message and answer as WeCom does."""
    check_agent(company, app, body)
    recipients = resolve(company, app, body)
    msgtype = body.get("msgtype")
    digest = hashlib.sha256(raw + str(app.agentid).encode()).hexdigest()
    duplicate = _is_duplicate(company, body, digest)
    message = Message(
        id=company.next_message_id(),
        msgid=secrets.token_urlsafe(32),
        agentid=app.agentid,
        sent_at=company.clock.now(),
        raw_body=raw.decode(),
        digest=digest,
        msgtype=str(msgtype),
        content={},
        recipients=recipients.userids,
        dropped_duplicate=duplicate,
        invalid=recipients.report(),
    )
    # A repetition is recognised by its bytes, so its content was checked the first time; a card
    # would otherwise be refused for re-using its own task id.
    if not duplicate:
        message.content = _content(company, app, body, message.lint)
    company.accept(message)
    return _reply(company, message, recipients)


def check_agent(company: Company, app: App, body: Json) -> None:
    """The agentid in a body must be the app that the token speaks for."""
    agentid = body.get("agentid")
    if agentid in (None, ""):
        raise WecomError(41011)
    if isinstance(agentid, bool) or not str(agentid).isdigit():
        raise WecomError(40056)
    if int(agentid) not in company.apps:
        raise WecomError(40056)
    if int(agentid) != app.agentid:
        raise WecomError(301002)


def _is_duplicate(company: Company, body: Json, digest: str) -> bool:
    if body.get("safe", 0) not in (0, 1):
        raise WecomError(40058, "invalid parameter, safe must be 0 or 1")
    enabled = body.get("enable_duplicate_check", 0)
    interval = body.get("duplicate_check_interval", _DUPLICATE_SECONDS)
    if enabled not in (0, 1):
        raise WecomError(40058, "invalid parameter, enable_duplicate_check must be 0 or 1")
    if not isinstance(interval, int) or not 0 < interval <= _DUPLICATE_SECONDS_MAX:
        raise WecomError(40058, "invalid parameter, duplicate_check_interval is out of range")
    return bool(enabled) and company.is_duplicate(digest, interval, company.clock.now())


def _content(company: Company, app: App, body: Json, lint: list[str]) -> Json:
    msgtype = body.get("msgtype")
    if msgtype in NOT_SIMULATED:
        raise NotImplementedError(f"msgtype {msgtype} is not simulated")
    if msgtype != "template_card" and msgtype not in BODIES:
        raise WecomError(40008)
    content = body.get(str(msgtype))
    if not isinstance(content, dict):
        raise WecomError(44004 if msgtype in ("text", "markdown") else 40063)
    if msgtype == "template_card":
        _check_template_card(company, app, content, lint)
        shown = content
    else:
        shown = BODIES[str(msgtype)](content, lint)
    return shown


def _check_template_card(company: Company, app: App, card: Json, lint: list[str]) -> None:
    check_card(card, lint)
    if company.knobs.strict_cards and lint:
        raise WecomError(40058, f"invalid parameter, {lint[0]}")
    task_id = card_task_id(card)
    if task_id and company.card_task_id_used(app.agentid, task_id):
        raise WecomError(42014)
    if is_clickable(card) and app.callback is None:
        raise WecomError(43012)


def _reply(company: Company, message: Message, recipients: Recipients) -> Json:
    reply: Json = {
        "errcode": 0,
        "errmsg": "ok",
        **recipients.report(),
        "msgid": message.msgid,
    }
    if message.msgtype == "template_card" and is_clickable(message.content):
        reply["response_code"] = company.new_response_code(message).code
    return reply
