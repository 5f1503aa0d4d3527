"""Freezes (冻结) of a region's special policies, and what freezes a region by itself.

A freeze thaws by itself: it holds until its time and no longer, whoever tells it. Standard prices
never freeze.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from kit.errors import InvalidArgument

_LONGEST: Final = timedelta(days=366)
_MOST_CANCELLATIONS: Final = 1_000
_MOST_DAYS: Final = 366


class Reach(StrEnum):
    """Which part of a place is frozen."""

    DISTRICT = "district"
    CITY = "city"
    PROVINCE = "province"


@dataclass(frozen=True, slots=True)
class ProtectionPolicy:
    """So many cancellations at one address within so many days freeze its region for so many days.

    Attributes:
        cancellation_count: 0: nothing is frozen by itself.
    """

    version: int
    cancellation_count: int
    within_days: int
    freeze_days: int
    reach: Reach

    def counts_from(self, cancelled_at: datetime) -> datetime:
        """Since when cancellations count together with one."""
        return cancelled_at - timedelta(days=self.within_days)

    def freezes_until(self, count: int, cancelled_at: datetime, now: datetime) -> datetime | None:
        """Until when so many cancellations, the last of them at ``cancelled_at``, freeze their region;
        None: they do not, or would be thawed again by now."""
        until = cancelled_at + timedelta(days=self.freeze_days)
        reached = 0 < self.cancellation_count <= count
        return until if reached and until > now else None

    def reason(self) -> str:
        """Why it froze, in words."""
        return f"同一地址 {self.within_days} 天内取消 {self.cancellation_count} 单，自动冻结"


def fingerprint(address_id: str) -> str:
    """What tells the same address again, and nothing about where it is."""
    return hashlib.sha256(f"address {address_id}".encode()).hexdigest()


def region_of(adcode_path: Sequence[str], reach: Reach) -> str:
    """The code of a path that stands for its district, city or province; where it has none that is so
    fine, the next coarser one. Empty: there is no path.

    Args:
        adcode_path: from the finest code on.
    """
    adcodes = [code for code in adcode_path if code.isdecimal()]
    for code in adcodes:
        if _REACHES[reach] >= _fineness(code):
            return code
    return adcodes[-1] if adcodes else ""


_REACHES: Final = {Reach.PROVINCE: 0, Reach.CITY: 1, Reach.DISTRICT: 2}


def _fineness(adcode: str) -> int:
    if adcode.endswith("0000"):
        return 0
    return 1 if adcode.endswith("00") else 2


def check_freeze(place_code: str, until: datetime | None, hours: int, now: datetime) -> datetime:
    """Until when a region is to be frozen.

    Raises:
        InvalidArgument: ``PRICING_FREEZE_INVALID``, naming the field.
    """
    if not place_code:
        raise _invalid("say which region: an adcode, a macro-region or a zone", "place_code")
    if (until is None) == (hours == 0):
        raise _invalid("say either until when or for how many hours", "until")
    if hours < 0:
        raise _invalid("a freeze lasts some hours", "hours")
    ends_at = until or now + timedelta(hours=min(hours, 24 * _MOST_DAYS + 1))
    if not now < ends_at <= now + _LONGEST:
        raise _invalid("a freeze ends in the future, within a year", "until" if until else "hours")
    return ends_at


def check_protection(policy: ProtectionPolicy) -> None:
    """Refuse a protection that makes no sense.

    Raises:
        InvalidArgument: ``PRICING_PROTECTION_INVALID``, naming the field.
    """
    limits = {
        "cancellation_count": (policy.cancellation_count, 0, _MOST_CANCELLATIONS),
        "within_days": (policy.within_days, 1, _MOST_DAYS),
        "freeze_days": (policy.freeze_days, 1, _MOST_DAYS),
    }
    for name, (number, least, most) in limits.items():
        if not least <= number <= most:
            raise InvalidArgument(
                "PRICING_PROTECTION_INVALID",
                f"{least} to {most}, not {number}",
                field=f"protection_policy.{name}",
            )


def _invalid(message: str, field: str) -> InvalidArgument:
    return InvalidArgument("PRICING_FREEZE_INVALID", message, field=field)
