"""What can happen to a case. Each event is recorded history; ``step`` knows nothing else.

``at`` is the instant of the workflow task that applies the event. An event about something that is
no longer awaited (a late timer, the reply to a withdrawn call) is accepted and changes nothing but
what the case must still undo.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, TypeAlias, get_args

from pydantic import TypeAdapter

from kit.calendar import BusinessCalendar
from workflows.runtime.state import Effect, Retries


@dataclass(frozen=True, slots=True)
class Act:
    """What a person wants: one verb on one user task, or on the case when ``task_id`` is empty.

    Attributes:
        act_key: the client's key; the same key is applied once.
        verb: one of ``workflows.runtime.acts.Verb``.
        person: the acting person (or customer), as the token says.
        roles: the roles the token gives that person.
        revision: the task's revision the person saw, or None to act on whatever stands.
        form: the values of the task's form, for complete and approve.
        to: the person to transfer, delegate or hand over to, the node to go back to, or the declared
            reason of a pause.
        people: whom it is about: signers to add or remove, people to copy to, or in whose place
            somebody is put.
        comment: free text for the record.
        origin: where it came from: console, cli, wecom, h5.
        origin_detail: what the channel knows beyond its name: a browser, an API token's label.
        incident_id: of an act of operations: the incident that it resolves. ``form`` is then the
            request to make instead or the result of a node passed over, ``people`` whom a user task
            is for, ``to`` the node to move to.
    """

    act_key: str
    verb: str
    person: str
    task_id: str = ""
    roles: tuple[str, ...] = ()
    revision: int | None = None
    form: dict[str, Any] = field(default_factory=dict)
    to: str = ""
    people: tuple[str, ...] = ()
    comment: str = ""
    origin: str = ""
    origin_detail: str = ""
    incident_id: str = ""


@dataclass(frozen=True, slots=True)
class Started:
    """The case begins.

    Attributes:
        inputs: have passed ``workflows.runtime.forms.read_form``.
        calendar: the data of the plan's calendar, None when the plan names none.
        is_child: another case waits for it; if it cannot start, it fails.
        priority: of that other case; empty: it has none.
    """

    at: datetime
    case_id: str
    workflow_id: str
    inputs: dict[str, Any]
    started_by: str
    flow_version: int = 0
    calendar: BusinessCalendar | None = None
    is_child: bool = False
    priority: str = ""


@dataclass(frozen=True, slots=True)
class RpcSucceeded:
    """The reply to a ``CallRpc``: the response as protobuf's JSON, with the proto's field names."""

    at: datetime
    call_id: str
    response: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RpcFailed:
    """A ``CallRpc`` failed for good: a typed refusal, or retries used up."""

    at: datetime
    call_id: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class CallRetried:
    """A ``CallRpc`` has no answer yet, and is made again."""

    at: datetime
    call_id: str
    retries: Retries


@dataclass(frozen=True, slots=True)
class TimerFired:
    """The due instant of a ``StartTimer`` has come."""

    at: datetime
    timer_id: str


@dataclass(frozen=True, slots=True)
class Acted:
    """A person acted. ``step`` checks it once more and raises the refusal of ``check_act``."""

    at: datetime
    act: Act


@dataclass(frozen=True, slots=True)
class EventArrived:
    """A domain event that the relay correlated with this case. ``sequence`` grows per aggregate;
    one that was seen is ignored."""

    at: datetime
    type: str
    key: str
    aggregate: str = ""
    sequence: int = 0
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CalendarChanged:
    """The company has changed the calendar by which the case counts working time; one that is not
    newer than the case's own changes nothing."""

    at: datetime
    calendar: BusinessCalendar


@dataclass(frozen=True, slots=True)
class ChildEnded:
    """The field work or the child case of a node ended: ``completed``, ``cancelled`` or ``failed``.

    Attributes:
        effects: of a child case: what it has done that can be undone.
    """

    at: datetime
    node: str
    visit: int
    outcome: str
    output: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    message: str = ""
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True)
class CancelRequested:
    """Somebody outside the case's people (operations, a shop's refund) cancels it."""

    at: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Prioritised:
    """The case that waits for this one has been given another priority, by this act."""

    at: datetime
    priority: str
    act_key: str


@dataclass(frozen=True, slots=True)
class Resumed:
    """The case was moved, and goes on where it was moved to."""

    at: datetime


Event: TypeAlias = (
    Started
    | Resumed
    | RpcSucceeded
    | RpcFailed
    | CallRetried
    | TimerFired
    | Acted
    | EventArrived
    | CalendarChanged
    | ChildEnded
    | CancelRequested
    | Prioritised
)

_KINDS: Final = {kind.__name__: kind for kind in get_args(Event)}


def event_to_json(event: Any) -> dict[str, Any]:
    """An event to be kept."""
    kind = type(event)
    return {"kind": kind.__name__, "event": TypeAdapter(kind).dump_python(event, mode="json")}


def event_from_json(kept: dict[str, Any], at: datetime, *others: type) -> Any:
    """A kept event, as if it came now.

    Args:
        others: kinds of events beside those of a case.
    """
    kinds: dict[str, Any] = {**_KINDS, **{other.__name__: other for other in others}}
    event: Any = TypeAdapter(kinds[kept["kind"]]).validate_python(kept["event"])
    return replace(event, at=at)
