"""What the office should look at of what was reported."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from kit.errors import InvalidArgument, PermissionDenied
from services.workorder.domain.geo import Point
from services.workorder.domain.on_site import geofence
from services.workorder.domain.on_site.commands import Arrival, Command, Evidence, Fix
from services.workorder.domain.on_site.record import Facts
from services.workorder.domain.on_site.rule import Rule


class FlagKind(StrEnum):
    """Why it should be looked at."""

    OUTSIDE_GEOFENCE = "outside_geofence"
    IMPOSSIBLE_TIME = "impossible_time"
    CLOCK_OFF = "clock_off"
    AFTER_COMPLETION = "after_completion"
    AFTER_ACCEPTANCE = "after_acceptance"
    SAME_PHOTO = "same_photo"
    SIMILAR_PHOTO = "similar_photo"


class FlagVerdict(StrEnum):
    """What the office says of a flag."""

    #: There is a good reason for it.
    EXPLAINED = "explained"
    #: It is what it looks like.
    UPHELD = "upheld"


def check_review(verdict: str, technician_id: str, person_id: str) -> FlagVerdict:
    """What is said of a flag, by somebody else than who is flagged.

    Raises:
        InvalidArgument: ``ON_SITE_FLAG_VERDICT_INVALID``.
        PermissionDenied: ``ON_SITE_FLAG_OWN``.
    """
    if verdict not in tuple(FlagVerdict):
        raise InvalidArgument(
            "ON_SITE_FLAG_VERDICT_INVALID",
            f"a flag is {' or '.join(FlagVerdict)}",
            field="verdict",
        )
    if technician_id == person_id:
        raise PermissionDenied(
            "ON_SITE_FLAG_OWN", "nobody reviews what they did themselves", field="flag_id"
        )
    return FlagVerdict(verdict)


@dataclass(frozen=True, slots=True)
class Flag:
    """A reason to look at a command; of a photo that was seen before, where."""

    work_order_id: str
    command_id: str
    kind: FlagKind
    technician_id: str
    #: Metres, seconds or bits, as the kind has it.
    measured: int
    other_work_order_id: str = ""
    other_command_id: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """Evidence of some work order, as others are compared with it."""

    work_order_id: str
    command_id: str
    technician_id: str
    occurred_at: datetime
    sha256: str
    perceptual_hash: str


def fix_of(command: Command) -> Fix | None:
    """Where it was reported from."""
    return command.body.fix if isinstance(command.body, Arrival | Evidence) else None


def flags_of(
    work_order_id: str, there: Point | None, command: Command, facts: Facts, rule: Rule
) -> list[Flag]:
    """What a command by itself gives cause to look at."""
    return [
        Flag(work_order_id, command.command_id, kind, command.technician_id, measured)
        for kind, measured in (
            (FlagKind.OUTSIDE_GEOFENCE, _metres_outside(there, command, rule)),
            (FlagKind.IMPOSSIBLE_TIME, _impossible_seconds(command, facts, rule)),
            (FlagKind.CLOCK_OFF, _clock_off_seconds(command, rule)),
            *_late(command, facts),
        )
        if measured
    ]


def _metres_outside(there: Point | None, command: Command, rule: Rule) -> int:
    measured = geofence.measure(there, fix_of(command), rule)
    return measured.distance_m if measured.finding is geofence.Finding.OUTSIDE else 0


def _impossible_seconds(command: Command, facts: Facts, rule: Rule) -> int:
    """How long after it arrived, or before there was a work order, it is said to have happened."""
    tolerance = rule.clock_tolerance
    at = command.at(tolerance)
    ahead, before = at - command.received_at, facts.made_at - at
    return int(max(ahead, before).total_seconds()) if max(ahead, before) > tolerance else 0


def _clock_off_seconds(command: Command, rule: Rule) -> int:
    off = abs(command.clock_offset)
    return int(off.total_seconds()) if off > rule.clock_tolerance else 0


def _late(command: Command, facts: Facts) -> list[tuple[FlagKind, int]]:
    if facts.completed_at is None:
        return []
    late = command.received_at - facts.completed_at
    if not command.after_seal and late <= timedelta(0):
        return []
    kind = FlagKind.AFTER_ACCEPTANCE if command.after_seal else FlagKind.AFTER_COMPLETION
    # A moment late is late: no flag measures nothing.
    return [(kind, max(1, int(late.total_seconds())))]


def repeated(picture: Picture, others: Iterable[Picture], bits: int) -> list[Flag]:
    """The flags of a picture that other work orders show too: the very same bytes, or so many bits
    apart at most. The later one of two bears the flag, whichever came first."""
    found = []
    for other in others:
        if other.sha256 == picture.sha256:
            kind, apart = FlagKind.SAME_PHOTO, 0
        else:
            kind, apart = FlagKind.SIMILAR_PHOTO, bits_apart(picture, other)
        if apart <= bits:
            found.append(_flag_of(picture, other, kind, apart))
    return found


def bits_apart(one: Picture, other: Picture) -> int:
    """In how many of 64 bits two pictures differ; 65 where one of them is no picture."""
    if not (one.perceptual_hash and other.perceptual_hash):
        return 65
    return (int(one.perceptual_hash, 16) ^ int(other.perceptual_hash, 16)).bit_count()


def _flag_of(one: Picture, other: Picture, kind: FlagKind, apart: int) -> Flag:
    earlier, later = sorted(
        (one, other), key=lambda each: (each.occurred_at, each.work_order_id, each.command_id)
    )
    return Flag(
        later.work_order_id,
        later.command_id,
        kind,
        later.technician_id,
        apart,
        earlier.work_order_id,
        earlier.command_id,
    )
