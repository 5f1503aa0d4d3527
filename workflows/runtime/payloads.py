"""What crosses into and out of a case's workflow: its input, signals, and the answers to acts."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Final

from kit.errors import Kind, ServiceError, error_of_kind
from workflows.compiler.plan import INTERPRETER_VERSION
from workflows.runtime.calendars import SharedCalendar
from workflows.runtime.commands import CallRpc, RecordAct
from workflows.runtime.state import CaseState

#: Types of the signals that our own workflows send each other; all others are domain events.
CHILD_ENDED: Final = "gongdan.ChildEnded"
CANCEL: Final = "gongdan.Cancel"
#: Look up: another build may be present. It changes nothing else.
NUDGE: Final = "gongdan.Nudge"
#: A call has no answer yet: word from the activity that makes it, named by the call's id.
CALL_RETRIED: Final = "gongdan.CallRetried"
#: The parent has been given another priority.
PRIORITISED: Final = "gongdan.Prioritised"
#: A newer edit of the calendar by which the case counts working time.
CALENDAR_CHANGED: Final = "gongdan.CalendarChanged"


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """What the read model has not confirmed yet: the last revision it has, and the acts since."""

    told_revision: int = 0
    acts: tuple[RecordAct, ...] = ()


@dataclass(frozen=True, slots=True)
class CarriedOver:
    """What a run hands to the next when a case continues as new.

    Attributes:
        state: where the case stands.
        calls: calls that were in flight; the next run makes them again under the same keys.
        unrecorded: what the read model does not know yet.
        children: the workflow id of each visit's field work or child case.
        left_build: the build that the run left because another one was present; empty: it did not.
        moved: it was moved to another version, and goes on where it was moved to.
        interpreter: the one that wrote this; an older one cannot take the case over.
    """

    state: CaseState = dataclasses.field(default_factory=CaseState)
    calls: tuple[CallRpc, ...] = ()
    unrecorded: Unrecorded = dataclasses.field(default_factory=Unrecorded)
    children: dict[str, str] = dataclasses.field(default_factory=dict)
    left_build: str = ""
    moved: bool = False
    interpreter: int = INTERPRETER_VERSION


#: The workflow that tells operations of an incident.
ALERT: Final = "Alert"


@dataclass(frozen=True, slots=True)
class Alert:
    """What operations are told of an incident.

    Attributes:
        flow: its code.
        case_id: of the first case that stands still for this reason.
    """

    flow: str
    flow_name: str
    reason: str
    message: str
    node: str
    case_id: str


@dataclass(frozen=True, slots=True)
class ParentCase:
    """The case that is waiting for this one: it is the subflow of a node's visit."""

    case_id: str
    workflow_id: str
    node: str
    visit: int


@dataclass(frozen=True, slots=True)
class CaseInput:
    """What a case starts with, beside its plan.

    Attributes:
        inputs: have passed the checks of the plan's inputs, unless there is a parent.
        calendar: the data of the plan's calendar, pinned for this case; None: the plan has none, or
            the case asks for it first.
        parent: of a child case.
        priority: the parent's; empty: it has none.
    """

    case_id: str
    flow_version: int
    inputs: dict[str, Any]
    started_by: str
    title: str
    customer_id: str = ""
    region_adcode: str = ""
    calendar: SharedCalendar | None = None
    parent: ParentCase | None = None
    priority: str = ""
    carried: CarriedOver | None = None


@dataclass(frozen=True, slots=True)
class Signal:
    """The payload of the one signal ``event``: a domain event, or word from our own code.

    Attributes:
        type: the event message's full name, or one of the types above.
        key: the id of the aggregate it is about; of our own words, the node's visit or the call.
        aggregate: type and id of the aggregate, whose events are numbered by ``sequence``.
    """

    type: str
    key: str
    aggregate: str = ""
    sequence: int = 0
    payload: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CaseToTell:
    """An open case that counts working time by an older edit of its calendar."""

    case_id: str
    workflow_id: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an act was not applied; a ``ServiceError`` in parts."""

    kind: Kind
    reason: str
    message: str
    field: str = ""
    details: dict[str, str] = dataclasses.field(default_factory=dict)

    @classmethod
    def of(cls, error: ServiceError) -> Refusal:
        """Take an error apart."""
        return cls(error.kind, error.reason, error.message, error.field, error.details)

    def to_error(self) -> ServiceError:
        """Put the error together again."""
        return error_of_kind(
            self.kind, self.reason, self.message, field=self.field, details=self.details
        )


@dataclass(frozen=True, slots=True)
class ActReply:
    """What became of an act, and how things stand.

    Attributes:
        act_key: the act's own key.
        applied: it is done; otherwise ``refusal`` says why not.
        status: of the case or field work: running, cancelling, completed, cancelled ….
        revision: of the case or field work.
        user_task: the user task as it stands now, in the words of ``cases.v1.UserTask``; None when
            it is closed.
        remembered: whoever answers remembers all acts on this task, so one that is refused was never
            applied.
    """

    act_key: str
    applied: bool
    status: str
    revision: int
    user_task: dict[str, Any] | None = None
    refusal: Refusal | None = None
    remembered: bool = False
