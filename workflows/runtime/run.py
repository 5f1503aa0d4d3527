"""One step's working copy of a case: what the parts of the interpreter change and emit.

A case has one run through its flow and, while a body is lived through, an inner run for each time.
All are the same to the parts of the interpreter: ids are a run's own, and what leaves or reaches an
inner run has the run's name put before it or taken off.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, Final, Literal

from kit.calendar import ROUND_THE_CLOCK, BusinessCalendar
from workflows.compiler.plan import (
    Plan,
    PlanBoundary,
    PlanEdge,
    PlanGraph,
    PlanNode,
    ServiceNode,
)
from workflows.language.values import Json
from workflows.runtime.clocks import Clock
from workflows.runtime.commands import (
    CallRpc,
    CancelTimer,
    Command,
    Move,
    Purpose,
    RaiseIncident,
    StartTimer,
    within,
)
from workflows.runtime.copied import CopiedRun
from workflows.runtime.places import body_of, element_named, layered, titled
from workflows.runtime.state import (
    CaseState,
    Incident,
    InnerState,
    PendingCall,
    Phase,
    RunState,
    Standing,
    Timer,
    Trouble,
)

_OF_RUN: Final = tuple(field.name for field in fields(RunState))
_OF_CASE: Final = tuple(field.name for field in fields(CaseState))
#: Most of a state's containers are empty, in all states the same one.
_EMPTY: Final[dict[str, Any]] = {}
#: A case that moves this often in one step is not moving at all.
_MOST_MOVES: Final = 50_000


class Run(CopiedRun):
    """A run in the middle of a step."""

    #: The case it belongs to, and its plan.
    case: CaseRun
    plan: Plan
    #: The run around it; None: it is the case's own.
    outer: Run | None = None
    #: What stands before its ids outside: ``each/1.2:`` or, in the case's own, nothing.
    path: str = ""
    #: Which elements it is about, for people.
    of: str = ""

    def __init__(self, state: RunState, graph: PlanGraph, at: datetime) -> None:
        super().__init__(state, at)
        self.graph = graph
        #: Tokens about to enter a node, in order: the edge by which they come, and the node.
        self.agenda: list[tuple[str, str]] = []
        self._opened: dict[str, InnerRun] = {}

    @property
    def data(self) -> dict[str, Json]:
        """What expressions read here: what is set around it, and what it has set itself."""
        return self.own_data

    def name(self, node: PlanNode) -> str:
        """A node's name, for people."""
        return titled(node.name, self.of)

    def emit(self, command: Command) -> None:
        """Ask something of the outside."""
        placed = within(self.path, command)
        self.case.commands.append(placed)
        self.case.log.append(placed)

    def note(self, kind: Literal["comes", "leaves", "goes"], node: str, way: str = "") -> None:
        """Write down that a token moves."""
        visit = self.standings[node].visit
        self.case.log.append(Move(kind, f"{self.path}{node}", visit, way))

    def find(self, kind: str, id: str) -> tuple[Run, str] | None:
        """The run that has something of this id among its calls, tasks …, and the id there."""
        if id in getattr(self, kind):
            return self, id
        key, _, rest = id.partition(":")
        return self.open(key).find(kind, rest) if key in self.inner else None

    # -- inner runs

    def begin_inner(self, node: str, visit: int, number: int, data: dict[str, Json]) -> InnerRun:
        """Begin to live a node's body through."""
        key = f"{node}/{visit}.{number}"
        state = InnerState(node=node, visit=visit, number=number, data={"data": {}, **data})
        self.inner[key] = state
        inner = self.open(key)
        inner.agenda.append(("", inner.graph.start))
        return inner

    def open(self, key: str) -> InnerRun:
        """The working copy of an inner run."""
        if key not in self._opened:
            state = self.inner[key]
            body = body_of(self.graph.by_id[state.node])
            self._opened[key] = InnerRun(state, body, self, key)
        return self._opened[key]

    def all_inside(self) -> Iterator[Run]:
        """This run and all inside it, each before those inside it."""
        yield self
        for key in list(self.inner):
            yield from self.open(key).all_inside()

    def opened(self) -> list[InnerRun]:
        """The inner runs that may have changed in this step."""
        return list(self._opened.values())

    def inner_of(self, node: str, visit: int) -> list[InnerRun]:
        """The runs of a node's body."""
        return [
            self.open(key)
            for key, state in list(self.inner.items())
            if (state.node, state.visit) == (node, visit)
        ]

    def forget_inner(self, inner: InnerRun) -> None:
        """Nothing of it is under way any more."""
        del self.inner[inner.key], self._opened[inner.key]

    def _frozen(self, names: tuple[str, ...]) -> dict[str, Any]:
        parts = ((name, getattr(self, name)) for name in names)
        values = {
            name: _EMPTY if not part and isinstance(part, dict) else part for name, part in parts
        }
        values["data"] = self.own_data
        values["inner"] = {
            key: self._opened[key].freeze() if key in self._opened else state
            for key, state in self.inner.items()
        }
        return values

    # -- tokens

    def begin_visit(self, node: PlanNode) -> int:
        """Count a visit of a node."""
        earlier = self.standings.get(node.id)
        visit = earlier.visit + 1 if earlier else 1
        self.standings[node.id] = Standing(visit, self.at, self.case.next_order())
        self.note("comes", node.id)
        if node.stage:
            self.case.stage = node.stage
        return visit

    def renew_visit(self, node: PlanNode) -> int:
        """Begin a node once more with the time that is left for it: what is armed stays so."""
        visit = self.standings[node.id].visit + 1
        self.standings[node.id] = replace(self.standings[node.id], visit=visit)
        self.incidents.pop(f"{node.id}/{visit - 1}", None)
        self.rounds.pop(node.id, None)
        for timers in (self.timers, self.stopped_timers):
            for timer in [timer for timer in timers.values() if timer.node == node.id]:
                renewed = replace(timer, timer_id=f"{node.id}/{visit}/{timer.purpose}", visit=visit)
                if timers is self.timers:
                    self._disarm(timer)
                    self.run_timer(renewed)
                else:
                    del timers[timer.timer_id]
                    timers[renewed.timer_id] = renewed
        for key in [key for key, awaited in self.awaited.items() if awaited.node == node.id]:
            awaited = replace(self.awaited.pop(key), visit=visit)
            self.awaited["/".join(p for p in (node.id, str(visit), awaited.way) if p)] = awaited
        return visit

    def end_visit(self, node: str) -> None:
        """The token is gone from a node, and what was armed for it with it."""
        self.tokens.pop(node, None)
        self.rounds.pop(node, None)
        self.incidents.pop(f"{node}/{self.standings[node].visit}", None)
        self.cancel_timers(node)
        for key in [key for key, awaited in self.awaited.items() if awaited.node == node]:
            del self.awaited[key]
        self.standings[node] = replace(self.standings[node], left_at=self.at)
        self.note("leaves", node)

    def follow(self, node: str, *ways: PlanEdge | PlanBoundary) -> None:
        """Send a token along each way out of a node."""
        for way in ways:
            self.note("goes", node, way.id)
            self.agenda.append((way.id, way.to))

    # -- outside

    def call(
        self,
        call: PendingCall,
        rpc: str,
        request: dict[str, Json],
        *,
        quick: bool,
        mutating: bool,
        summary: str,
        barrier: bool = False,
    ) -> None:
        """Call an RPC."""
        described = replace(
            call, rpc=rpc, request=request, quick=quick, mutating=mutating, summary=summary
        )
        self.make(described, barrier=barrier)

    def make(self, call: PendingCall, *, barrier: bool = False, closing: bool = False) -> None:
        """Make a call, or make it again: its id and epoch are the tail of its idempotency key.

        Args:
            closing: only ask what became of it; from then on it cannot be applied any more.
        """
        # It is made anew: what an earlier making met with is over.
        self.calls[call.call_id] = replace(call, retries=None) if call.retries else call
        epoch = f"/e{call.epoch}" if call.epoch else ""
        key = f"{self.case.workflow_id}/{self.path}{call.call_id}{epoch}"
        node = self.graph.by_id.get(call.node) if call.purpose == Purpose.NODE else None
        service = node if isinstance(node, ServiceNode) else None
        self.emit(
            CallRpc(
                call_id=call.call_id,
                node=call.node,
                visit=call.visit,
                rpc=call.rpc,
                request=call.request,
                idempotency_key=key if call.mutating else "",
                quick=call.quick,
                summary=call.summary,
                purpose=Purpose(call.purpose),
                # A workflow task that is done again may go another way, and what it had done before
                # would be forgotten: not so what would have to be undone.
                barrier=barrier or (service is not None and service.compensation is not None),
                closing=closing,
                retry=service.retry if service else None,
            )
        )

    def arm_at(self, node: PlanNode, visit: int, purpose: str, due: datetime, summary: str) -> None:
        """Arm a timer of a visit for an instant."""
        self._arm(
            Timer(f"{node.id}/{visit}/{purpose}", node.id, visit, due, purpose, summary=summary)
        )

    def arm_after(
        self,
        node: PlanNode,
        visit: int,
        purpose: str,
        seconds: int,
        calendar: Literal["business", "natural"],
        summary: str,
    ) -> None:
        """Arm a timer of a visit that rings when so much time has passed."""
        clock = Clock(self.at)
        self._arm(
            Timer(
                f"{node.id}/{visit}/{purpose}",
                node.id,
                visit,
                clock.due(self.calendar_of(calendar), seconds).at,
                purpose,
                clock,
                seconds,
                calendar,
                summary,
            )
        )

    def _arm(self, timer: Timer) -> None:
        self.run_timer(timer)
        if self.case.halted_at is not None:
            self.stop_timer(timer)

    def run_timer(self, timer: Timer) -> None:
        """Let a timer ring when it is due."""
        self.stopped_timers.pop(timer.timer_id, None)
        self._disarm(timer)
        self.timers[timer.timer_id] = timer
        self.emit(StartTimer(timer.timer_id, timer.due, timer.summary))

    def stop_timer(self, timer: Timer) -> None:
        """Let a timer stand until it goes on."""
        clock = timer.clock.stop(self.at) if timer.clock else None
        self.stopped_timers[timer.timer_id] = replace(timer, clock=clock)
        self._disarm(timer)

    def cancel_timers(self, node: str, only: frozenset[str] | None = None) -> None:
        """Disarm a node's timers: all, or those for some purposes."""
        for timer in (*self.timers.values(), *self.stopped_timers.values()):
            if timer.node == node and (only is None or timer.purpose in only):
                self.stopped_timers.pop(timer.timer_id, None)
                self._disarm(timer)

    def _disarm(self, timer: Timer) -> None:
        if self.timers.pop(timer.timer_id, None) is not None:
            self.emit(CancelTimer(timer.timer_id))

    def calendar_of(self, kind: str) -> BusinessCalendar:
        """Whose time is counted: working time of the case's calendar, or elapsed time."""
        return (self.case.calendar if kind == "business" else None) or ROUND_THE_CLOCK

    def raise_incident(
        self,
        trouble: Trouble,
        node: str,
        visit: int,
        reason: str,
        message: str,
        *,
        detail: str = "",
        **more: Any,
    ) -> None:
        """Something stands still; without a detail it is the token itself that does.

        Args:
            more: what resolving it needs, as ``Incident`` names it.
        """
        incident_id = "/".join(part for part in (node, str(visit), detail) if part)
        self.incidents[incident_id] = Incident(
            incident_id, node, visit, reason, message, self.at, trouble, detail=detail, **more
        )
        if not detail and node in self.tokens:
            self.set_phase(node, Phase.STUCK)
        self.emit(RaiseIncident(incident_id, node, visit, reason, message))

    # -- data

    def handler_of(self, node: str) -> str:
        """Who handled a node last, here or around; empty: nobody."""
        found = self.handlers.get(node, "")
        return found or (self.outer.handler_of(node) if self.outer else "")

    def node_named(self, node: str) -> PlanNode | None:
        """A node, here or around; None: there is none of that name."""
        found = self.graph.by_id.get(node)
        return found or (self.outer.node_named(node) if self.outer else None)

    def note_approvers(self, node: str, people: tuple[str, ...]) -> None:
        """These have approved at a node."""
        self.case.approvers[self.path + node] = people

    def forget_doers(self, nodes: Collection[str]) -> None:
        """What people have done at these nodes, and in their bodies, does not count any more."""
        for node in nodes:
            self.handlers.pop(node, None)
            own, inside = self.path + node, f"{self.path}{node}/"
            for key in [k for k in self.case.approvers if k == own or k.startswith(inside)]:
                del self.case.approvers[key]


