"""The calendar of a command that asks no server: from a file, or the usual one of Chinese offices."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from cli.api import Refused
from cli.flow_check import read
from kit.calendar import BusinessCalendar, Hours
from kit.clock import SHANGHAI
from services.directory.domain.calendar import CalendarDefinition, lay_out
from workflows.language.reading import read_source
from workflows.simulation.world import Opening

STANDARD: Final = "standard"
_OFFICE: Final[Hours] = ((9 * 60, 18 * 60),)
#: As many years as a case looks ahead.
_YEARS: Final = 3


def calendar_from(name: str, at: datetime) -> BusinessCalendar | None:
    """A calendar for a case that starts then.

    Args:
        name: ``standard``: Monday to Friday, 9 to 18, with China's holidays and make-up days, laid
            out as the directory does; a file: as in ``scenarios.yaml``; empty: None.

    Raises:
        Refused: ``CALENDAR_FILE_MALFORMED``.
    """
    if not name:
        return None
    if name == STANDARD:
        return _standard(at.astimezone(SHANGHAI).year)
    try:
        return Opening.model_validate(read_source(read(Path(name))).value).calendar()
    except (ValidationError, ValueError) as error:
        raise Refused(f"{name} is no calendar: {error}", "CALENDAR_FILE_MALFORMED") from error


def _standard(year: int) -> BusinessCalendar:
    weekly = (_OFFICE,) * 5 + ((), ())
    definition = CalendarDefinition(
        STANDARD, SHANGHAI.key, weekly, chinese_holidays=True, overrides=()
    )
    laid = lay_out(definition, year, year + _YEARS - 1)
    return BusinessCalendar(
        code=STANDARD,
        version_hash=laid.version_hash,
        weekly=weekly,
        days={day.day: day.hours for day in laid.days},
        provisional_years=laid.provisional_years,
        first_year=year,
        last_year=year + _YEARS - 1,
    )
