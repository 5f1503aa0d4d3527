"""What the services of pricing share: who may do what, and where a page starts."""

from __future__ import annotations

from typing import Any, Final

from grpc.aio import ServicerContext

from kit.authn import current_actor
from kit.errors import InvalidArgument
from kit.rpc.convert import decode_page_token
from protos.common.v1 import page_pb2

KEEPS_PRICES: Final = ("pricing_manager", "hq", "admin")
_SEES_SETTLEMENT: Final = (
    "hq", "finance", "supervisor", "pricing_manager", "technician", "dispatcher", "admin",
)  # fmt: skip
QUOTES: Final = (
    *_SEES_SETTLEMENT, "outlet_manager", "agent", "shop_manager", "customer_service", "sales",
    "designer", "technical_director",
)  # fmt: skip

#: Digits that the number of a row has at most.
_LONGEST_NUMBER: Final = 18

Context = ServicerContext[Any, Any]


def sees_settlement() -> bool:
    """Whether the actor may see internal settlement prices."""
    return current_actor().has_role(*_SEES_SETTLEMENT)


def page_start(page: page_pb2.PageRequest) -> str:
    """The key that a page starts after; empty for the first one."""
    token = decode_page_token(page, parts=1)
    return token[0] if token else ""


def number_start(page: page_pb2.PageRequest) -> int | None:
    """The number that a page starts after; None for the first one.

    Raises:
        InvalidArgument: ``PAGE_TOKEN_INVALID``.
    """
    token = page_start(page)
    if token and (not token.isdecimal() or len(token) > _LONGEST_NUMBER):
        raise InvalidArgument(
            "PAGE_TOKEN_INVALID", "pass next_page_token as it was given", field="page.page_token"
        )
    return int(token) if token else None
