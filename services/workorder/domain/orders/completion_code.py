"""The completion code: six digits that the customer tells the technician when the work is done.

It is kept readable, not hashed: the customer must be able to be told it again, and a million
possibilities hide nothing behind a hash. What guards it is who may see it and how often one may
guess.
"""

from __future__ import annotations

import hmac
import secrets
from typing import Final

from kit.errors import InvalidArgument

_DIGITS: Final = 6
_TRIES: Final = 5


def new_code() -> str:
    """A code that nobody can guess."""
    return f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"


def tries_left(wrong_code_count: int) -> int:
    """How many wrong codes may still be given."""
    return max(0, _TRIES - wrong_code_count)


def matches(code: str, given: str) -> bool:
    """Whether this is the code, compared in constant time.

    Raises:
        InvalidArgument: ``WORK_ORDER_CODE_MALFORMED`` for what cannot be a code.
    """
    if len(given) != _DIGITS or not (given.isascii() and given.isdecimal()):
        raise InvalidArgument(
            "WORK_ORDER_CODE_MALFORMED",
            f"the completion code is {_DIGITS} digits; ask the customer for it",
            field="completion_code",
        )
    return hmac.compare_digest(code, given)
