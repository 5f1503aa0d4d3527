"""An open user task (待办): who holds it, who signs it in which order, who does it for whom.

A task has either a pool of candidates, one of whom takes it, or signers, each of whom must sign. Its
people change by the functions below; each gives a new task and leaves the old one as it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from workflows.runtime.clocks import Clock


@dataclass(frozen=True, slots=True)
class Signer:
    """One of several who sign.

    Attributes:
        after: those who must have signed before.
        added_by: who added them (加签); empty: the assignee rule found them.
        votes: how much their vote counts.
    """

    person: str
    after: tuple[str, ...] = ()
    added_by: str = ""
    votes: int = 1


@dataclass(frozen=True, slots=True)
class Signature:
    """What one signer said.

    Attributes:
        in_favour: false only where votes are counted.
        by_rule: the rule of the node by which it was given without asking; empty: they were asked.
    """

    person: str
    at: datetime
    in_favour: bool = True
    by_rule: str = ""


@dataclass(frozen=True, slots=True)
class Pause:
    """The clocks stand.

    Attributes:
        reason: the declared reason's id.
        blames: the party to whom the waiting is charged.
    """

    reason: str
    blames: str
    person: str
    at: datetime


@dataclass(frozen=True, slots=True)
class UserTask:
    """An open user task.

    Attributes:
        candidates: the pool: who may take it, in the directory's order; empty when signers sign it.
        assignee: who took it out of the pool or was given it; empty while nobody did.
        signers: who signs it; empty while a pool has it.
        signatures: what they have said so far.
        lent: who does it for whom (委派): it comes back to them for the final word.
        on_behalf_of: who stands in for whom, as the directory says: proxies of the absent,
            successors of leavers.
        draft: the values of the form as they were last given by one without the final word.
        revision: grows with every act that changes the task.
        responded_at: when somebody first answered; stops the respond clock.
        respond_due: the instant by which somebody must answer.
        complete_due: the instant by which it must be done.
        provisional: a due instant lies in a year whose calendar is not final.
        clock: what its due instants are computed from; None: it has none.
        waiting_since: since when it has waited for those it waits for now.
        paused: the clocks stand, and why.
        urged: how often somebody urged (催办).
    """

    task_id: str
    node: str
    visit: int
    opened_at: datetime
    candidates: tuple[str, ...] = ()
    assignee: str = ""
    signers: tuple[Signer, ...] = ()
    signatures: tuple[Signature, ...] = ()
    lent: dict[str, str] = field(default_factory=dict)
    on_behalf_of: dict[str, tuple[str, ...]] = field(default_factory=dict)
    draft: dict[str, Any] = field(default_factory=dict)
    revision: int = 1
    responded_at: datetime | None = None
    respond_due: datetime | None = None
    complete_due: datetime | None = None
    provisional: bool = False
    waiting_since: datetime | None = None
    paused: Pause | None = None
    urged: int = 0
    clock: Clock | None = None

    @property
    def stands(self) -> bool:
        """Whether its clocks do not run."""
        return self.paused is not None or (self.clock is not None and not self.clock.runs)

    @property
    def people(self) -> tuple[str, ...]:
        """Everybody whose task it is, whether or not it is their turn."""
        return tuple(signer.person for signer in self.signers) or self.candidates

    @property
    def turn(self) -> tuple[str, ...]:
        """Whose final word comes next: those who took it, or may."""
        if not self.signers:
            return (self.assignee,) if self.assignee else self.candidates
        signed = self.signed
        return tuple(
            signer.person
            for signer in self.signers
            if signer.person not in signed and signed.issuperset(signer.after)
        )

    @property
    def waiting_on(self) -> tuple[str, ...]:
        """The people whose move it is: those whose turn it is, or to whom these have lent it."""
        return tuple(dict.fromkeys(self.doer(person) for person in self.turn))

    @property
    def signed(self) -> frozenset[str]:
        """Who has signed."""
        return frozenset(signature.person for signature in self.signatures)

    def doer(self, person: str) -> str:
        """Who does it for a person: they themselves, or the last to whom it was lent."""
        while person in self.lent:
            person = self.lent[person]
        return person

    def lender(self, person: str) -> str:
        """Who lent it to a person; empty: nobody."""
        return next((lender for lender, doer in self.lent.items() if doer == person), "")


def share(task: UserTask, signers: Iterable[Signer]) -> UserTask:
    """Let these sign it instead of one out of a pool."""
    return replace(task, signers=tuple(signers), candidates=(), assignee="")


def in_turn(people: Iterable[str]) -> tuple[Signer, ...]:
    """Signers who sign one after the other."""
    signers: list[Signer] = []
    for person in people:
        signers.append(Signer(person, (signers[-1].person,) if signers else ()))
    return tuple(signers)


def add_before(task: UserTask, person: str, added: tuple[str, ...]) -> UserTask:
    """Let others sign before a person (前加签); it then comes back to that person."""
    signers: list[Signer] = []
    for signer in _as_signers(task, person):
        if signer.person == person:
            signers += [Signer(new, signer.after, added_by=person) for new in added]
            signers.append(replace(signer, after=added))
        else:
            signers.append(signer)
    return share(task, signers)


def add_after(task: UserTask, person: str, added: tuple[str, ...]) -> UserTask:
    """Let others sign right after a person (后加签): before all who were to follow."""
    signers: list[Signer] = []
    for signer in _as_signers(task, person):
        if signer.person == person:
            signers += [signer, *(Signer(new, (person,), added_by=person) for new in added)]
        elif person in signer.after:
            signers.append(replace(signer, after=(*signer.after, *added)))
        else:
            signers.append(signer)
    return share(task, signers)


def remove(task: UserTask, person: str) -> UserTask:
    """Let a signer who has not signed be one no more (减签); who waited for them waits for those
    that they waited for."""
    gone = next(signer for signer in task.signers if signer.person == person)
    signers = tuple(
        replace(signer, after=_instead(signer.after, person, gone.after))
        for signer in task.signers
        if signer is not gone
    )
    return replace(_forget(task, person), signers=signers)


def put_in_place(task: UserTask, person: str, other: str) -> UserTask:
    """Let another take a person's place for good, whatever that place is. Who signs anyway signs
    once."""
    if person in task.lent.values():
        task = replace(
            task, lent={p: other if doer == person else doer for p, doer in task.lent.items()}
        )
    if not task.signers:
        candidates = dict.fromkeys(other if name == person else name for name in task.candidates)
        held = other if task.assignee == person else task.assignee
        return replace(_forget(task, person), candidates=tuple(candidates), assignee=held)
    if person in task.signed or person not in task.people:
        return task
    if other in task.people:
        return remove(task, person)
    signers = tuple(
        replace(
            signer,
            person=other if signer.person == person else signer.person,
            after=_instead(signer.after, person, (other,)),
        )
        for signer in task.signers
    )
    return replace(_forget(task, person), signers=signers)


def give_to(task: UserTask, people: tuple[str, ...], *, in_order: bool) -> UserTask:
    """Let others have it instead of all who have not signed (改派); what was signed stays."""
    task = replace(task, lent={})
    if not task.signers:
        return replace(task, candidates=people, assignee="")
    signed = tuple(signer for signer in task.signers if signer.person in task.signed)
    fresh = [person for person in people if person not in task.signed]
    following = in_turn(fresh) if in_order else tuple(Signer(person) for person in fresh)
    return replace(task, signers=(*signed, *following))


def without(lent: dict[str, str], lender: str) -> dict[str, str]:
    """What is lent, but for what one person has lent."""
    return {who: doer for who, doer in lent.items() if who != lender}


def _as_signers(task: UserTask, person: str) -> tuple[Signer, ...]:
    """The signers; of a task out of a pool, the person who holds it."""
    return task.signers or (Signer(person),)


def _instead(names: tuple[str, ...], gone: str, instead: tuple[str, ...]) -> tuple[str, ...]:
    if gone not in names:
        return names
    return tuple(dict.fromkeys((*(name for name in names if name != gone), *instead)))


def _forget(task: UserTask, person: str) -> UserTask:
    return replace(
        task,
        lent=without(task.lent, person),
        on_behalf_of={p: whom for p, whom in task.on_behalf_of.items() if p != person},
    )
