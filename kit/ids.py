"""Prefixed ids that sort by the time they were made: ``wo_01jd…``.

48 bits of milliseconds and 80 random bits, in Crockford's base 32, lower case, as ULID orders them.
Not for workflow code: there, ids come from ``workflow.uuid4`` or are derived from the case's.
"""

from __future__ import annotations

import secrets
from datetime import datetime

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id(prefix: str, at: datetime) -> str:
    """Make an id such as ``wo_01jdk3…`` for something made at ``at``."""
    return _id(prefix, at, secrets.randbits(80))


def least_id(prefix: str, at: datetime) -> str:
    """The least id of what is made in the millisecond of ``at`` or later."""
    return _id(prefix, at, 0)


def _id(prefix: str, at: datetime, chance: int) -> str:
    number = (int(at.timestamp() * 1000) << 80) | chance
    digits = []
    for _ in range(26):
        number, digit = divmod(number, 32)
        digits.append(_ALPHABET[digit])
    return f"{prefix}_{''.join(reversed(digits))}"
