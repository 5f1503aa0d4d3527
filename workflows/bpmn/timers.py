"""ISO 8601 durations and repetitions, as BPMN writes time, to and from the flow's own writing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_DURATION: Final = re.compile(
    r"P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,8})S)?)?", re.ASCII
)
_CYCLE: Final = re.compile(r"R(\d{0,9})/(?:[^/]*/)?(P[^/]*)", re.ASCII)
_OURS: Final = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", re.ASCII)
_INSTANT: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?(\.\d+)?(Z|[+-]\d{2}:\d{2})?", re.ASCII
)
_DAYS_A_WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class Cycle:
    """``R3/PT10H``: how often (None: for ever) and how far apart."""

    times: int | None
    every: str


def flow_duration(iso: str) -> str | None:
    """``P1DT2H`` as ``1d2h``; None for what has no fixed length, such as a month, or for none."""
    found = _DURATION.fullmatch(iso.strip())
    if found is None or not any(found.groups()):
        return None
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    parts = ((weeks * _DAYS_A_WEEK + days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s"))
    return "".join(f"{amount}{unit}" for amount, unit in parts if amount) or None


def iso_duration(written: str) -> str:
    """``1d2h`` as ``P1DT2H``."""
    found = _OURS.fullmatch(written)
    days, hours, minutes, seconds = found.groups() if found else (None,) * 4
    time = "".join(
        f"{amount}{unit}"
        for amount, unit in ((hours, "H"), (minutes, "M"), (seconds, "S"))
        if amount
    )
    return "P" + (f"{days}D" if days else "") + (f"T{time}" if time or not days else "")


def read_cycle(iso: str) -> Cycle | None:
    """A repetition; None when it is none, such as a cron expression."""
    found = _CYCLE.fullmatch(iso.strip())
    if found is None or flow_duration(found[2]) is None:
        return None
    return Cycle(int(found[1]) if found[1] else None, found[2])


def flow_instant(iso: str) -> str | None:
    """An instant as our expressions write it; without an offset it is Shanghai's."""
    found = _INSTANT.fullmatch(iso.strip())
    if found is None:
        return None
    text = iso.strip() if found[1] else f"{iso.strip()[:16]}:00{iso.strip()[16:]}"
    return text if found[3] else f"{text}+08:00"
