"""What of personal data is the same however it is written: the texts behind the blind index."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_ABROAD: Final = re.compile(r"(?:\+|00)\s*86")
_COUNTRY_CODE_AND_MOBILE: Final = re.compile(r"861\d{10}")
_SIGNS: Final = re.compile(r"[\W_]+")


def phone_text(phone: str) -> str:
    """A number as it is dialled: +86 138-1234-5678 and 13812345678 are one, 010-… and +86 10 … too."""
    plain = unicodedata.normalize("NFKC", phone).strip()
    if country := _ABROAD.match(plain):
        plain = plain[country.end() :]
    digits = re.sub(r"\D", "", plain)
    if _COUNTRY_CODE_AND_MOBILE.fullmatch(digits):
        digits = digits[2:]
    return f"phone:{digits.lstrip('0')}"


def name_text(name: str) -> str:
    """A name without spaces, signs and capitals."""
    return f"name:{_folded(name)}"


def address_text(adcode: str, detail: str) -> str:
    """A place and what stands there, without spaces and signs."""
    return f"address:{adcode}:{_folded(detail)}"


def _folded(text: str) -> str:
    return _SIGNS.sub("", unicodedata.normalize("NFKC", text).casefold())
