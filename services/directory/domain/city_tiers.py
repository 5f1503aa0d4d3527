"""City tiers: the company's own 一线, 二线 … of cities, or of anything on the path of a place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kit.errors import InvalidArgument

_LONGEST: Final = 40


@dataclass(frozen=True, slots=True)
class CityTier:
    """Which tier a place is in from an instant on; empty: in none of its own."""

    adcode: str
    version: int
    effective_from: datetime
    city_tier: str
    put_at: datetime
    put_by_person_id: str


def check_city_tier(city_tier: str) -> None:
    """Refuse a tier that is no name.

    Raises:
        InvalidArgument: ``CITY_TIER_INVALID``.
    """
    if city_tier != city_tier.strip() or len(city_tier) > _LONGEST:
        raise InvalidArgument(
            "CITY_TIER_INVALID",
            f"name a tier, such as tier1, with {_LONGEST} characters at most and no blanks around"
            " it; empty takes the place out of its tier",
            field="city_tier.city_tier",
        )
