"""What the RPCs of this service share."""

from __future__ import annotations

from typing import Any, Final

from grpc.aio import ServicerContext

from kit.clock import Clock
from kit.errors import InvalidArgument

Context = ServicerContext[Any, Any]

#: Who puts the rules by which money moves.
RULE_MAKERS: Final = ("finance", "hq", "admin")
#: Who moves earnings on.
OPERATORS: Final = ("finance", "supervisor", "admin")
#: Who pays out.
CASHIERS: Final = ("finance", "admin")
#: Who reads the whole ledger.
LEDGER_READERS: Final = ("finance", "hq", "admin")


class Rpcs:
    """What a noun's RPCs are served with."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock


def require_text(value: str, field: str, what: str) -> None:
    """Refuse an empty text (``SETTLEMENT_TEXT_MISSING``)."""
    if not value.strip():
        raise InvalidArgument("SETTLEMENT_TEXT_MISSING", f"give {field}: {what}", field=field)
