"""Where a field work stands. Immutable; a step replaces what it changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, TypeAlias

from workflows.runtime.commands import CallRpc, RecordAct
from workflows.runtime.events import Act
from workflows.runtime.state import Incident, Retries


class WhenNobody(StrEnum):
    """What comes after the last candidate."""

    FAIL = "fail"
    DISPATCHER = "dispatcher"


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
        offers_at_once: how many are asked at the same time; of several, whoever accepts first has it.
        outlet_id: whose technicians alone are asked; empty: those of all outlets.
        team_id: whose members alone are asked; empty: anybody.
        when_nobody: one of ``WhenNobody``: it fails, or a dispatcher decides.
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
    offers_at_once: int = 1
    outlet_id: str = ""
    team_id: str = ""
    when_nobody: str = WhenNobody.FAIL


class Verb(StrEnum):
    """What a technician can do, and what a dispatcher can."""

    ACCEPT = "accept"
    DECLINE = "decline"
    SCHEDULE = "schedule"
    CHECK_IN = "check_in"
    COMPLETE = "complete"
    ASSIGN = "assign"
    REDISPATCH = "redispatch"
    GIVE_UP = "give_up"


#: What dispatchers do; the rest is the technicians'.
DISPATCHERS_VERBS: Final = (Verb.ASSIGN, Verb.REDISPATCH, Verb.GIVE_UP)
#: Who may do that.
DISPATCHERS: Final = ("admin", "dispatcher", "outlet_manager", "supervisor")


class Outcome(StrEnum):
    """How field work ends, as ``FieldWorkEnded`` names it."""

    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Technician:
    """Somebody who is asked. Of one whom a dispatcher names only the id is known at first."""

    technician_id: str
    outlet_id: str = ""
    cooperation_mode: str = ""


class Answer(StrEnum):
    """What became of an offer."""

    NONE = ""
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"
    RELEASED = "released"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Offer:
    """What one technician was asked, from before it is made until all of it is undone.

    Attributes:
        number: from 1, over all that this field work makes.
        by_hand: a dispatcher named the technician, who is not asked.
        earning: promised, until it is cancelled.
        is_open: the work order is offered to them and nobody has answered.
        reason: theirs, who declined.
        lapsed: its time is over; an acceptance under way is decided by the work order.
    """

    number: int
    technician: Technician
    by_hand: bool = False
    earning: dict[str, Any] | None = None
    expires_at: datetime | None = None
    offered_at: datetime | None = None
    is_open: bool = False
    answer: Answer = Answer.NONE
    reason: str = ""
    lapsed: bool = False

    @property
    def technician_id(self) -> str:
        """Whose it is."""
        return self.technician.technician_id

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
class FieldTask:
    """An open user task: an offer, a visit, or a dispatcher's decision.

    Attributes:
        offer_number: of an offer and a visit, whose technician does it.
        people: of a dispatcher's decision, who are asked for it.
    """

    task_id: str
    kind: str
    opened_at: datetime
    verbs: tuple[Verb, ...]
    offer_number: int = 0
    people: tuple[str, ...] = ()
    due: datetime | None = None
    revision: int = 1


@dataclass(frozen=True, slots=True)
class PendingAct:
    """An act whose call is being made, or that waits for its turn."""

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
        round: how often candidates were ranked.
        offer_count: how many offers were begun.
        excluded: technicians that declined, let an offer expire, or gave the work back.
        work_order: as it was last heard of.
        news: as others have changed it since, until nothing is in flight.
        heard: how many changes of others it has heard of.
        settlement_lines: the quote's settlement steps, as settlement takes them; None: not read yet.
        queue: who of this round is still to be asked.
        offers: what is being asked, or not undone yet, and what was accepted.
        visit: the task of whoever took the work.
        visit_count: how many have taken it, one after the other.
        dispatching: the dispatcher's task, when nobody is left.
        pending: the act whose call is being made.
        waiting: acts that wait for it, in their order.
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
    round: int = 0
    offer_count: int = 0
    excluded: tuple[str, ...] = ()
    work_order: dict[str, Any] = field(default_factory=dict)
    news: dict[str, Any] | None = None
    heard: int = 0
    settlement_lines: tuple[dict[str, Any], ...] | None = None
    queue: tuple[Technician, ...] = ()
    offers: tuple[Offer, ...] = ()
    visit: FieldTask | None = None
    visit_count: int = 0
    dispatching: FieldTask | None = None
    pending: PendingAct | None = None
    waiting: tuple[PendingAct, ...] = ()
    calling: str = ""
    settled: dict[str, Settled] = field(default_factory=dict)
    ending: Ending | None = None
    ended: bool = False
    incidents: dict[str, Incident] = field(default_factory=dict)
    retried: dict[str, Retries] = field(default_factory=dict)

    @property
    def winner(self) -> Offer | None:
        """The offer of whoever took the work."""
        return next((each for each in self.offers if each.answer is Answer.ACCEPTED), None)

    @property
    def tasks(self) -> tuple[FieldTask, ...]:
        """What is open to people now. Offers are open together: nobody is asked before all are."""
        if self.ending is not None:
            return ()
        asked = [each for each in self.offers if each.answer is Answer.NONE and not each.by_hand]
        offers = (
            [self._offer_task(each) for each in asked]
            if not self.queue and all(each.is_open for each in asked)
            else []
        )
        others = (each for each in (self.visit, self.dispatching) if each is not None)
        return (*offers, *others)

    def _offer_task(self, offer: Offer) -> FieldTask:
        source = self.input
        return FieldTask(
            task_id=f"{source.node}/{source.visit}/offer/{offer.number}",
            kind="offer",
            opened_at=offer.offered_at or offer.answer_by,
            verbs=(Verb.ACCEPT, Verb.DECLINE),
            offer_number=offer.number,
            due=offer.expires_at,
        )

    def offer(self, number: int) -> Offer:
        """One of its offers."""
        return next(each for each in self.offers if each.number == number)


@dataclass(frozen=True, slots=True)
class Begun:
    """The field work begins."""

    at: datetime


@dataclass(frozen=True, slots=True)
class OrderChanged:
    """Somebody else has changed the work order."""

    at: datetime
    work_order: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Report:
    """Tell the case how it ended."""

    outcome: Outcome
    output: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    message: str = ""


Command: TypeAlias = CallRpc | RecordAct | Report
