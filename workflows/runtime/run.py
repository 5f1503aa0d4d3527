"""One step's working copy of a case: what the parts of the interpreter change and emit.

Containers are copied when a step begins and their immutable elements replaced, so the state that
the step began with stays as it was.
"""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any, Final

from kit.calendar import ROUND_THE_CLOCK, Deadline
from workflows.compiler.plan import Plan, PlanBoundary, PlanEdge, PlanNode
from workflows.language.values import Json
from workflows.runtime.commands import (
    CallRpc,
    CancelTimer,
    Command,
    Purpose,
    RaiseIncident,
    StartTimer,
)
from workflows.runtime.state import (
    CaseState,
    CaseStatus,
    Incident,
    PendingCall,
    Phase,
    Standing,
    Timer,
    Token,
)

_FIELDS: Final = tuple(field.name for field in fields(CaseState))


class Run:
    """A case in the middle of a step."""

    def __init__(self, state: CaseState, at: datetime, plan: Plan) -> None:
        self.before = state
        self.at = at
        self.plan = plan
        self.commands: list[Command] = []
        #: Something happened that the next state must show.
        self.changed = False
        #: Tokens about to enter a node, in order: the edge by which they come, and the node.
        self.agenda: list[tuple[str, str]] = []
        self.case_id = state.case_id
        self.workflow_id = state.workflow_id
        self.flow_version = state.flow_version
        self.plan_hash = state.plan_hash
        self.started_at = state.started_at
        self.started_by = state.started_by
        self.status = state.status
        self.revision = state.revision
        self.stage = state.stage
        self.calendar = state.calendar
        self.order = state.order
        self.effects = state.effects
        self.unwinding = state.unwinding
        self.outcome = state.outcome
        self.end_node = state.end_node
        self.ended_at = state.ended_at
        self.data = dict(state.data)
        self.standings = dict(state.standings)
        self.tokens = dict(state.tokens)
        self.joined = dict(state.joined)
        self.tasks = dict(state.tasks)
        self.timers = dict(state.timers)
        self.calls = dict(state.calls)
        self.children = dict(state.children)
        self.awaited = dict(state.awaited)
        self.seen = dict(state.seen)
        self.handlers = dict(state.handlers)
        self.acts = dict(state.acts)
        self.incidents = dict(state.incidents)

    def finish(self) -> CaseState:
        """The state after the step."""
        self.revision += 1
        return CaseState(**{name: getattr(self, name) for name in _FIELDS})

    def emit(self, command: Command) -> None:
        """Ask something of the outside."""
        self.commands.append(command)

    # -- tokens

    def place_token(self, node: PlanNode, phase: Phase) -> Token:
        """Put a token on a node whose visit has begun."""
        token = Token(node.id, self.standings[node.id].visit, self.at, phase)
        self.tokens[node.id] = token
        return token

    def set_phase(self, node: str, phase: Phase) -> None:
        """Say what the token on a node waits for."""
        self.tokens[node] = replace(self.tokens[node], phase=phase)

    def begin_visit(self, node: PlanNode) -> int:
        """Count a visit of a node."""
        self.order += 1
        earlier = self.standings.get(node.id)
        visit = earlier.visit + 1 if earlier else 1
        self.standings[node.id] = Standing(visit, self.at, self.order)
        if node.stage:
            self.stage = node.stage
        return visit

    def end_visit(self, node: str) -> None:
        """The token is gone from a node."""
        self.tokens.pop(node, None)
        self.standings[node] = replace(self.standings[node], left_at=self.at)

    def is_at(self, node: str, visit: int) -> bool:
        """True when a token stands on that very visit of a node."""
        token = self.tokens.get(node)
        return token is not None and token.visit == visit

    def follow(self, *ways: PlanEdge | PlanBoundary) -> None:
        """Send a token along each way."""
        self.agenda.extend((way.id, way.to) for way in ways)

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
        """Call an RPC; the call's id is the tail of its idempotency key."""
        self.calls[call.call_id] = call
        self.emit(
            CallRpc(
                call_id=call.call_id,
                node=call.node,
                visit=call.visit,
                rpc=rpc,
                request=request,
                idempotency_key=f"{self.workflow_id}/{call.call_id}" if mutating else "",
                quick=quick,
                summary=summary,
                purpose=Purpose(call.purpose),
                barrier=barrier,
            )
        )

    def start_timer(
        self, node: PlanNode, visit: int, purpose: str, due: datetime, summary: str
    ) -> None:
        """Arm a timer of a visit."""
        timer = Timer(f"{node.id}/{visit}/{purpose}", node.id, visit, due, purpose)
        self.timers[timer.timer_id] = timer
        self.emit(StartTimer(timer.timer_id, due, summary))

    def cancel_timers(self, node: str, only: frozenset[str] | None = None) -> None:
        """Disarm a node's timers: all, or those for some purposes."""
        for timer in list(self.timers.values()):
            if timer.node == node and (only is None or timer.purpose in only):
                del self.timers[timer.timer_id]
                self.emit(CancelTimer(timer.timer_id))

    def due_after(self, seconds: int, calendar: str, start: datetime | None = None) -> Deadline:
        """The instant by which some time has passed, working time or elapsed."""
        chosen = self.calendar if calendar == "business" else None
        return (chosen or ROUND_THE_CLOCK).add(start or self.at, timedelta(seconds=seconds))

    def raise_incident(
        self, node: str, visit: int, reason: str, message: str, *, detail: str = ""
    ) -> None:
        """Something stands still; without a detail it is the token itself that does."""
        incident_id = "/".join(part for part in (node, str(visit), detail) if part)
        self.incidents[incident_id] = Incident(incident_id, node, visit, reason, message, self.at)
        if not detail and node in self.tokens:
            self.set_phase(node, Phase.STUCK)
        self.emit(RaiseIncident(incident_id, node, visit, reason, message))

    # -- data

    def set_result(self, node: str, result: Json) -> None:
        """Keep what a node leaves behind."""
        self.data[node] = result

    def set_variables(self, values: dict[str, Any]) -> None:
        """Give variables of the flow their values."""
        self.data["data"] = {**self.data["data"], **values}

    @property
    def running(self) -> bool:
        """True while tokens may still move on by themselves."""
        return self.status is CaseStatus.RUNNING
