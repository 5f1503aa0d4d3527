"""Which work orders a list shows, and with what it begins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kit.errors import InvalidArgument
from services.workorder.domain.access import Scope


class Sorting(StrEnum):
    """What a list begins with."""

    NEWEST = "newest"
    PRIORITY = "priority"
    DUE = "due"
    EARNING = "earning"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which work orders a list shows; empty fields limit nothing.

    Attributes:
        scope: those that the actor may know of.
        due_before: not done, and due before this instant.
        words: that all stand in the text, or are an id.
    """

    scope: Scope
    states: tuple[str, ...] = ()
    open_only: bool = False
    technician_id: str = ""
    case_id: str = ""
    team_id: str = ""
    outlet_id: str = ""
    customer_id: str = ""
    asset_id: str = ""
    region_code: str = ""
    stage: str = ""
    priority: int = 0
    source: str = ""
    parent_work_order_id: str = ""
    item_code: str = ""
    created_from: datetime | None = None
    created_before: datetime | None = None
    window_from: datetime | None = None
    window_before: datetime | None = None
    due_before: datetime | None = None
    words: tuple[str, ...] = ()


def require_sorting(sorting: Sorting, wanted: Wanted) -> Sorting:
    """Earnings are compared within one technician's work (``WORK_ORDER_SORTING_INVALID``)."""
    of_one = wanted.technician_id or wanted.scope.technician_id
    if sorting is Sorting.EARNING and not of_one:
        raise InvalidArgument(
            "WORK_ORDER_SORTING_INVALID",
            "a list by earning is of one technician; name technician_id",
            field="sorting",
        )
    return sorting
