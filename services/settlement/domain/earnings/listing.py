"""What lists and sums of earnings are asked for, and what a sum says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which earnings are asked for; empty and None mean any."""

    technician_id: str = ""
    case_id: str = ""
    state: str = ""
    outlet_id: str = ""
    work_order_id: str = ""
    region_adcode: str = ""
    currency: str = ""
    promised_from: datetime | None = None
    promised_before: datetime | None = None
    least_minor: int | None = None
    most_minor: int | None = None


class Sort(StrEnum):
    """In which order."""

    NEWEST = "newest"
    OLDEST = "oldest"
    HIGHEST = "highest"
    LOWEST = "lowest"


class Grouping(StrEnum):
    """What the earnings of one sum have in common."""

    STATE = "state"
    TECHNICIAN = "technician"
    OUTLET = "outlet"
    PROVINCE = "province"
    CITY = "city"
    DAY = "day"
    RULE_AND_CITY = "rule_and_city"


@dataclass(frozen=True, slots=True)
class Sum:
    """How many earnings there are of a kind and what they come to."""

    name: str
    currency: str
    count: int
    total_minor: int
    settlement_total_minor: int
