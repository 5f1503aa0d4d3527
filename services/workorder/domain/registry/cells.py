"""What stands in cells of files: flags, days, codes, points, skills, and how they are read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Final

from kit.clock import SHANGHAI
from kit.spreadsheet.records import Unreadable

_YES: Final = frozenset({"是", "yes", "y", "true", "1", "✓"})
_NO: Final = frozenset({"", "否", "no", "n", "false", "0"})
_DAY: Final = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_BETWEEN: Final = re.compile(r"[\s,，;；、]+")
_ONE_DAY: Final = timedelta(days=1)
_LONGEST_NUMBER: Final = 9


def read_flag(text: str) -> bool:
    """Yes or no; nothing is no."""
    folded = text.strip().casefold()
    if folded not in _YES | _NO:
        raise Unreadable(f"{text!r} is neither 是 nor 否", f"{text!r}：请写“是”或“否”。")
    return folded in _YES


def write_flag(flag: bool) -> str:
    """Yes or no."""
    return "是" if flag else "否"


def read_number(text: str) -> int:
    """A whole number, not below nothing; nothing is none."""
    bare = text.strip()
    if bare and not (bare.isdecimal() and len(bare) <= _LONGEST_NUMBER):
        raise Unreadable(f"{text!r} is no whole number", f"{text!r} 不是整数。")
    return int(bare or 0)


def read_codes(text: str) -> list[str]:
    """Codes with blanks, commas or semicolons between them."""
    return list(filter(None, _BETWEEN.split(text.strip())))


def write_codes(codes: Iterable[str]) -> str:
    """Codes in a cell."""
    return " ".join(codes)


def read_day(text: str) -> date | None:
    """A day; nothing is none."""
    if not text.strip():
        return None
    found = _DAY.fullmatch(text.strip())
    try:
        if found is None:
            raise ValueError
        return date(*map(int, found.groups()))
    except ValueError as error:
        raise Unreadable(
            f"{text!r} is no date; write it like 2026-03-01",
            f"{text!r} 不是日期，请写成 2026-03-01 这样。",
        ) from error


def read_beginning(text: str) -> datetime | None:
    """The beginning of a day in Shanghai, or an instant as ISO writes it; nothing is none."""
    return _read_instant(text, timedelta(0))


def read_end(text: str) -> datetime | None:
    """The end of a day in Shanghai, or an instant as ISO writes it; nothing is none."""
    return _read_instant(text, _ONE_DAY)


def _read_instant(text: str, later: timedelta) -> datetime | None:
    if "T" in text:
        try:
            found = datetime.fromisoformat(text.strip())
        except ValueError as error:
            raise Unreadable(f"{text!r} is no time", f"{text!r} 不是时间。") from error
        return found if found.tzinfo else found.replace(tzinfo=SHANGHAI)
    day = read_day(text)
    return None if day is None else datetime.combine(day, time(), SHANGHAI) + later


def write_beginning(instant: datetime | None) -> date | str | None:
    """The day that begins then, or the instant."""
    return _write_instant(instant, timedelta(0))


def write_end(instant: datetime | None) -> date | str | None:
    """The day that ends then, or the instant."""
    return _write_instant(instant, _ONE_DAY)


def _write_instant(instant: datetime | None, earlier: timedelta) -> date | str | None:
    if instant is None:
        return None
    local = instant.astimezone(SHANGHAI)
    return local.isoformat() if local.time() != time() else local.date() - earlier


def read_point(text: str) -> tuple[float, float] | None:
    """Longitude and latitude in GCJ-02, such as ``116.48, 39.93``; nothing is none."""
    if not text.strip():
        return None
    try:
        longitude, latitude = map(float, read_codes(text))
    except ValueError as error:
        raise Unreadable(
            f"{text!r} is no point; write longitude and latitude like 116.48, 39.93",
            f"{text!r} 不是坐标，请写成“经度, 纬度”，如 116.48, 39.93。",
        ) from error
    return longitude, latitude


def write_point(longitude: float, latitude: float) -> str:
    """A point in a cell."""
    return f"{longitude}, {latitude}"
