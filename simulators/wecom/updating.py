"""What can still happen to a sent message: its card changes, or it is recalled."""

from simulators.wecom.card_kinds import check_card
from simulators.wecom.company import Company
from simulators.wecom.errors import WecomError
from simulators.wecom.sending import check_agent
from simulators.wecom.state import App, CardState, Json, Message, ResponseCode

_RESPONSE_CODE_SECONDS = 72 * 3600.0
_RECALL_SECONDS = 24 * 3600.0
_BUTTON_KINDS = frozenset({"button_interaction", "vote_interaction", "multiple_interaction"})


def update_template_card(company: Company, app: App, body: Json) -> Json:
    """Change a card for some of its readers; a response code serves once."""
    check_agent(company, app, body)
    code = _usable_code(company, app, body)
    message = company.messages[code.msgid]
    userids, invalid = _targets(message, body)
    state = _new_state(message, body)
    code.used_at = company.clock.now()
    company.keep_response_code(code)
    for userid in userids:
        message.cards[userid] = state
    company.save(message)
    reply: Json = {"errcode": 0, "errmsg": "ok"}
    return {**reply, "invaliduser": invalid} if invalid else reply


def recall(company: Company, app: App, body: Json) -> Json:
    """Take a message back within 24 hours."""
    message = company.messages.get(str(body.get("msgid")))
    if message is None or message.agentid != app.agentid:
        raise WecomError(40058, "invalid parameter, msgid is not of this app")
    if company.clock.now() - message.sent_at > _RECALL_SECONDS:
        raise WecomError(42052)
    message.recalled_at = company.clock.now()
    company.save(message)
    return {"errcode": 0, "errmsg": "ok"}


def _usable_code(company: Company, app: App, body: Json) -> ResponseCode:
    code = company.response_codes.get(str(body.get("response_code")))
    if code is None or code.used_at is not None:
        raise WecomError(60140)
    if code.agentid != app.agentid:
        raise WecomError(42015)
    if company.clock.now() - code.issued_at > _RESPONSE_CODE_SECONDS:
        raise WecomError(60140)
    return code


def _targets(message: Message, body: Json) -> tuple[list[str], list[str]]:
    if body.get("atall"):
        return message.delivered, []
    named = [str(userid).lower() for userid in body.get("userids") or []]
    if not named:
        raise WecomError(82101)
    if len(named) > 1000:
        raise WecomError(40032)
    userids = [userid for userid in named if userid in message.delivered]
    if not userids:
        raise WecomError(82102)
    return userids, [userid for userid in named if userid not in message.delivered]


def _new_state(message: Message, body: Json) -> CardState:
    card = body.get("template_card")
    if card is not None:
        if not isinstance(card, dict):
            raise WecomError(40058, "invalid parameter, template_card must be an object")
        shown = {name: value for name, value in card.items() if name != "replace_text"}
        check_card(shown, [])
        return CardState(replaced_button=str(card.get("replace_text") or ""), replaced_card=shown)
    button = body.get("button")
    if not isinstance(button, dict) or not button.get("replace_name"):
        raise WecomError(42017)
    if message.content.get("card_type") not in _BUTTON_KINDS:
        raise WecomError(42018)
    return CardState(replaced_button=str(button["replace_name"]))
