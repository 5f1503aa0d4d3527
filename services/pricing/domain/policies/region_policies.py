"""What a region goes by beside its prices: how often its earnings are settled, and its discounts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kit.errors import InvalidArgument


class SettlementCycle(StrEnum):
    """How often earnings are settled."""

    PER_WORK_ORDER = "per_work_order"
    WEEKLY = "weekly"
    HALF_MONTHLY = "half_monthly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"


@dataclass(frozen=True, slots=True)
class RegionPolicy:
    """What a place goes by from an instant on.

    Attributes:
        policy_number: raised with every one that is put.
    """

    region_policy_id: str
    place_code: str
    effective_from: datetime
    policy_number: int


def policy_at(
    policies: Iterable[RegionPolicy], places: Sequence[str], at: datetime
) -> RegionPolicy | None:
    """The policy of the finest place that has one; of several of it the one that began last, and of
    those the one put last.

    Args:
        places: codes from the finest on.
    """
    begun = [each for each in policies if each.effective_from <= at]
    for place in places:
        of_place = [each for each in begun if each.place_code == place]
        if of_place:
            return max(of_place, key=lambda each: (each.effective_from, each.policy_number))
    return None


def check_region_policy(
    place_code: str, cycle: SettlementCycle | None, effective_from: datetime, now: datetime
) -> SettlementCycle:
    """The cycle, unless the policy is of nowhere, has none, or reaches back.

    Raises:
        InvalidArgument: ``PRICING_REGION_POLICY_INVALID``, naming the field.
    """
    if not place_code:
        raise _invalid("say which region: an adcode, a macro-region or a zone", "place_code")
    if cycle is None:
        raise _invalid("say how often it is settled", "settlement_cycle")
    if effective_from < now:
        raise _invalid("what held in the past is not changed", "effective_from")
    return cycle


def _invalid(message: str, field: str) -> InvalidArgument:
    return InvalidArgument("PRICING_REGION_POLICY_INVALID", message, field=f"region_policy.{field}")
