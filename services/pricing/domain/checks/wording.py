"""Regions of a book in words, Chinese and English."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from services.pricing.domain.checks.findings import Words
from services.pricing.domain.checks.grid import (
    AXES,
    CALENDAR,
    FLOOR,
    HOURS,
    MONTHS_OPEN,
    QUANTITY,
    Box,
    Grid,
    Stretch,
    bits_of,
)  # fmt: skip
from services.pricing.domain.conditions import EQUALITIES, LAST_DAY
from services.pricing.domain.phrases import dimension_label

_MOST_NAMED: Final = 5
_WEEKDAYS: Final = "一二三四五六日"
_EVERYWHERE: Final = Words("所有地区", "everywhere")
_OTHERWISE: Final = Words("未注明或其他", "none or another")
_UNSAID: Final = Words("未注明", "not said")


def region(grid: Grid, box: Box, whole: Box) -> Words:
    """What a box says beside the whole that it is part of: 「城市档位 tier3；数量 11 及以上」."""
    said = [
        (dimension_label("zh", AXES[axis]), AXES[axis], _values(grid, axis, mask))
        for axis, (mask, all_of_it) in enumerate(zip(box, whole, strict=True))
        if mask & all_of_it != all_of_it
    ]
    return Words(
        "；".join(f"{label} {values.chinese}" for label, _, values in said),
        "; ".join(f"{name} {values.english}" for _, name, values in said),
    )


def places(codes: Sequence[str]) -> Words:
    """Places by their codes; none means everywhere."""
    return listed(codes) if codes else _EVERYWHERE


def listed(names: Sequence[str]) -> Words:
    """The first of many names, and how many there are."""
    more = len(names) - _MOST_NAMED
    first = names[:_MOST_NAMED]
    return Words(
        "、".join(first) + (f" 等 {len(names)} 个" if more > 0 else ""),
        ", ".join(first) + (f" and {more} more" if more > 0 else ""),
    )


def together(*parts: Words) -> Words:
    """Parts one after another, without the empty ones."""
    return Words(
        "，".join(part.chinese for part in parts if part.chinese),
        ", ".join(part.english for part in parts if part.english),
    )


def _values(grid: Grid, axis: int, mask: int) -> Words:
    if axis < len(EQUALITIES):
        named = [grid.values[axis].values[bit] for bit in bits_of(mask)]
        return _join([Words(n, n) if n else _OTHERWISE for n in named])
    if axis == CALENDAR:
        return _days(grid, mask)
    numbers = {
        HOURS: grid.hours, QUANTITY: grid.quantity, FLOOR: grid.floor, MONTHS_OPEN: grid.months
    }[axis]  # fmt: skip
    stretches = [numbers.stretch(bit) for bit in bits_of(mask)]
    runs = [_UNSAID] if None in stretches else list[Words]()
    for run in _runs(each for each in stretches if each is not None):
        runs.append(_from_to(*map(_time if axis == HOURS else str, run)))
    return _join(runs)


def _days(grid: Grid, mask: int) -> Words:
    weekdays: dict[Stretch, set[int]] = {}
    for bit in bits_of(mask):
        weekdays.setdefault(grid.calendar.days(bit), set()).add(bit % len(_WEEKDAYS) + 1)
    said = []
    for kind in dict.fromkeys(tuple(sorted(each)) for each in weekdays.values()):
        for run in _runs(days for days, each in weekdays.items() if tuple(sorted(each)) == kind):
            words = _from_to(*map(_day, run))
            whole = len(kind) == len(_WEEKDAYS)
            named = "" if whole else "周" + "、".join(_WEEKDAYS[day - 1] for day in kind)
            english = "" if whole else f" weekdays {', '.join(map(str, kind))}"
            said.append(Words(words.chinese + named, words.english + english))
    return _join(said)


def _runs(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Stretches that follow each other as one."""
    runs: list[Stretch] = []
    for stretch in stretches:
        if runs and runs[-1].most + 1 == stretch.least:
            runs[-1] = Stretch(runs[-1].least, stretch.most)
        else:
            runs.append(stretch)
    return runs


def _from_to(first: str, last: str) -> Words:
    return Words(first, first) if first == last else Words(f"{first}～{last}", f"{first} to {last}")


def _day(ordinal: int) -> str:
    return "…" if ordinal == LAST_DAY else date.fromordinal(ordinal).isoformat()


def _time(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _join(words: Sequence[Words]) -> Words:
    return Words("、".join(each.chinese for each in words), ", ".join(w.english for w in words))
