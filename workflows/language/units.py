"""Durations as people write them in a flow: ``2h``, ``30m``, ``3d``, ``1h30m``."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

_DURATION: Final = re.compile(
    r"(?:(?P<days>\d{1,5})d)?(?:(?P<hours>\d{1,6})h)?(?:(?P<minutes>\d{1,7})m)?(?:(?P<seconds>\d{1,8})s)?",
    re.ASCII,
)
_LIMIT: Final = timedelta(days=3660)


def parse_duration(text: str) -> timedelta:
    """Read a duration.

    Raises:
        ValueError: it is none, it is nothing, or it is longer than ten years.
    """
    match = _DURATION.fullmatch(text)
    if match is None or not text:
        raise ValueError(f"{text!r} is no duration; write it like 2h, 30m, 3d or 1h30m")
    duration = timedelta(**{unit: int(count) for unit, count in match.groupdict("0").items()})
    if duration > _LIMIT:
        raise ValueError(f"{text!r} is longer than ten years")
    return duration


def has_days(text: str) -> bool:
    """True when a duration is written with days, which mean nothing in working time."""
    return "d" in text


def format_duration(seconds: int, *, days: bool = True) -> str:
    """A duration as a flow would write it: ``1h30m``; in working time, which knows no days, ``30h``."""
    parts: list[str] = []
    units = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))
    for unit, length in units if days else units[1:]:
        count, seconds = divmod(seconds, length)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
