"""What a technician must bring when they are put."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from kit.errors import InvalidArgument

_LONGEST_NAME: Final = 64


class CooperationMode(StrEnum):
    """How a technician's outlet works with the company."""

    DIRECT = "direct"
    FRANCHISE = "franchise"
    KEY_ACCOUNT = "key_account"


def require_name(text: str, field: str) -> str:
    """An id or a name of a technician (``TECHNICIAN_INVALID``)."""
    text = text.strip()
    if not 0 < len(text) <= _LONGEST_NAME:
        raise InvalidArgument(
            "TECHNICIAN_INVALID", f"{field} must have 1 to {_LONGEST_NAME} characters", field=field
        )
    return text


def require_cooperation_mode(text: str, field: str) -> CooperationMode:
    """The cooperation mode that a text names (``TECHNICIAN_INVALID``)."""
    if text not in set(CooperationMode):
        raise InvalidArgument(
            "TECHNICIAN_INVALID",
            f"unknown cooperation mode {text!r}; known: {', '.join(CooperationMode)}",
            field=field,
        )
    return CooperationMode(text)
