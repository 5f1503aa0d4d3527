"""盘点: what was counted against what the ledger said, and who may post the difference."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from kit.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from services.workorder.domain.stock.stock_ledger import Line


class State(StrEnum):
    """Where a count stands."""

    OPEN = "open"  # 盘点中
    POSTED = "posted"  # 已过账
    CANCELLED = "cancelled"  # 已取消


@dataclass(frozen=True, slots=True)
class Counted:
    """An item that was counted.

    Attributes:
        book: what the ledger said at that moment.
        unit_cost_minor: what one was worth then, on average, or as it was told where there was none.
        missing, surplus: the serial numbers that differ, of an item that is followed by them.
    """

    item_code: str
    book: int
    counted: int
    unit_cost_minor: int
    counted_by: str
    missing: tuple[str, ...] = ()
    surplus: tuple[str, ...] = ()

    @property
    def outgoing(self) -> Line | None:
        """What was not there."""
        if self.missing:
            return Line(self.item_code, len(self.missing), self.missing)
        short = self.book - self.counted
        return Line(self.item_code, short) if short > 0 else None

    @property
    def incoming(self) -> Line | None:
        """What was there beside."""
        if self.surplus:
            return Line(self.item_code, len(self.surplus), self.surplus)
        over = self.counted - self.book
        return Line(self.item_code, over) if over > 0 else None

    @property
    def difference_minor(self) -> int:
        """What all that differs was worth, in whichever direction."""
        moved = sum(line.quantity for line in (self.outgoing, self.incoming) if line)
        return moved * self.unit_cost_minor


def unknown(stock_count_id: str) -> NotFound:
    """The refusal for a count that is not there, or that the actor may not know of."""
    return NotFound(
        "STOCK_COUNT_UNKNOWN", f"there is no count {stock_count_id!r}", field="stock_count_id"
    )


def require_open(stock_count_id: str, state: State) -> None:
    """Only an open count changes (``STOCK_COUNT_CLOSED``)."""
    if state is not State.OPEN:
        raise FailedPrecondition(
            "STOCK_COUNT_CLOSED",
            f"count {stock_count_id} is {state}; open another one",
            field="stock_count_id",
        )


def differing_units(
    found: Collection[str], book: Collection[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The serial numbers that are missing, and those that are there beside."""
    return tuple(sorted(set(book) - set(found))), tuple(sorted(set(found) - set(book)))


def require_explained(counted: Counted, reason: str, field: str) -> None:
    """What differs has a reason (``STOCK_REASON_MISSING``)."""
    if (counted.outgoing or counted.incoming) and not reason:
        raise InvalidArgument(
            "STOCK_REASON_MISSING",
            f"{counted.counted} of {counted.item_code} were counted where the ledger has"
            f" {counted.book}; say why",
            field=field,
        )


def needs_four_eyes(lines: Iterable[Counted], limit_minor: int) -> bool:
    """Whether the differences come to more than who counted may post."""
    return sum(line.difference_minor for line in lines) > limit_minor


def require_another(lines: Iterable[Counted], person_id: str) -> None:
    """Who posts is none of those who counted (``STOCK_COUNT_OWN_POSTING``)."""
    if any(line.counted_by == person_id for line in lines):
        raise PermissionDenied(
            "STOCK_COUNT_OWN_POSTING",
            "the differences come to more than who counted may post; somebody else has to",
            field="stock_count_id",
        )


def require_counted(found: Line, field: str) -> None:
    """None, or as many as were found (``STOCK_LINE_INVALID``)."""
    if found.quantity < 0:
        raise InvalidArgument(
            "STOCK_LINE_INVALID", "what is counted is 0 or more", field=f"{field}.quantity"
        )
