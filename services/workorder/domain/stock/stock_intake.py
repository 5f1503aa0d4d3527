"""What a request about stock must bring: lines that say something, and the units they are about."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kit.errors import FailedPrecondition, InvalidArgument, NotFound
from services.workorder.domain.stock.stock_ledger import Line

_MOST_LINES: Final = 1_000
_MOST_OF_ONE: Final = 10**9
_MOST_UNITS: Final = 1_000
_LONGEST_SERIAL: Final = 100
_LONGEST_CODE: Final = 64
_LONGEST_TEXT: Final = 1_000
_LONGEST_RETURN_DAYS: Final = 3_650


@dataclass(frozen=True, slots=True)
class Item:
    """What the stock knows of an item.

    Attributes:
        core_return_days: until the old part must be back; 0: none is expected.
    """

    item_code: str
    name: str
    serial_tracked: bool = False
    needs_approval: bool = False
    core_return_days: int = 0


def invalid(message: str, field: str) -> InvalidArgument:
    """The refusal of a field that makes no sense."""
    return InvalidArgument("STOCK_INVALID", message, field=field)


def require_reason(text: str, field: str = "reason") -> str:
    """Why something is done to the stock (``STOCK_REASON_MISSING``)."""
    text = text.strip()
    if not 0 < len(text) <= _LONGEST_TEXT:
        raise InvalidArgument(
            "STOCK_REASON_MISSING", f"say why, in 1 to {_LONGEST_TEXT} characters", field=field
        )
    return text


def require_note(text: str, field: str) -> str:
    """A text that may say nothing, but not too much (``STOCK_INVALID``)."""
    text = text.strip()
    if len(text) > _LONGEST_TEXT:
        raise invalid(f"{field} has at most {_LONGEST_TEXT} characters", field)
    return text


def require_item(item: Item) -> None:
    """An item has a code and a name (``STOCK_INVALID``)."""
    if not 0 < len(item.item_code) <= _LONGEST_CODE:
        raise invalid(f"item_code has 1 to {_LONGEST_CODE} characters", "stock_item.item_code")
    if not 0 < len(item.name) <= _LONGEST_TEXT:
        raise invalid("an item has a name", "stock_item.name")
    if not 0 <= item.core_return_days <= _LONGEST_RETURN_DAYS:
        raise invalid(f"0 to {_LONGEST_RETURN_DAYS} days", "stock_item.core_return_days")


def require_lines(lines: Sequence[Line], field: str, *, once: bool = True) -> None:
    """1 to 1000 lines, each with a positive quantity, and each item once unless it may repeat.

    Raises:
        InvalidArgument: ``STOCK_LINES_EMPTY`` or ``STOCK_LINE_INVALID``.
    """
    if not 0 < len(lines) <= _MOST_LINES:
        raise InvalidArgument(
            "STOCK_LINES_EMPTY", f"give 1 to {_MOST_LINES} lines of parts", field=field
        )
    seen: set[str] = set()
    for position, line in enumerate(lines):
        where = f"{field}[{position}]"
        if not 0 < line.quantity <= _MOST_OF_ONE:
            raise _bad_line(f"quantity is 1 to {_MOST_OF_ONE}", f"{where}.quantity")
        if once and line.item_code in seen:
            raise _bad_line(f"{line.item_code} stands there twice", f"{where}.item_code")
        seen.add(line.item_code)


def require_known(lines: Sequence[Line], items: Mapping[str, Item], field: str) -> None:
    """The stock knows every item (``STOCK_ITEM_UNKNOWN``)."""
    for position, line in enumerate(lines):
        if line.item_code not in items:
            raise unknown_item(line.item_code, f"{field}[{position}].item_code")


def unknown_item(item_code: str, field: str) -> NotFound:
    """The refusal for an item that the stock does not know."""
    return NotFound(
        "STOCK_ITEM_UNKNOWN",
        f"the stock knows no item {item_code!r}; put it first, or receive it by its name",
        field=field,
    )


def require_units_named(lines: Sequence[Line], items: Mapping[str, Item], field: str) -> None:
    """Of items that are followed by serial numbers every unit is named, each once; of others none.

    Raises:
        InvalidArgument: ``STOCK_SERIALS_MISMATCH``.
    """
    named: set[tuple[str, str]] = set()
    for position, line in enumerate(lines):
        where = f"{field}[{position}].serial_numbers"
        units = {(line.item_code, serial) for serial in line.serial_numbers}
        if not items[line.item_code].serial_tracked:
            if units:
                raise _mismatch(f"{line.item_code} is not followed by serial numbers", where)
            continue
        if not len(line.serial_numbers) == len(units) == line.quantity or units & named:
            raise _mismatch(
                f"{line.quantity} of {line.item_code} need as many different serial numbers, each"
                " once",
                where,
            )
        if not all(0 < len(serial) <= _LONGEST_SERIAL for serial in line.serial_numbers):
            raise _mismatch(f"serial numbers have 1 to {_LONGEST_SERIAL} characters", where)
        if len(units) > _MOST_UNITS:
            raise _mismatch(f"at most {_MOST_UNITS} units a line; split it", where)
        named |= units


def require_units_here(
    lines: Sequence[Line], here: Collection[tuple[str, str]], field: str
) -> None:
    """Every named unit is where it is taken from.

    Args:
        here: item and serial number of those that are.

    Raises:
        FailedPrecondition: ``STOCK_UNIT_ELSEWHERE``.
    """
    for position, line in enumerate(lines):
        gone = [each for each in line.serial_numbers if (line.item_code, each) not in here]
        if gone:
            raise FailedPrecondition(
                "STOCK_UNIT_ELSEWHERE",
                f"{line.item_code} {', '.join(gone)} is not in this stockroom; look where it is",
                field=f"{field}[{position}].serial_numbers",
            )


def require_units_outside(
    lines: Sequence[Line], places: Mapping[tuple[str, str], str], field: str
) -> None:
    """No named unit is in our stock already: one serial number is at one place.

    Args:
        places: by item and serial number the stockroom of those that are.

    Raises:
        FailedPrecondition: ``STOCK_UNIT_ELSEWHERE``.
    """
    for position, line in enumerate(lines):
        for serial in line.serial_numbers:
            if stockroom_id := places.get((line.item_code, serial)):
                raise FailedPrecondition(
                    "STOCK_UNIT_ELSEWHERE",
                    f"{line.item_code} {serial} is in {stockroom_id} already",
                    field=f"{field}[{position}].serial_numbers",
                )


def _bad_line(message: str, field: str) -> InvalidArgument:
    return InvalidArgument("STOCK_LINE_INVALID", message, field=field)


def _mismatch(message: str, field: str) -> InvalidArgument:
    return InvalidArgument("STOCK_SERIALS_MISMATCH", message, field=field)
