"""What a calendar of slots, or a day that differs, must say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

from kit.errors import InvalidArgument
from services.workorder.domain.appointments.slots import OverrideKind, Template

_KIND: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_MIDNIGHT: Final = 24 * 60
_MOST_TEMPLATES: Final = 7 * 48
_MOST_VISITS: Final = 10_000
_LONGEST_CODE: Final = 64
_OPENS_DAYS_BEFORE: Final = 30
_HOLD_MINUTES: Final = 30
_LONGEST_HOLD_MINUTES: Final = 7 * _MIDNIGHT
_EARLIEST_CLOSE_MINUTES: Final = 30 * _MIDNIGHT


def _invalid(field: str, message: str) -> InvalidArgument:
    return InvalidArgument("APPOINTMENT_CALENDAR_INVALID", message, field=field)


def require_territory(code: str) -> str:
    """The code of a territory (``APPOINTMENT_CALENDAR_INVALID``)."""
    code = code.strip()
    if not 0 < len(code) <= _LONGEST_CODE:
        raise _invalid("territory_code", "name the territory: an adcode, a zone or an outlet")
    return code


def require_kind(kind: str, *, every: bool = False) -> str:
    """A kind of service; with ``every`` it may be empty (``APPOINTMENT_CALENDAR_INVALID``)."""
    if _KIND.fullmatch(kind) or (every and not kind):
        return kind
    raise _invalid("service_kind", "a kind of service is a skill such as aircon_install, or any")


def require_day(text: str, field: str) -> date:
    """An ISO date (``APPOINTMENT_CALENDAR_INVALID``)."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise _invalid(field, f"{text!r} is no date; write 2026-03-02") from error


def require_templates(templates: Sequence[Template]) -> None:
    """Slots within their day, none overlapping another (``APPOINTMENT_CALENDAR_INVALID``)."""
    if len(templates) > _MOST_TEMPLATES:
        raise _invalid("slots", f"a week has at most {_MOST_TEMPLATES} slots")
    for position, template in enumerate(templates):
        fault = _fault_of(template, templates[:position])
        if fault:
            raise _invalid(f"slots[{position}].{fault[0]}", fault[1])


def _fault_of(template: Template, before: Sequence[Template]) -> tuple[str, str] | None:
    if not 1 <= template.weekday <= 7:
        return "weekday", "a weekday is 1 (Monday) to 7 (Sunday)"
    if not 0 <= template.start_minute < template.end_minute <= _MIDNIGHT:
        return "end_minute", "a slot ends after it starts, between midnight and midnight"
    if not 0 <= template.capacity <= _MOST_VISITS:
        return "capacity", f"a slot takes 0 to {_MOST_VISITS} visits"
    for other in before:
        if (
            other.weekday == template.weekday
            and other.start_minute < template.end_minute
            and template.start_minute < other.end_minute
        ):
            return "start_minute", "two slots of a day must not overlap"
    return None


def require_opening(days: int) -> int:
    """How many days ahead slots open; 0 means the ordinary (``APPOINTMENT_CALENDAR_INVALID``)."""
    if not 0 <= days <= 366:
        raise _invalid("opens_days_before", "slots open 1 to 366 days ahead, or 0 for 30")
    return days or _OPENS_DAYS_BEFORE


def require_closing(minutes: int) -> int:
    """How long before it begins a slot closes (``APPOINTMENT_CALENDAR_INVALID``)."""
    if not 0 <= minutes <= _EARLIEST_CLOSE_MINUTES:
        raise _invalid(
            "closes_minutes_before", f"a slot closes 0 to {_EARLIEST_CLOSE_MINUTES} minutes before"
        )
    return minutes


def require_hold(minutes: int, ordinary: int = _HOLD_MINUTES) -> int:
    """How long a slot is held; 0 means the ordinary time (``APPOINTMENT_CALENDAR_INVALID``)."""
    if not 0 <= minutes <= _LONGEST_HOLD_MINUTES:
        raise _invalid(
            "hold_minutes", f"a slot is held for 1 to {_LONGEST_HOLD_MINUTES} minutes, or 0"
        )
    return minutes or ordinary


def require_override(kind: OverrideKind, start_minute: int | None, extra_capacity: int) -> None:
    """What a day that differs may say (``APPOINTMENT_CALENDAR_INVALID``)."""
    if start_minute is not None and not 0 <= start_minute < _MIDNIGHT:
        raise _invalid("start_minute", f"a slot starts 0 to {_MIDNIGHT - 1} minutes after midnight")
    if extra_capacity and kind is not OverrideKind.OPEN:
        raise _invalid("extra_capacity", "only an open day has extra capacity")
    if abs(extra_capacity) > _MOST_VISITS:
        raise _invalid("extra_capacity", f"at most {_MOST_VISITS} more or fewer")
