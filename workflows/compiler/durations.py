"""Durations, in working or in elapsed time."""

from __future__ import annotations

from workflows.compiler.context import Context
from workflows.compiler.report import Spot
from workflows.language.nodes import CalendarKind
from workflows.language.units import has_days, parse_duration


def effective_calendar(calendar: CalendarKind, context: Context) -> CalendarKind:
    """Working time needs a calendar; without one the flow works round the clock."""
    return calendar if context.header.calendar is not None else "natural"


def lower_duration(
    text: str, calendar: CalendarKind, context: Context, spot: Spot, *, at_once: str = ""
) -> int | None:
    """The seconds of a duration; None when it cannot be read.

    Args:
        calendar: the effective one; days are refused in working time.
        at_once: what to say when it is over at once; empty where it may be.
    """
    if calendar == "business" and has_days(text):
        context.report.error(
            "FLOW_DURATION_DAYS",
            f"{text!r}: in working time a day has as many hours as the calendar opens",
            spot,
            "write hours, or calendar: natural",
        )
    try:
        seconds = int(parse_duration(text).total_seconds())
    except ValueError as error:
        context.report.error("FLOW_DURATION_INVALID", str(error), spot)
        return None
    if not seconds and at_once:
        context.report.error("FLOW_DURATION_INVALID", at_once, spot)
        return None
    return seconds
