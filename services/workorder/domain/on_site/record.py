"""What everything that was reported makes together.

The record is a function of the set of commands: they are put in the order in which they happened, so
that it does not matter in which order, how late or how often they came. A command that does not fit
into that order has no effect; when what was missing before it arrives, it has.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from services.workorder.domain.on_site.checklist import Given
from services.workorder.domain.on_site.commands import (
    Answer,
    Arrival,
    ClockAct,
    ClockVerb,
    Command,
    CustomerAbsence,
    Evidence,
    Party,
    PauseReason,
    Retraction,
)
from services.workorder.domain.on_site.rule import Rule


class Outcome(StrEnum):
    """What became of a command."""

    APPLIED = "applied"
    WITHOUT_EFFECT = "without_effect"
    REFUSED = "refused"
    RETRACTED = "retracted"


@dataclass(frozen=True, slots=True)
class Standing:
    """What became of a command, and why it is not applied."""

    outcome: Outcome
    reason: str = ""
    message: str = ""


_APPLIED: Final = Standing(Outcome.APPLIED)


class ClockState(StrEnum):
    """Whether work goes on."""

    OFF = "off"
    WORKING = "working"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the work order itself says: when it was made, when the technician checked in on it, when
    it was completed."""

    made_at: datetime
    checked_in_at: datetime | None = None
    completed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of work, or with a reason of standing still; without an end it lasts."""

    starts_at: datetime
    ends_at: datetime | None
    reason: PauseReason | None = None
    party: Party | None = None

    @property
    def seconds(self) -> int:
        """How long it took; what lasts is not counted yet."""
        if self.ends_at is None:
            return 0
        return max(0, int((self.ends_at - self.starts_at).total_seconds()))


@dataclass(frozen=True, slots=True)
class WastedTrip:
    """Nobody was there, for so many minutes."""

    command_id: str
    at: datetime
    minutes: int


@dataclass(frozen=True, slots=True)
class SecondVisit:
    """The technician had to come again, and because of whom."""

    command_id: str
    at: datetime
    party: Party


@dataclass(slots=True)
class Record:
    """The state of things on site, as far as it was reported."""

    standings: dict[str, Standing] = field(default_factory=dict)
    clock: ClockState = ClockState.OFF
    spans: list[Span] = field(default_factory=list)
    arrived_at: datetime | None = None
    left_at: datetime | None = None
    answers: dict[tuple[str, str], Given] = field(default_factory=dict)
    wasted_trips: list[WastedTrip] = field(default_factory=list)
    second_visits: list[SecondVisit] = field(default_factory=list)

    def worked_minutes(self) -> int:
        """Net of every pause, in whole minutes."""
        return sum(span.seconds for span in self.spans if span.reason is None) // 60

    def waited_minutes(self) -> dict[Party, int]:
        """How long each party was waited for, in whole minutes."""
        seconds: dict[Party, int] = {}
        for span in self.spans:
            if span.party is not None:
                seconds[span.party] = seconds.get(span.party, 0) + span.seconds
        return {party: seconds[party] // 60 for party in Party if seconds.get(party, 0) >= 60}


def fold(commands: Collection[Command], facts: Facts, rule: Rule) -> Record:
    """What these commands make, whatever the order in which they are given."""
    known = in_order(commands, rule)
    retracted = _retracted(known)
    course = _Course(facts, rule, retracted)
    if facts.checked_in_at is not None and not any(_is_arrival(each) for each in known):
        course.arrive("", facts.checked_in_at)
    for command in known:
        course.record.standings[command.command_id] = (
            Standing(Outcome.RETRACTED)
            if command.command_id in retracted
            else course.take(command, command.at(rule.clock_tolerance))
        )
    return course.ended()


def in_order(commands: Collection[Command], rule: Rule) -> list[Command]:
    """Commands as they happened; of one instant arrivals first, then by their ids. Of one that came
    several times the least offset counts: being on the way only adds."""
    least: dict[str, Command] = {}
    for command in commands:
        known = least.get(command.command_id)
        if known is None or command.clock_offset < known.clock_offset:
            least[command.command_id] = command
    tolerance = rule.clock_tolerance
    return sorted(
        least.values(),
        key=lambda each: (each.at(tolerance), not _is_arrival(each), each.command_id),
    )


def _is_arrival(command: Command) -> bool:
    return isinstance(command.body, Arrival)


def _retracted(commands: Sequence[Command]) -> set[str]:
    """What technicians took back of their own; not what is under the seal already."""
    by_id = {command.command_id: command for command in commands}
    return {
        target.command_id
        for command in commands
        if isinstance(command.body, Retraction)
        and (target := by_id.get(command.body.command_id)) is not None
        and _may_retract(command, target)
    }


def _may_retract(command: Command, target: Command) -> bool:
    return (
        isinstance(target.body, Answer | Evidence)
        and target.technician_id == command.technician_id
        and command.after_seal <= target.after_seal
    )


class _Course:
    """The commands, taken one after the other as they happened."""

    def __init__(self, facts: Facts, rule: Rule, retracted: Collection[str]) -> None:
        self.record = Record()
        self._facts = facts
        self._rule = rule
        self._retracted = retracted
        self._on_site_since: datetime | None = None
        #: Because of whom the technician left and has to come again.
        self._comes_back_for: Party | None = None
        self._worked = False
        self._seen = False

    def take(self, command: Command, at: datetime) -> Standing:
        """What one command does now."""
        if self._facts.completed_at is not None and at > self._facts.completed_at:
            match command.body:
                case Arrival() | ClockAct() | CustomerAbsence():
                    return _idle("WORK_COMPLETED", "the work was completed before")
                case _:
                    pass
        match command.body:
            case Arrival():
                return self.arrive(command.command_id, at)
            case ClockAct() as act:
                return self._clock(act, at)
            case CustomerAbsence():
                return self._absent(command.command_id, at)
            case Answer() as answer:
                key = answer.checklist_code, answer.item_key
                self.record.answers[key] = Given(answer, at)
                return _APPLIED
            case Evidence():
                self._seen = True
                return _APPLIED
            case Retraction() as retraction:
                return self._retraction(retraction)

    def arrive(self, command_id: str, at: datetime) -> Standing:
        """The technician is there; who is there already only says so again."""
        if self._on_site_since is not None:
            return _APPLIED
        if self._comes_back_for is not None:
            self.record.second_visits.append(SecondVisit(command_id, at, self._comes_back_for))
        self.record.arrived_at = self.record.arrived_at or at
        self.record.left_at = None
        self._on_site_since, self._comes_back_for = at, None
        self._worked = self._seen = False
        return _APPLIED

    def ended(self) -> Record:
        """The record; what was going on when the work was completed ended with it."""
        if self._facts.completed_at is not None:
            self._close(self._facts.completed_at)
        return self.record

    def _clock(self, act: ClockAct, at: datetime) -> Standing:
        if self._on_site_since is None:
            return _idle("WORK_CLOCK_NOT_ON_SITE", "nobody had checked in by then")
        match act.verb:
            case ClockVerb.START | ClockVerb.RESUME:
                return self._go_on(act.verb, at)
            case ClockVerb.PAUSE:
                self._open(ClockState.PAUSED, Span(at, None, act.reason, act.party))
                return _APPLIED
            case ClockVerb.STOP:
                return self._stop(act, at)

    def _go_on(self, verb: ClockVerb, at: datetime) -> Standing:
        if self.record.clock is ClockState.WORKING:
            return _idle("WORK_CLOCK_RUNNING", "work was going on already")
        if verb is ClockVerb.RESUME and self.record.clock is ClockState.OFF:
            return _idle("WORK_CLOCK_NOT_PAUSED", "work was not paused by then")
        self._worked = True
        self._open(ClockState.WORKING, Span(at, None))
        return _APPLIED

    def _stop(self, act: ClockAct, at: datetime) -> Standing:
        if self.record.clock is ClockState.OFF and not act.comes_back:
            return _idle("WORK_CLOCK_NOT_RUNNING", "no work was going on by then")
        self._close(at)
        if act.comes_back:
            self._leave(at, act.party)
        return _APPLIED

    def _absent(self, command_id: str, at: datetime) -> Standing:
        if self._on_site_since is None:
            return _idle("WASTED_TRIP_NOT_ON_SITE", "nobody had checked in by then")
        if self._worked:
            return _idle("WASTED_TRIP_WORK_BEGAN", "work had begun: somebody was there")
        waited = int((at - self._on_site_since).total_seconds()) // 60
        if waited < self._rule.wasted_trip_minutes:
            missing = self._rule.wasted_trip_minutes - waited
            return _idle(
                "WASTED_TRIP_TOO_EARLY",
                f"{waited} minutes on site; wait for {missing} more",
            )
        if not self._seen:
            return _idle("WASTED_TRIP_NO_EVIDENCE", "take a photo first that shows it")
        self.record.wasted_trips.append(WastedTrip(command_id, at, waited))
        self._close(at)
        self._leave(at, None)
        return _APPLIED

    def _retraction(self, retraction: Retraction) -> Standing:
        if retraction.command_id in self._retracted:
            return _APPLIED
        return _idle(
            "RETRACTION_WITHOUT_TARGET",
            "there is no evidence or answer of this technician with that id, or the customer has"
            " accepted it",
        )

    def _open(self, state: ClockState, span: Span) -> None:
        self._close(span.starts_at)
        self.record.clock = state
        self.record.spans.append(span)

    def _close(self, at: datetime) -> None:
        """End what is going on."""
        if self.record.clock is not ClockState.OFF:
            last = self.record.spans[-1]
            self.record.spans[-1] = Span(last.starts_at, at, last.reason, last.party)
        self.record.clock = ClockState.OFF

    def _leave(self, at: datetime, comes_back_for: Party | None) -> None:
        self.record.left_at = at
        self._on_site_since, self._comes_back_for = None, comes_back_for


def _idle(reason: str, message: str) -> Standing:
    return Standing(Outcome.WITHOUT_EFFECT, reason, message)
