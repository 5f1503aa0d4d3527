"""Where a case stands: everything the interpreter knows, in one JSON-able value.

The parts are immutable; a step copies the containers it touches and shares the rest, so an earlier
state stays what it was. ``dump_state`` and ``load_state`` carry it over a continue-as-new.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import TypeAdapter

from workflows.runtime.calendars import SharedCalendar
from workflows.runtime.clocks import Clock
from workflows.runtime.search import Search
from workflows.runtime.user_task import UserTask


class CaseStatus(StrEnum):
    """A case runs, is being undone, or is over; so does a run inside it."""

    RUNNING = "running"
    CANCELLING = "cancelling"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"

    @property
    def over(self) -> bool:
        """True once no token can move any more."""
        return self not in (CaseStatus.RUNNING, CaseStatus.CANCELLING)


class Phase(StrEnum):
    """What a token on a node waits for."""

    ASSIGNING = "assigning"
    PERSON = "person"
    CALL = "call"
    FIELD_WORK = "field_work"
    SUBFLOW = "subflow"  # a child case
    BODY = "body"
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
class Timer:
    """A timer with its absolute due instant.

    Attributes:
        purpose: ``wait``, or the id of an SLA alarm or of a boundary.
        clock: what its due instant is computed from; None: that is fixed.
        seconds: how long after the clock began to run.
        calendar: whose time is counted; empty: none, the due instant is fixed.
        summary: for the Temporal UI.
    """

    timer_id: str
    node: str
    visit: int
    due: datetime
    purpose: str
    clock: Clock | None = None
    seconds: int = 0
    calendar: Literal["business", "natural", ""] = ""
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Retries:
    """How a call fares that is made again and again.

    Attributes:
        attempts: how often it was made without an answer, when that was last told.
        reason: why the last one had none.
        since: when it was first made.
    """

    rpc: str
    attempts: int
    reason: str
    message: str
    since: datetime


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
    """Which question was asked: ``open`` for the task itself, else one of an alarm's."""
    search: Search = field(default_factory=Search)
    """What was known when people were asked for."""
    beside: bool = False
    """It goes on when the token is gone."""
    rpc: str = ""
    request: dict[str, Any] = field(default_factory=dict)
    quick: bool = False
    mutating: bool = False
    summary: str = ""
    epoch: int = 0
    """How often another request has taken this one's place; part of the idempotency key."""
    instead: dict[str, Any] | None = None
    """Nothing but what became of it is asked; unless it was applied, this request is made next."""
    retries: Retries | None = None
    """None: as far as is known, it was made once."""

    @property
    def root(self) -> str:
        """The node of this run that it belongs to."""
        return _root(self.node)


@dataclass(frozen=True, slots=True)
class Child:
    """A child workflow that has not reported its end."""

    node: str
    visit: int
    kind: str
    cancelling: bool = False


@dataclass(frozen=True, slots=True)
class Awaited:
    """A domain event that a node waits for.

    Attributes:
        way: of a way out of the node: the boundary's id.
    """

    node: str
    visit: int
    type: str
    key: str
    way: str = ""


@dataclass(frozen=True, slots=True)
class Rounds:
    """A list whose elements a body is lived through for.

    Attributes:
        begun: how many runs have begun.
        results: what each run that is done has left behind, by its number.
    """

    node: str
    visit: int
    items: tuple[Any, ...]
    begun: int = 0
    results: dict[int, Any] = field(default_factory=dict)


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
    """A completed call that can be undone, newest last, with what its undoing needs.

    Attributes:
        node: the node that made it; what an inner run that is over has done keeps its path.
    """

    node: str
    visit: int
    order: int
    rpc: str
    quick: bool
    request: dict[str, Any]
    takes_reason: bool

    @property
    def root(self) -> str:
        """The node of this run that it belongs to."""
        return _root(self.node)


