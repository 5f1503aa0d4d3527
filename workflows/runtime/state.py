"""Where a case stands: everything the interpreter knows, in one JSON-able value.

The parts are immutable; a step copies the containers it touches and shares the rest, so an earlier
state stays what it was. ``dump_state`` and ``load_state`` carry it over a continue-as-new.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter

from kit.calendar import BusinessCalendar


class CaseStatus(StrEnum):
    """A case runs, is being undone, or is over."""

    RUNNING = "running"
    CANCELLING = "cancelling"
    COMPLETED = "completed"
    CANCELLED = "cancelled"

    @property
    def over(self) -> bool:
        """True once nothing can happen any more."""
        return self in (CaseStatus.COMPLETED, CaseStatus.CANCELLED)


class Phase(StrEnum):
    """What a token on a node waits for."""

    ASSIGNING = "assigning"
    PERSON = "person"
    CALL = "call"
    FIELD_WORK = "field_work"
    TIME = "time"
    EVENT = "event"
    STUCK = "stuck"  # an incident is open


@dataclass(frozen=True, slots=True)
class Token:
    """A token standing on a node, in its n-th visit."""

    node: str
    visit: int
    entered_at: datetime
    phase: Phase


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a node is: its latest visit, and when it was left. ``order`` tells what came first
    where instants are equal."""

    visit: int
    entered_at: datetime
    order: int
    left_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Signature:
    """One signer's approval."""

    person: str
    at: datetime


@dataclass(frozen=True, slots=True)
class UserTask:
    """An open user task (待办).

    Attributes:
        candidates: who may take it, or for a countersign who must all sign, in the directory's order.
        assignee: who took it or was given it; empty while nobody did.
        signatures: who has approved so far, for several signers.
        revision: grows with every act that changes the task.
        responded_at: when somebody first answered; stops the respond clock.
        respond_due: the instant by which somebody must answer.
        complete_due: the instant by which it must be done.
        provisional: a due instant lies in a year whose calendar is not final.
        urged: how often somebody urged (催办).
    """

    task_id: str
    node: str
    visit: int
    opened_at: datetime
    candidates: tuple[str, ...]
    assignee: str = ""
    signatures: tuple[Signature, ...] = ()
    revision: int = 1
    responded_at: datetime | None = None
    respond_due: datetime | None = None
    complete_due: datetime | None = None
    provisional: bool = False
    urged: int = 0

    @property
    def waiting_on(self) -> tuple[str, ...]:
        """The people whose move it is."""
        if self.assignee:
            return (self.assignee,)
        signed = {signature.person for signature in self.signatures}
        return tuple(person for person in self.candidates if person not in signed)


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer with its absolute due instant."""

    timer_id: str
    node: str
    visit: int
    due: datetime
    purpose: str  # "wait", or the id of the SLA alarm


@dataclass(frozen=True, slots=True)
class PendingCall:
    """An RPC in flight and what to do with its reply."""

    call_id: str
    node: str
    visit: int
    purpose: str
    withdrawn: bool = False
    """The token is gone; a success must still be undone."""
    detail: str = ""
    """Which question was asked: ``open`` for the task itself, else the id of an alarm."""
    fallback: bool = False
    """The first answer was nobody; this asks the role named for that case."""
    request: dict[str, Any] = field(default_factory=dict)
    """What undoing the call may need of its request."""


@dataclass(frozen=True, slots=True)
class Child:
    """A child workflow that has not reported its end."""

    node: str
    visit: int
    kind: str
    cancelling: bool = False


@dataclass(frozen=True, slots=True)
class Awaited:
    """A domain event that a node waits for."""

    node: str
    visit: int
    type: str
    key: str


@dataclass(frozen=True, slots=True)
class ActOutcome:
    """What an applied act led to; the same act key gets it again."""

    act_key: str
    task_id: str
    verb: str
    person: str
    at: datetime
    revision: int
    task_open: bool


@dataclass(frozen=True, slots=True)
class Effect:
    """A completed call that can be undone, newest last, with what its undoing needs."""

    node: str
    visit: int
    order: int
    rpc: str
    quick: bool
    request: dict[str, Any]
    takes_reason: bool


@dataclass(frozen=True, slots=True)
class Unwind:
    """Effects being undone, newest first, before a token enters ``goal``; an empty goal ends the
    case as cancelled.

    It first waits for the calls and children it has withdrawn, since they may still succeed.

    Attributes:
        nodes: the nodes being undone.
        reason: why, for the services that want to know.
        effects: what is still to be undone, newest last.
        stuck: undoing the newest one failed; operations must look at it.
    """

    goal: str
    nodes: tuple[str, ...]
    reason: str
    effects: tuple[Effect, ...] = ()
    stuck: bool = False


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that stands still until operations look at it."""

    incident_id: str
    node: str
    visit: int
    reason: str
    message: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CaseState:
    """One case. Containers are never changed in place: a step replaces them."""

    case_id: str = ""
    workflow_id: str = ""
    flow_version: int = 0
    plan_hash: str = ""
    started_at: datetime | None = None
    started_by: str = ""
    status: CaseStatus = CaseStatus.RUNNING
    revision: int = 0
    """Grows with every step that changed something; numbers the read model's upserts."""
    stage: str = ""
    calendar: BusinessCalendar | None = None
    data: dict[str, Any] = field(default_factory=dict)
    """``inputs``, ``case``, ``data`` (the flow's variables) and the result of each node by its id."""
    order: int = 0
    """Counts entries and effects, to tell what came first."""
    standings: dict[str, Standing] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    joined: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The edges by which tokens have come to each node that waits for more."""
    tasks: dict[str, UserTask] = field(default_factory=dict)
    timers: dict[str, Timer] = field(default_factory=dict)
    calls: dict[str, PendingCall] = field(default_factory=dict)
    children: dict[str, Child] = field(default_factory=dict)
    awaited: dict[str, Awaited] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    """The newest sequence seen of each aggregate's events."""
    handlers: dict[str, str] = field(default_factory=dict)
    """Who handled each node last."""
    acts: dict[str, ActOutcome] = field(default_factory=dict)
    effects: tuple[Effect, ...] = ()
    unwinding: tuple[Unwind, ...] = ()
    incidents: dict[str, Incident] = field(default_factory=dict)
    outcome: str = ""
    end_node: str = ""
    ended_at: datetime | None = None

    @property
    def next_due(self) -> datetime | None:
        """The earliest due instant of all timers, None when there is none."""
        return min((timer.due for timer in self.timers.values()), default=None)


_ADAPTER: TypeAdapter[CaseState] = TypeAdapter(CaseState)


def dump_state(state: CaseState) -> bytes:
    """The state as JSON, to be carried over."""
    return _ADAPTER.dump_json(state)


def load_state(content: bytes) -> CaseState:
    """Read a carried-over state."""
    return _ADAPTER.validate_json(content)
