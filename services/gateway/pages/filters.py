"""The filter bar of a list: what the page's address says, as the API's query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final, TypeVar, cast
from urllib.parse import urlencode

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from kit.clock import SHANGHAI
from kit.errors import InvalidArgument
from services.gateway import transcoding
from services.gateway.pages.base import Visit

M = TypeVar("M", bound=Message)

#: What the address says beside the filters.
_NOT_FILTERS: Final = ("lang", "said", "task", "page_token")


def asked(visit: Visit) -> dict[str, str]:
    """The filters that are filled in, as they were typed."""
    given = visit.request.query_params
    return {
        name: text for name in given if (text := given[name].strip()) and name not in _NOT_FILTERS
    }


def api_query(filters: Mapping[str, str], days: Iterable[str]) -> dict[str, list[str]]:
    """The same for the API: what stands in a field of days is an instant there; the last day that
    is named belongs to what is looked for.

    Raises:
        InvalidArgument: ``DAY_MALFORMED``.
    """
    query = {name: [text] for name, text in filters.items()}
    for name in days:
        if name in query:
            query[name] = [_instant(name, filters[name])]
    return query


def read(message: M, query: Mapping[str, list[str]]) -> M:
    """Fill a list's request from a query.

    Raises:
        InvalidArgument: a name or value that it does not have.
    """
    descriptor = cast(Descriptor, message.DESCRIPTOR)
    plain = transcoding.from_query(descriptor, query, ())
    transcoding.parse(plain, message)
    return message


def address(path: str, query: Mapping[str, Any], **more: str) -> str:
    """A path with a query."""
    told = urlencode({**query, **more}, doseq=True)
    return f"{path}?{told}" if told else path


def _instant(name: str, text: str) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise InvalidArgument("DAY_MALFORMED", "write 2026-03-02", field=name) from error
    if name.endswith("_before"):
        day += timedelta(days=1)
    return datetime.combine(day, time(), SHANGHAI).isoformat()
