"""What the company says of places from an instant on: zones, city tiers, macro-regions.

Each edit is a version. Of those that begin by an instant, the newest is in force: an edit is void
from where a newer one begins, and an edit planned for later than a newer one begins is void whole.
No edit begins in the past, so that what was said of the past stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from kit.errors import FailedPrecondition, InvalidArgument


class Version(Protocol):
    """One edit of a thing."""

    @property
    def version(self) -> int:
        """1, 2, 3 … in the order of the edits."""

    @property
    def effective_from(self) -> datetime:
        """Since when it holds."""


V = TypeVar("V", bound=Version)


def in_force(versions: Iterable[V], at: datetime) -> V | None:
    """What holds of one thing at an instant."""
    begun = (each for each in versions if each.effective_from <= at)
    return max(begun, key=lambda each: each.version, default=None)


def holds_until(version: Version, versions: Iterable[Version]) -> datetime | None:
    """Until when a version holds; None: until further notice. A void one ends where it begins."""
    newer = (each.effective_from for each in versions if each.version > version.version)
    ends = min(newer, default=None)
    return ends if ends is None else max(ends, version.effective_from)


def begin(effective_from: datetime, now: datetime) -> datetime:
    """Since when an edit holds that is made now.

    Raises:
        InvalidArgument: ``EFFECTIVE_FROM_PAST``.
    """
    if effective_from < now:
        raise InvalidArgument(
            "EFFECTIVE_FROM_PAST",
            "what held in the past is not changed; give an instant to come, or none for now",
            field="effective_from",
        )
    return effective_from


def shown(versions: Sequence[V], at: datetime, *, or_another: bool) -> V | None:
    """What to show of a thing that was edited: what holds then, or else the newest edit.

    Args:
        versions: its edits, in their order.
        at: when.
        or_another: whether an edit of another time will do.
    """
    found = in_force(versions, at)
    return versions[-1] if found is None and or_another and versions else found


def check_version(seen: int, newest: int) -> None:
    """Refuse an edit of what somebody else has edited meanwhile.

    Raises:
        FailedPrecondition: ``PLACE_VERSION_STALE``.
    """
    if seen and seen != newest:
        raise FailedPrecondition(
            "PLACE_VERSION_STALE",
            f"it is at version {newest} now, you saw {seen}: look again",
            field="version",
            details={"version": str(newest)},
        )
