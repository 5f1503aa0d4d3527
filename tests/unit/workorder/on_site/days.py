"""A day on site, to be told by commands."""

import itertools
from datetime import UTC, datetime, timedelta

from services.workorder.domain.geo import Point
from services.workorder.domain.on_site.commands import (
    Arrival,
    Body,
    ClockAct,
    ClockVerb,
    Command,
    CustomerAbsence,
    Evidence,
    EvidenceKind,
    Fix,
    PauseReason,
    require_clock_act,
)
from services.workorder.domain.on_site.record import Facts
from services.workorder.domain.on_site.rule import Rule

#: Nine in the morning in Shanghai.
MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
HERE = Point(116.46, 39.92)
FACTS = Facts(made_at=MORNING - timedelta(days=1))
ZHANG = "pe_zhang"

RULE = Rule(
    rule_id="default-1",
    stage="",
    geofence_radius_m=500,
    outside_geofence="flag",
    worst_accuracy_m=1000,
    clock_tolerance_seconds=120,
    near_duplicate_days=90,
    near_duplicate_bits=6,
    wasted_trip_minutes=20,
    free_waiting_minutes=15,
    extra_answer_minutes=1440,
    checklist_blocks_completion=False,
    put_at=MORNING - timedelta(days=365),
    put_by_person_id="system",
)

_numbers = itertools.count()


def at(minutes: float) -> datetime:
    """So many minutes after nine."""
    return MORNING + timedelta(minutes=minutes)


def command(
    minutes: float,
    body: Body,
    command_id: str = "",
    *,
    offset: timedelta = timedelta(0),
    technician_id: str = ZHANG,
    after_seal: bool = False,
) -> Command:
    """Told by the device's clock, which is off by the opposite of the offset."""
    return Command(
        command_id=command_id or f"command-{next(_numbers):06}",
        technician_id=technician_id,
        occurred_at=at(minutes) - offset,
        clock_offset=offset,
        received_at=at(minutes),
        body=body,
        after_seal=after_seal,
    )


ARRIVES = Arrival(Fix(HERE, 20))
START = ClockAct(ClockVerb.START)
RESUME = ClockAct(ClockVerb.RESUME)
STOP = ClockAct(ClockVerb.STOP)
ABSENT = CustomerAbsence("无人应门")


def pause(reason: PauseReason = PauseReason.CUSTOMER) -> ClockAct:
    return require_clock_act(ClockAct(ClockVerb.PAUSE, reason))


def leave(reason: PauseReason) -> ClockAct:
    """Stop, to come again."""
    return require_clock_act(ClockAct(ClockVerb.STOP, reason, comes_back=True))


def photo(digit: str = "a", looks: str = "") -> Evidence:
    return Evidence(EvidenceKind.DURING, "fl_1.jpg", digit * 64, looks)
