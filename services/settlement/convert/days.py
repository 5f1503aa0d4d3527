"""Days on the wire."""

from __future__ import annotations

from datetime import date

from kit.errors import InvalidArgument


def day_from_proto(text: str, default: date, field: str) -> date:
    """A day such as ``2026-11-30``; empty: the default (``DAY_MALFORMED``)."""
    if not text:
        return default
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidArgument(
            "DAY_MALFORMED", f"{text!r} is no day; write 2026-11-30", field=field
        ) from error
