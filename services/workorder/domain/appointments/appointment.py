"""The window in which a technician will come."""

from __future__ import annotations

from datetime import datetime

from kit.errors import InvalidArgument


def require_window(start: datetime, end: datetime, now: datetime) -> None:
    """A window ends after it starts, and is not over yet.

    Raises:
        InvalidArgument: ``WORK_ORDER_APPOINTMENT_INVALID``.
    """
    if end <= start:
        raise InvalidArgument(
            "WORK_ORDER_APPOINTMENT_INVALID",
            "an appointment's window must end after it starts",
            field="appointment.window_end",
        )
    if end <= now:
        raise InvalidArgument(
            "WORK_ORDER_APPOINTMENT_INVALID",
            "an appointment's window must not be over already; choose a later one",
            field="appointment.window_end",
        )
