"""What a case asks of the outside. Whoever drives the interpreter carries them out, in order."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Literal, TypeAlias

from workflows.compiler.plan import PlanRetry
from workflows.runtime.waiting import Waited

#: How a call fails of which nobody knows whether it was applied: it was tried as often and as long
#: as its node says.
RPC_GAVE_UP: Final = "RPC_GAVE_UP"
#: How a ``closing`` call ends that was not applied, and never will be.
CALL_CLOSED: Final = "CALL_CLOSED"
#: The activity that makes a ``closing`` call.
CLOSE: Final = "close"
#: In a request, beside its fields: the id of the call, of whose retries its workflow wants to hear.
CALL_ID: Final = "@call_id"


class Purpose(StrEnum):
    """Why an RPC is called: the node itself, to find people, to tell them, to undo, to tell the case
    read model where the workflow stands."""

    NODE = "node"
    ASSIGN = "assign"
    NOTIFY = "notify"
    COMPENSATE = "compensate"
    RECORD = "record"


@dataclass(frozen=True, slots=True)
class CallRpc:
    """Call one RPC; answer with ``RpcSucceeded`` or ``RpcFailed`` and the same ``call_id``.

    Attributes:
        call_id: unique in the case; at most one call of an id is in flight.
        node: the node it is for.
        visit: which visit of that node.
        rpc: the full name, ``pricing.v1.PricingService/Quote``.
        request: protobuf's JSON with the proto's field names, without the idempotency key.
        idempotency_key: what makes the effect single; empty for a read.
        quick: a local activity chained in the workflow task, else an ordinary activity.
        summary: for the Temporal UI.
        purpose: why it is called.
        barrier: end the workflow task before calling, so that the call is in the history before it is
            made: the request depends on a quick read that may stand in the same task, or what it does
            would have to be undone.
        closing: do not make it: ask what became of it, and let it not be applied from then on. Answer
            with its response if it was applied, else with ``CALL_CLOSED``.
        retry: how often and how long to try; None: for ever.
    """

    call_id: str
    node: str
    visit: int
    rpc: str
    request: dict[str, Any]
    idempotency_key: str
    quick: bool
    summary: str
    purpose: Purpose
    barrier: bool = False
    closing: bool = False
    retry: PlanRetry | None = None


@dataclass(frozen=True, slots=True)
class CancelCall:
    """Nobody wants the call's answer any more, and nothing need be undone if it succeeds."""

    call_id: str


@dataclass(frozen=True, slots=True)
class StartTimer:
    """Fire ``TimerFired`` at an instant. A driver may keep one real timer over
    ``CaseState.timers`` instead of one for each."""

    timer_id: str
    due: datetime
    summary: str


@dataclass(frozen=True, slots=True)
class CancelTimer:
    """The timer is not wanted any more."""

    timer_id: str


@dataclass(frozen=True, slots=True)
class StartFieldWork:
    """Start the child workflow that lives a work order through; it reports ``ChildEnded``."""

    node: str
    visit: int
    input: dict[str, Any]
    summary: str


@dataclass(frozen=True, slots=True)
class StartSubflow:
    """Start a child case of another flow's version; it reports ``ChildEnded``.

    Attributes:
        priority: of the case that starts it; empty: it has none.
    """

    node: str
    visit: int
    flow: str
    flow_version: int
    plan_hash: str
    inputs: dict[str, Any]
    summary: str
    priority: str = ""


@dataclass(frozen=True, slots=True)
class CancelChild:
    """Ask a field work or a subflow to cancel; it still reports its end."""

    node: str
    visit: int
    reason: str


@dataclass(frozen=True, slots=True)
class PrioritiseChild:
    """Tell a child case that its parent has been given another priority, by this act."""

    node: str
    visit: int
    priority: str
    act_key: str


@dataclass(frozen=True, slots=True)
class RaiseIncident:
    """Something stands still until operations look at it."""

    incident_id: str
    node: str
    visit: int
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class RecordAct:
    """An applied act for the audit; goes out with the next upsert of the read model.

    Attributes:
        before: the user task as it stood (assignee, candidates, revision).
        after: as it stands now, with the form's values or the target.
        people: whom it named: added, removed, copied to, or in whose place it was done.
        rule: why the system did it; empty: a person did.
        waited: for whom the task had waited until then; None: it goes on waiting for the same.
    """

    at: datetime
    act_key: str
    task_id: str
    node: str
    verb: str
    person: str
    origin: str
    comment: str
    before: dict[str, Any]
    after: dict[str, Any]
    people: tuple[str, ...] = ()
    rule: str = ""
    waited: Waited | None = None
    origin_detail: str = ""


@dataclass(frozen=True, slots=True)
class EndCase:
    """The case is over: ``completed``, ``cancelled`` or ``failed``.

    Attributes:
        reason: why it was cancelled, or the reason with which it failed.
        output: what it leaves behind.
    """

    outcome: str
    end_node: str
    reason: str
    message: str = ""
    output: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Move:
    """A token has moved: no command, but written down among them for whoever wants to tell the story.

    Attributes:
        kind: it ``comes`` to a node, ``leaves`` it, or ``goes`` along a way.
        way: the edge or boundary.
    """

    kind: Literal["comes", "leaves", "goes"]
    node: str
    visit: int
    way: str = ""


Command: TypeAlias = (
    CallRpc
    | CancelCall
    | StartTimer
    | CancelTimer
    | StartFieldWork
    | StartSubflow
    | CancelChild
    | PrioritiseChild
    | RaiseIncident
    | RecordAct
    | EndCase
)

_IDS: Final = ("node", "call_id", "timer_id", "incident_id", "task_id")


def within(path: str, command: Command) -> Command:
    """A command of an inner run, as the outside hears it: with the run's path before its ids."""
    if not path:
        return command
    ids = {name: path + getattr(command, name) for name in _IDS if hasattr(command, name)}
    return replace(command, **ids)
