"""The checks before any call, in WeCom's order, and the reading of its body."""

import json
import re
from collections.abc import Mapping

from simulators.wecom.company import Company
from simulators.wecom.errors import WecomError
from simulators.wecom.state import App, Json

_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*\\u[0-9a-fA-F]{4}")


def authorize(company: Company, api: str, query: Mapping[str, str], ip: str) -> App:
    """Token, address, app, rate and right: whose call this is, or why it is refused."""
    token = query.get("access_token")
    if not token:
        raise WecomError(41001)
    app = company.apps[company.tokens.owner(token, company.clock.now())]
    if app.trusted_ips and ip not in app.trusted_ips:
        raise WecomError(60020)
    if not app.enabled:
        raise WecomError(50003)
    company.api_limit.count(api, company.clock.now())
    if api in app.denied_apis:
        raise WecomError(48002)
    return app


def parse_body(raw: bytes) -> Json:
    """A JSON object in plain UTF-8."""
    if _ESCAPE.search(raw):
        raise WecomError(40033)
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise WecomError(40058, "Warning: wrong json format. invalid parameter") from error
    if not isinstance(body, dict):
        raise WecomError(40058, "Warning: wrong json format. invalid parameter")
    return body
