"""WeCom's error codes as the simulator answers them: HTTP 200, an errcode and a chatty errmsg."""

import itertools
import secrets

MEANINGS = {
    -1: "system busy",
    40001: "invalid credential",
    40008: "invalid message type",
    40013: "invalid corpid",
    40014: "invalid access_token",
    40031: "invalid userid list",
    40032: "userid list exceeds the limit",
    40033: "invalid request characters, \\uxxxx escapes are not accepted",
    40039: "url exceeds the limit",
    40056: "invalid agentid",
    40058: "invalid parameter",
    40063: "some parameters are empty",
    41001: "access_token missing",
    41002: "corpid missing",
    41004: "corpsecret missing",
    41009: "userid missing",
    41011: "agentid missing",
    41016: "title missing",
    41033: "description missing",
    42001: "access_token expired",
    42014: "invalid template_card task_id",
    42015: "response_code belongs to another app",
    42017: "button replace_name missing",
    42018: "this card has no button to replace",
    42027: "horizontal_content_list keyname missing",
    42028: "horizontal_content_list url missing",
    42029: "horizontal_content_list media_id missing",
    42031: "invalid template_card card_type",
    42035: "horizontal_content_list exceeds the limit",
    42036: "vertical_content_list exceeds the limit",
    42037: "checkbox option_list has an invalid length",
    42038: "button_list has an invalid length",
    42039: "invalid button in button_list",
    42040: "invalid option in option_list",
    42041: "invalid submit_button",
    42042: "jump_list exceeds the limit",
    42043: "question_key missing",
    42045: "invalid card_action",
    42046: "checkbox missing",
    42047: "select_list has an invalid length",
    42049: "submit_button missing",
    42050: "horizontal_content_list userid missing",
    42051: "invalid action_menu",
    42052: "msgid expired",
    43001: "require GET method",
    43002: "require POST method",
    43012: "the app has no callback url",
    44004: "empty content",
    45002: "content exceeds the limit",
    45009: "api freq out of limit",
    45034: "url has no scheme",
    48002: "api forbidden for this app",
    50003: "app disabled",
    60020: "not allow to access from your ip",
    60111: "userid not found",
    60140: "invalid response_code",
    81013: "user, party and tag are all invalid",
    82001: "user, party and tag are all empty",
    82002: "party list exceeds the limit",
    82003: "tag list exceeds the limit",
    82101: "no card receiver given",
    82102: "the receiver did not get this card",
    301002: "agentid does not match the access_token",
}

_numbers = itertools.count(1)


class WecomError(Exception):
    """A refusal with WeCom's own code; the message is the reason shown before the hint."""

    def __init__(self, code: int, reason: str | None = None) -> None:
        super().__init__(reason or MEANINGS.get(code, "error"))
        self.code = code


def error_body(error: WecomError, ip: str, now: float) -> dict[str, object]:
    """The JSON of a refusal, in the wording that real replies have."""
    hint = f"[{int(now)}_{next(_numbers)}_{secrets.token_hex(16)}]"
    return {
        "errcode": error.code,
        "errmsg": f"{error}, hint: {hint}, from ip: {ip}, more info at "
        f"https://open.work.weixin.qq.com/devtool/query?e={error.code}",
    }