class CaseRun(Run):
    """A case's own run, and what is one for all runs inside it."""

    def __init__(self, state: CaseState, at: datetime, plan: Plan) -> None:
        super().__init__(state, plan, at)
        self.case, self.plan = self, plan
        self.before = state
        self.commands: list[Command] = []
        #: The commands, and the moves among them.
        self.log: list[Command | Move] = []
        #: Something happened that the next state must show.
        self.changed = False
        self._moves = 0
        self.case_id = state.case_id
        self.workflow_id = state.workflow_id
        self.flow_version = state.flow_version
        self.plan_hash = state.plan_hash
        self.started_at = state.started_at
        self.started_by = state.started_by
        self.revision = state.revision
        self.stage = state.stage
        self.calendar = state.calendar
        self.order = state.order
        self.taken = dict(state.taken)
        self.acts = dict(state.acts)
        self.approvers = dict(state.approvers)
        self.outcome = state.outcome
        self.ended_at = state.ended_at
        self.priority = state.priority
        self.halted_at = state.halted_at
        self.halted_by = state.halted_by
        self.halted_for = state.halted_for

    def finish(self) -> CaseState:
        """The state after the step."""
        self.revision += 1
        return CaseState(**self._frozen(_OF_CASE))

    def next_order(self) -> int:
        """A number greater than all before it."""
        self.order += 1
        return self.order

    def count_move(self, node: str) -> None:
        """A token moves.

        Raises:
            RuntimeError: the case moves without end.
        """
        self._moves += 1
        if self._moves > _MOST_MOVES:
            raise RuntimeError(f"case {self.case_id} moves without end at {node}")


class InnerRun(Run):
    """A run of a node's body."""

    def __init__(self, state: InnerState, body: PlanGraph, outer: Run, key: str) -> None:
        super().__init__(state, body, outer.at)
        self.case, self.plan = outer.case, outer.plan
        self.outer: Run = outer
        self.path = f"{outer.path}{key}:"
        self.of = element_named(outer.graph.by_id[state.node], state, outer.of)
        self.key = key
        self.node = state.node
        self.visit = state.visit
        self.number = state.number
        #: What it leaves behind, once it is completed.
        self.result: Json = None

    @property
    def data(self) -> dict[str, Json]:
        """What expressions read here: what it has set itself hides what is set around it."""
        return layered(self.outer.data, self.own_data)

    def freeze(self) -> InnerState:
        """Its state after the step."""
        return InnerState(
            node=self.node, visit=self.visit, number=self.number, **self._frozen(_OF_RUN)
        )
