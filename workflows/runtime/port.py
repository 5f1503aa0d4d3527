"""The outside as the interpreter's drivers see it, and the driver on a virtual clock.

A driver carries commands out and feeds what comes of them back. Temporal's is
``workflows.runtime.workflow``; ``VirtualCase`` is the other one, for tests, dry runs and simulation:
it answers from a ``Port``, waits in no time, and keeps everything that was asked of it.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from kit.calendar import BusinessCalendar
from workflows.compiler.plan import Plan
from workflows.runtime.acts import check_act
from workflows.runtime.commands import (
    CALL_CLOSED,
    CallRpc,
    CancelCall,
    CancelChild,
    CancelTimer,
    Command,
    EndCase,
    Move,
    PrioritiseChild,
    RaiseIncident,
    RecordAct,
    StartFieldWork,
    StartSubflow,
    StartTimer,
)
from workflows.runtime.events import (
    Act,
    Acted,
    CancelRequested,
    ChildEnded,
    Event,
    EventArrived,
    RpcFailed,
    RpcSucceeded,
    Started,
    TimerFired,
)
from workflows.runtime.interpreter import step
from workflows.runtime.places import each
from workflows.runtime.state import CaseState
from workflows.runtime.user_task import UserTask


@dataclass(frozen=True, slots=True)
class Reply:
    """How a call, a field work or a child case ends, and after how long. A reason makes it a failure."""

    response: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    message: str = ""
    after: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Asked:
    """A user task has opened."""

    task_id: str
    task: UserTask


class Port(Protocol):
    """The world outside a case. It answers at once how something will end, or None: then it tells
    the case later, with ``VirtualCase.answer`` or ``end_child``."""

    def call(self, call: CallRpc, at: datetime) -> Reply | None:
        """Answer one RPC."""
        ...

    def field_work(self, work: StartFieldWork, at: datetime) -> Reply | None:
        """Live a work order through."""
        ...

    def child_case(self, child: StartSubflow, at: datetime) -> Reply | None:
        """Live another flow through."""
        ...


class VirtualCase:
    """One case on a virtual clock.

    Attributes:
        state: where it stands.
        now: the clock.
        commands: everything the case asked for, with when.
        events: everything that happened, to be replayed.
        log: all that changed something, in order, the moves of tokens too, with when.
    """

    def __init__(self, plan: Plan, port: Port, now: datetime) -> None:
        self.plan = plan
        self.state = CaseState()
        self.now = now
        self.commands: list[tuple[datetime, Command]] = []
        self.events: list[Event] = []
        self.log: list[tuple[datetime, Event | Command | Move | Asked]] = []
        self._port = port
        self._due: list[tuple[datetime, int, Callable[[], Event], str]] = []
        self._count = 0
        self._in_flight: set[str] = set()

    def start(
        self,
        inputs: dict[str, Any],
        *,
        by: str = "pe_starter",
        case_id: str = "ca_virtual",
        calendar: BusinessCalendar | None = None,
    ) -> None:
        """Start the case and let it come to wait."""
        self.feed(
            Started(
                at=self.now,
                case_id=case_id,
                workflow_id=f"case:{case_id}",
                inputs=inputs,
                started_by=by,
                calendar=calendar,
            )
        )
        self.advance(timedelta(0))

    def act(self, act: Act) -> None:
        """Let a person act now.

        Raises:
            ServiceError: the act is refused.
        """
        if self.state.status.over:
            check_act(self.state, act, self.plan)  # the interpreter passes over what comes too late
        self.feed(Acted(at=self.now, act=act))
        self.advance(timedelta(0))

    def cancel(self, by: str, reason: str) -> None:
        """Let operations cancel the case."""
        self.feed(CancelRequested(at=self.now, by=by, reason=reason))
        self.advance(timedelta(0))

    def arrive(self, event: EventArrived) -> None:
        """Let a domain event arrive now."""
        self.feed(event)
        self.advance(timedelta(0))

    @property
    def next_due(self) -> datetime | None:
        """When something happens next by itself; None: never."""
        return self._due[0][0] if self._due else None

    def advance(self, duration: timedelta) -> None:
        """Let time pass; what falls due happens at its own instant, in order."""
        until = self.now + duration
        while self._due and self._due[0][0] <= until:
            at, _, event, _ = heapq.heappop(self._due)
            self.now = max(self.now, at)
            self.feed(event())
        self.now = until

    def feed(self, event: Event) -> None:
        """Apply one event and carry out what the case asks for."""
        log: list[Command | Move] = []
        before = self.state
        self.state, commands = step(before, event, self.plan, log)
        self.events.append(event)
        if self.state is not before:
            self.log += [(self.now, entry) for entry in (event, *log, *self._opened(before))]
        for command in commands:
            self.commands.append((self.now, command))
            self._carry_out(command)

    def _opened(self, before: CaseState) -> list[Asked]:
        known = dict(each(before, self.plan, "tasks"))
        tasks = each(self.state, self.plan, "tasks")
        return [Asked(id, task) for id, task in tasks if id not in known]

    def _carry_out(self, command: Command) -> None:
        match command:
            case CallRpc(closing=True):
                self._close(command)
            case CallRpc():
                self.answer(command, self._port.call(command, self.now))
            case StartTimer(timer_id, due, _):
                at = max(due, self.now)
                self._schedule(at, lambda: TimerFired(at=self.now, timer_id=timer_id), timer_id)
            case CancelTimer(timer_id):
                self._due = [due for due in self._due if due[-1] != timer_id]
                heapq.heapify(self._due)
            case StartFieldWork():
                self.end_child(command, self._port.field_work(command, self.now))
            case StartSubflow():
                self.end_child(command, self._port.child_case(command, self.now))
            case CancelChild(node, visit, _):
                self._schedule(
                    self.now,
                    lambda: ChildEnded(at=self.now, node=node, visit=visit, outcome="cancelled"),
                )
            case CancelCall() | PrioritiseChild() | RecordAct() | RaiseIncident() | EndCase():
                pass  # the state knows

    def answer(self, call: CallRpc, reply: Reply | None) -> None:
        """Let a call end so, as long from now as the reply says; None: not yet."""
        self._in_flight.add(call.call_id)
        if reply is None:
            return

        def event() -> Event:
            self._in_flight.discard(call.call_id)
            if reply.reason:
                return RpcFailed(self.now, call.call_id, reply.reason, reply.message)
            return RpcSucceeded(self.now, call.call_id, reply.response)

        self._schedule(self.now + reply.after, event)

    def _close(self, call: CallRpc) -> None:
        """What is in flight tells by itself what became of it; what has failed was not applied."""
        if call.call_id not in self._in_flight:
            closed = RpcFailed(self.now, call.call_id, CALL_CLOSED, "it was not applied")
            self._schedule(self.now, lambda: closed)

    def end_child(self, child: StartFieldWork | StartSubflow, reply: Reply | None) -> None:
        """Let a field work or a child case end so, as long from now as the reply says; None: not
        yet."""
        if reply is None:
            return

        def event() -> Event:
            return ChildEnded(
                at=self.now,
                node=child.node,
                visit=child.visit,
                outcome="failed" if reply.reason else "completed",
                output=reply.response,
                reason=reply.reason,
                message=reply.message,
            )

        self._schedule(self.now + reply.after, event)

    def _schedule(self, at: datetime, event: Callable[[], Event], timer_id: str = "") -> None:
        self._count += 1
        heapq.heappush(self._due, (at, self._count, event, timer_id))
