"""Conversions every ``convert.py`` needs: money, instants, pages."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from kit.errors import InvalidArgument
from kit.money import Money
from protos.common.v1 import money_pb2, page_pb2

_DEFAULT_PAGE_SIZE = 50
_MAX_PAGE_SIZE = 200


def money_to_proto(money: Money) -> money_pb2.Money:
    """Money on the wire."""
    return money_pb2.Money(currency=money.currency, amount_minor=money.amount_minor)


def money_from_proto(message: money_pb2.Money, field: str) -> Money:
    """Money from the wire; an unknown currency is an ``InvalidArgument`` naming ``field``."""
    try:
        return Money(message.currency, message.amount_minor)
    except InvalidArgument as error:
        raise InvalidArgument(
            error.reason, error.message, field=f"{field}.{error.field}"
        ) from error


def instant_to_proto(instant: datetime | None) -> Timestamp | None:
    """An aware instant on the wire; None stays unset."""
    if instant is None:
        return None
    message = Timestamp()
    message.FromDatetime(instant)
    return message


def instant_from_proto(message: Timestamp, field: str = "") -> datetime:
    """An instant from the wire, UTC and aware.

    Raises:
        InvalidArgument: ``INSTANT_INVALID`` for what is no instant of the years 1 to 9999.
    """
    try:
        return message.ToDatetime(tzinfo=UTC)
    except ValueError as error:
        raise InvalidArgument("INSTANT_INVALID", str(error), field=field) from error


def page_size(page: page_pb2.PageRequest) -> int:
    """How many rows a page wants.

    Raises:
        InvalidArgument: ``PAGE_SIZE_INVALID``.
    """
    if not 0 <= page.page_size <= _MAX_PAGE_SIZE:
        raise InvalidArgument(
            "PAGE_SIZE_INVALID", f"0 (default) to {_MAX_PAGE_SIZE}", field="page.page_size"
        )
    return page.page_size or _DEFAULT_PAGE_SIZE


def encode_page_token(*after: str) -> str:
    """An opaque token for the sort key of a page's last row."""
    return base64.urlsafe_b64encode("\x1f".join(after).encode()).decode()


def page_info(keys: Sequence[str], size: int) -> page_pb2.PageInfo:
    """Where a list goes on.

    Args:
        keys: the sort keys of the rows that were found, one row more than the page when there are.
        size: how many rows the page shows.
    """
    if len(keys) <= size:
        return page_pb2.PageInfo()
    return page_pb2.PageInfo(next_page_token=encode_page_token(keys[size - 1]))


def decode_page_token(page: page_pb2.PageRequest, parts: int) -> tuple[str, ...] | None:
    """The sort key a page starts after; None for the first page.

    Raises:
        InvalidArgument: ``PAGE_TOKEN_INVALID``.
    """
    if not page.page_token:
        return None
    try:
        # Strictly: the lenient decoder passes over what is not of its alphabet.
        decoded = base64.b64decode(page.page_token.encode(), altchars=b"-_", validate=True)
        after = tuple(decoded.decode().split("\x1f"))
    except (binascii.Error, UnicodeDecodeError):
        after = ()
    if len(after) != parts:
        raise InvalidArgument(
            "PAGE_TOKEN_INVALID", "pass next_page_token as it was given", field="page.page_token"
        )
    return after
