"""Where a field work stands. Immutable; a step replaces what it changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

from workflows.runtime.commands import CallRpc, RecordAct
from workflows.runtime.events import Act
from workflows.runtime.state import Incident, Retries


@dataclass(frozen=True, slots=True)
class FieldWorkInput:
    """What a case gives its field work.

    Attributes:
        case_workflow_id: where the end is reported.
        node: the case's node it is the work of, in its n-th ``visit``.
        stage: of the node, for the read model.
        title: of the node, for people.
        offer_minutes: how long a technician may think about an offer.
        max_offers: give up after so many offers; 0: when nobody is left.
    """

    case_id: str
    case_workflow_id: str
    node: str
    visit: int
    stage: str
    title: str
    work_order_id: str
    quote_id: str
    offer_minutes: int = 30
    max_offers: int = 0


class Verb(StrEnum):
    """What a technician can do."""

    ACCEPT = "accept"
    DECLINE = "decline"
    SCHEDULE = "schedule"
    CHECK_IN = "check_in"
    COMPLETE = "complete"


class Outcome(StrEnum):
    """How field work ends, as ``FieldWorkEnded`` names it."""

    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Technician:
    """The candidate whose turn it is."""

    technician_id: str
    outlet_id: str
    cooperation_mode: str


@dataclass(frozen=True, slots=True)
class FieldTask:
    """The one open user task: an offer, then a visit."""

    task_id: str
    kind: str
    opened_at: datetime
    verbs: tuple[Verb, ...]
    due: datetime | None = None
    revision: int = 1


@dataclass(frozen=True, slots=True)
class PendingAct:
    """An act whose call is being made."""

    act: Act
    at: datetime


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of an act; an empty reason means that it was applied."""

    reason: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Ending:
    """How it will end, once nothing is left to be undone."""

    outcome: Outcome
    reason: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class FieldWorkState:
    """One field work.

    Attributes:
        workflow_id: its own.
        revision: grows with every step that changed something.
        round: which candidate this is, from 1.
        excluded: technicians that declined or let an offer expire.
        settlement_lines: the quote's settlement steps, as settlement takes them.
        earning: the promised earning, until it is cancelled.
        offer_open: the work order is offered and nobody has answered.
        declined: the technician said no, for ``decline_reason``.
        expires_at: when the offer ends.
        lapsed: it has ended unanswered.
        calling: the id of the call in flight, or empty.
        settled: acts by key.
        ending: set once it is certain how it ends.
        ended: it has reported.
        incidents: what its step could not take, until operations have resolved it.
        retried: the calls that are made again and again, by id.
    """

    input: FieldWorkInput
    workflow_id: str
    revision: int = 0
    round: int = 1
    excluded: tuple[str, ...] = ()
    work_order: dict[str, Any] = field(default_factory=dict)
    settlement_lines: tuple[dict[str, Any], ...] = ()
    technician: Technician | None = None
    earning: dict[str, Any] | None = None
    offer_open: bool = False
    declined: bool = False
    decline_reason: str = ""
    expires_at: datetime | None = None
    lapsed: bool = False
    task: FieldTask | None = None
    pending: PendingAct | None = None
    calling: str = ""
    settled: dict[str, Settled] = field(default_factory=dict)
    ending: Ending | None = None
    ended: bool = False
    incidents: dict[str, Incident] = field(default_factory=dict)
    retried: dict[str, Retries] = field(default_factory=dict)

    @property
    def candidate(self) -> Technician:
        """The technician, once one is chosen."""
        if self.technician is None:
            raise ValueError("no technician is chosen yet")
        return self.technician

    @property
    def promised(self) -> dict[str, Any]:
        """The earning, once it is promised."""
        if self.earning is None:
            raise ValueError("no earning is promised")
        return self.earning

    @property
    def answer_by(self) -> datetime:
        """When the offer ends, once it is decided."""
        if self.expires_at is None:
            raise ValueError("nothing is offered")
        return self.expires_at


@dataclass(frozen=True, slots=True)
class Begun:
    """The field work begins."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """Tell the case how it ended."""

    outcome: Outcome
    output: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    message: str = ""


Command: TypeAlias = CallRpc | RecordAct | Report