def _root(node: str) -> str:
    return node.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Unwind:
    """Effects being undone, newest first, before a token enters ``goal``; an empty goal: nothing
    follows.

    It first waits for the calls, children and inner runs it has withdrawn, since they may still
    succeed.

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


class Trouble(StrEnum):
    """What an incident is about, and so what operations can do about it (``resolving``)."""

    BOUNDARY = "boundary"  # the ways out of a node could not be armed
    ENTRY = "entry"  # a node could not begin
    PASSAGE = "passage"  # a decision or a parallel could not say where to go on
    EXIT = "exit"  # a node is done, but could not set its variables
    ENDING = "ending"  # what a run leaves behind could not be computed
    CALL = "call"  # the node's call failed
    REPLY = "reply"  # it was applied, but its reply says something else than its contract
    PEOPLE = "people"  # nobody can do a user task
    EVENT = "event"  # an event says something else than its contract
    CHILD = "child"  # a field work, a child case or a body failed
    ROUNDS = "rounds"  # whether enough elements are done could not be computed
    ARRIVAL = "arrival"  # a second token came
    MESSAGE = "message"  # a message could not be sent
    ALARM = "alarm"  # a deadline's alarm reached nobody
    UNDO = "undo"  # a compensation failed
    EFFECT = "effect"  # how to undo what was done could not be computed
    DEFECT = "defect"  # the interpreter failed


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that stands still until operations look at it.

    Attributes:
        call: of a failed call: how to make it again.
        edge: of a second token: by which edge it came.
        detail: of an alarm: what was asked.
        order: of an effect: when it was done.
        reply: of an effect, or of a malformed reply: what the service replied.
        event: of a defect: the event that could not be applied, to be applied again; None: nothing
            is to be applied.
    """

    incident_id: str
    node: str
    visit: int
    reason: str
    message: str
    at: datetime
    trouble: Trouble = Trouble.DEFECT
    call: PendingCall | None = None
    edge: str = ""
    detail: str = ""
    order: int = 0
    reply: dict[str, Any] | None = None
    event: dict[str, Any] | None = None

    @property
    def root(self) -> str:
        """The node of this run that it belongs to."""
        return _root(self.node)


@dataclass(frozen=True, slots=True)
class RunState:
    """One run through a graph: the case's own, or a body's. All ids in it are its own.

    Attributes:
        status: of an inner run too; one that is over stays until what it started has ended.
        reason: why it is being cancelled, or has failed.
        data: what it has set itself: the result of each node by its id, and ``data``, the flow's
            variables; the case's own run has ``inputs`` and ``case`` too. An inner run reads what
            is set around it as well.
        joined: the edges by which tokens have come to each node that waits for more.
        handlers: who handled each node last.
        earlier: what people had filled in at a node before it was taken back: offered again.
        kept_for: who gets a node's next task, because it comes back to them.
        stopped_timers: timers that do not run, since a task or the whole case is paused.
        rounds: the lists that are being gone through, by node.
        inner: the runs of bodies, by ``node/visit.number``.
        end_node: where its last token ended.
    """

    status: CaseStatus = CaseStatus.RUNNING
    reason: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    standings: dict[str, Standing] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    joined: dict[str, tuple[str, ...]] = field(default_factory=dict)
    tasks: dict[str, UserTask] = field(default_factory=dict)
    timers: dict[str, Timer] = field(default_factory=dict)
    calls: dict[str, PendingCall] = field(default_factory=dict)
    children: dict[str, Child] = field(default_factory=dict)
    awaited: dict[str, Awaited] = field(default_factory=dict)
    handlers: dict[str, str] = field(default_factory=dict)
    earlier: dict[str, Any] = field(default_factory=dict)
    kept_for: dict[str, str] = field(default_factory=dict)
    effects: tuple[Effect, ...] = ()
    unwinding: tuple[Unwind, ...] = ()
    incidents: dict[str, Incident] = field(default_factory=dict)
    rounds: dict[str, Rounds] = field(default_factory=dict)
    inner: dict[str, InnerState] = field(default_factory=dict)
    end_node: str = ""
    stopped_timers: dict[str, Timer] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InnerState(RunState):
    """The run of a body.

    Attributes:
        node: the node whose body it is, and the visit of it.
        number: which of the node's runs, from 1.
    """

    node: str = ""
    visit: int = 0
    number: int = 1


@dataclass(frozen=True, slots=True)
class CaseState(RunState):
    """One case: its own run, and what is one for all runs inside it.

    Attributes:
        revision: grows with every step that changed something; numbers the read model's upserts.
        order: counts entries and effects, to tell what came first.
        taken: the sequences of the events that were taken of each aggregate, the latest ones.
        approvers: who has approved at each node, as far as that was not undone.
        priority: which of the plan's; empty: it has none.
        halted_at: since when all its clocks stand; None: they run.
        halted_by: who paused it.
        halted_for: why: the id of a declared reason, or in words.
    """

    case_id: str = ""
    workflow_id: str = ""
    flow_version: int = 0
    plan_hash: str = ""
    started_at: datetime | None = None
    started_by: str = ""
    revision: int = 0
    stage: str = ""
    calendar: SharedCalendar | None = None
    order: int = 0
    taken: dict[str, tuple[int, ...]] = field(default_factory=dict)
    acts: dict[str, ActOutcome] = field(default_factory=dict)
    approvers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    outcome: str = ""
    ended_at: datetime | None = None
    priority: str = ""
    halted_at: datetime | None = None
    halted_by: str = ""
    halted_for: str = ""


_ADAPTER: TypeAdapter[CaseState] = TypeAdapter(CaseState)


def dump_state(state: CaseState) -> bytes:
    """The state as JSON, to be carried over."""
    return _ADAPTER.dump_json(state)


def load_state(content: bytes) -> CaseState:
    """Read a carried-over state."""
    return _ADAPTER.validate_json(content)
