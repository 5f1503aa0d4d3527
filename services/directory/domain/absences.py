"""Absences: when a person takes no work, and who may say so."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from kit.authn import Actor
from kit.errors import AlreadyExists, FailedPrecondition, InvalidArgument, PermissionDenied

_DECLARES_FOR_OTHERS: Final = ("supervisor", "hq", "admin")


class Period(NamedTuple):
    """From an instant up to another, which is no longer in it; without an end, for good."""

    starts_at: datetime
    ends_at: datetime | None = None

    def overlaps(self, other: Period) -> bool:
        """Whether some instant is in both."""
        return (self.ends_at is None or other.starts_at < self.ends_at) and (
            other.ends_at is None or self.starts_at < other.ends_at
        )

    def is_over(self, now: datetime) -> bool:
        """Whether it has ended."""
        return self.ends_at is not None and self.ends_at <= now


class Declared(Protocol):
    """What changes and overlaps need to know of an absence."""

    @property
    def absence_id(self) -> str:
        """Its id."""

    @property
    def person_id(self) -> str:
        """Who is absent."""

    @property
    def period(self) -> Period:
        """When."""

    @property
    def cancelled_at(self) -> datetime | None:
        """When it was cancelled, if it was."""


def check_may_declare(actor: Actor, person_id: str) -> None:
    """Refuse to let people say that others are absent, but for those who lead.

    Raises:
        PermissionDenied: ``ABSENCE_NOT_YOURS``.
    """
    if actor.person_id != person_id and not actor.has_role(*_DECLARES_FOR_OTHERS):
        raise PermissionDenied(
            "ABSENCE_NOT_YOURS",
            f"people declare their own absences, {', '.join(_DECLARES_FOR_OTHERS)} those of others",
        )


def check_absence(person_id: str, proxy_person_id: str, period: Period, now: datetime) -> None:
    """Refuse an absence that is over before it is declared, or before it begins, or whose proxy is
    the absent person.

    Raises:
        InvalidArgument: ``ABSENCE_INVALID``.
    """
    if period.is_over(max(now, period.starts_at)):
        raise InvalidArgument(
            "ABSENCE_INVALID",
            "an absence ends after it begins, and in the future; leave the end out when it is open",
            field="absence.ends_at",
        )
    if proxy_person_id == person_id:
        raise InvalidArgument(
            "ABSENCE_INVALID",
            "nobody is their own proxy; name somebody else, or nobody",
            field="absence.proxy_person_id",
        )


def check_change(known: Declared, person_id: str, now: datetime) -> None:
    """Refuse to change what is past, or to make a person's absence that of another.

    Raises:
        FailedPrecondition: ``ABSENCE_OVER``.
        InvalidArgument: ``ABSENCE_INVALID``.
    """
    if known.cancelled_at is not None or known.period.is_over(now):
        raise FailedPrecondition(
            "ABSENCE_OVER",
            f"absence {known.absence_id!r} is over or cancelled; declare another one",
            field="absence_id",
        )
    if known.person_id != person_id:
        raise InvalidArgument(
            "ABSENCE_INVALID",
            f"{known.absence_id!r} is an absence of {known.person_id!r}; choose another id",
            field="absence.absence_id",
        )


def check_no_overlap(absence_id: str, period: Period, others: Iterable[Declared]) -> None:
    """Refuse an absence at a time when the person is absent already.

    Args:
        absence_id: the absence; as it was declared before, it does not count.
        period: when they will be absent.
        others: what is declared of that person.

    Raises:
        AlreadyExists: ``ABSENCE_OVERLAPS``.
    """
    for other in others:
        if other.absence_id != absence_id and period.overlaps(other.period):
            raise AlreadyExists(
                "ABSENCE_OVERLAPS",
                f"absence {other.absence_id!r} covers a part of that time; change or cancel it",
                field="absence.starts_at",
            )
