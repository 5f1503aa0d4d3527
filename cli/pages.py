"""Lists by pages: the first one, or all of them as one answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cli.api import M, Reply
from cli.verb import api

_PAGE: Final = 50
_MOST: Final = 200


def first_page(path: str, message: type[M], rows: str, query: Mapping[str, Any]) -> Reply[M]:
    """The first page of a list; ``rows`` is the field that holds them."""
    return api().get(path, message, **query, page_size=_PAGE)


def everything(path: str, message: type[M], rows: str, query: Mapping[str, Any]) -> Reply[M]:
    """Every page of a list, as if it were one."""
    whole = page = api().get(path, message, **query, page_size=_MOST)
    while token := page.plain["page"]["next_page_token"]:
        page = api().get(path, message, **query, page_size=_MOST, page_token=token)
        whole.plain[rows] += page.plain[rows]
        getattr(whole.message, rows).extend(getattr(page.message, rows))
    whole.plain["page"]["next_page_token"] = ""
    whole.message.ClearField("page")
    return whole
