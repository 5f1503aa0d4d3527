"""How long something lasts, as people say it: its two largest units."""

from __future__ import annotations

from typing import Final

_UNITS: Final = ((86_400, "天", "d"), (3_600, "小时", "h"), (60, "分钟", "min"))


def lasting(seconds: int, language: str = "zh") -> str:
    """Such as ``3 天 4 小时``; less than a minute is ``0 分钟``."""
    parts: list[str] = []
    for size, chinese, english in _UNITS:
        amount, seconds = divmod(seconds, size)
        if amount or (parts and len(parts) < 2):
            parts.append(f"{amount} {english if language == 'en' else chinese}")
    shown = [part for part in parts[:2] if not part.startswith("0 ")]
    return " ".join(shown) or ("0 min" if language == "en" else "0 分钟")
