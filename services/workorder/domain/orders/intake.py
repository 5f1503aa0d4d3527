"""What a work order must bring when it is created."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kit.errors import InvalidArgument

_DEFAULT_PRIORITY: Final = 3
_LOWEST_FLOOR: Final = -20
_HIGHEST_FLOOR: Final = 200
_MOST_LINES: Final = 200
_LONGEST_TEXT: Final = 4_000
_DISTRICT: Final = re.compile(r"[1-9][0-9]{5}")


class Stage(StrEnum):
    """The stage of the customer's journey that the work belongs to."""

    PRESALE = "presale"
    INSTALL = "install"
    AFTERSALE = "aftersale"


class Source(StrEnum):
    """Where a work order comes from."""

    CASE = "case"
    WECOM = "wecom"
    SCAN = "scan"  # 扫码报修
    SHOP = "shop"
    KEYWORD = "keyword"
    FORM = "form"
    IMPORT = "import"


class Catalogue(StrEnum):
    """The two libraries that items stand in."""

    PROJECT_LIBRARY = "project_library"
    SPARE_PART_LIBRARY = "spare_part_library"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to do."""

    number: int
    item_code: str
    name: str
    quantity: int


def require_text(text: str, field: str, at_most: int) -> str:
    """A text that says something, but not too much (``WORK_ORDER_INVALID``)."""
    text = text.strip()
    if not 0 < len(text) <= at_most:
        raise InvalidArgument(
            "WORK_ORDER_INVALID", f"{field} must have 1 to {at_most} characters", field=field
        )
    return text


def require_reason(text: str) -> str:
    """Why something is done (``WORK_ORDER_REASON_MISSING``)."""
    text = text.strip()
    if not 0 < len(text) <= _LONGEST_TEXT:
        raise InvalidArgument(
            "WORK_ORDER_REASON_MISSING",
            f"say why, in 1 to {_LONGEST_TEXT} characters",
            field="reason",
        )
    return text


def require_short(text: str, field: str) -> str:
    """A text that may say nothing, but not too much (``WORK_ORDER_INVALID``)."""
    if len(text) > _LONGEST_TEXT:
        raise InvalidArgument(
            "WORK_ORDER_INVALID",
            f"{field} may have at most {_LONGEST_TEXT} characters",
            field=field,
        )
    return text


def require_stage(text: str) -> Stage:
    """The stage that a text names (``WORK_ORDER_STAGE_UNKNOWN``)."""
    if text not in set(Stage):
        raise InvalidArgument(
            "WORK_ORDER_STAGE_UNKNOWN",
            f"unknown stage {text!r}; known: {', '.join(Stage)}",
            field="stage",
        )
    return Stage(text)


def require_priority(priority: int) -> int:
    """1, most urgent, to 5; 0 means the ordinary one (``WORK_ORDER_PRIORITY_INVALID``)."""
    if not 0 <= priority <= 5:
        raise InvalidArgument(
            "WORK_ORDER_PRIORITY_INVALID",
            "priority is 1 (most urgent) to 5, or 0 for the ordinary one",
            field="priority",
        )
    return priority or _DEFAULT_PRIORITY


def require_given_priority(priority: int) -> int:
    """1, most urgent, to 5 (``WORK_ORDER_PRIORITY_INVALID``)."""
    if priority == 0:
        raise InvalidArgument(
            "WORK_ORDER_PRIORITY_INVALID",
            "priority is 1 (most urgent) to 5; re-evaluate it to have the rules say",
            field="priority",
        )
    return require_priority(priority)


def require_floor(floor: int) -> int:
    """A floor that a building may have (``WORK_ORDER_FLOOR_INVALID``)."""
    if not _LOWEST_FLOOR <= floor <= _HIGHEST_FLOOR:
        raise InvalidArgument(
            "WORK_ORDER_FLOOR_INVALID",
            f"floor is {_LOWEST_FLOOR} to {_HIGHEST_FLOOR}",
            field="floor",
        )
    return floor


def require_adcode(adcode: str) -> str:
    """The adcode of the place of work (``WORK_ORDER_PLACE_MISSING``)."""
    if not _DISTRICT.fullmatch(adcode):
        raise InvalidArgument(
            "WORK_ORDER_PLACE_MISSING",
            "a work order needs the place of work with its adcode of six digits; resolve it in the"
            " directory",
            field="place.adcode",
        )
    return adcode


def require_lines(lines: Sequence[Line]) -> None:
    """At least one line, each with something to do, a positive quantity and a number of its own.

    Raises:
        InvalidArgument: ``WORK_ORDER_LINES_EMPTY`` or ``WORK_ORDER_LINE_INVALID``.
    """
    if not 0 < len(lines) <= _MOST_LINES:
        raise InvalidArgument(
            "WORK_ORDER_LINES_EMPTY",
            f"a work order needs 1 to {_MOST_LINES} lines",
            field="lines",
        )
    numbers: set[int] = set()
    for position, line in enumerate(lines):
        fault = _fault_of(line, numbers)
        if fault is not None:
            field, message = fault
            raise InvalidArgument(
                "WORK_ORDER_LINE_INVALID", message, field=f"lines[{position}].{field}"
            )
        numbers.add(line.number)


def _fault_of(line: Line, numbers: set[int]) -> tuple[str, str] | None:
    if not line.item_code:
        return "item_code", "a line needs the code of an item in the library"
    if line.quantity < 1:
        return "quantity", f"quantity must be at least 1, not {line.quantity}"
    if line.number < 1 or line.number in numbers:
        return "line_number", "line numbers are positive and each stands once; or leave them out"
    return None
