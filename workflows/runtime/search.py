"""What is known so far about the people of a user task, while the directory is still being asked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum


class Step(StrEnum):
    """What the directory is asked."""

    RULE = "find"  # whom the rule finds
    NOBODY = "find-again"  # whom the role finds that is asked instead of nobody
    LEADER = "find-leader"  # the leader of the person who started the case
    VOTES = "find-votes"  # who holds a role whose votes count more


@dataclass(frozen=True, slots=True)
class Search:
    """One question to the directory and the answers before it.

    Attributes:
        people: whom the task is for, as far as it is known.
        on_behalf_of: who of them stands in for whom.
        passed: whose signature is given without asking, and by which rule of the node.
        votes: how much somebody's vote counts where it is not one.
        weight: which of the quorum's weights is asked about.
        led: the leader has been asked for.
    """

    step: Step = Step.RULE
    people: tuple[str, ...] = ()
    on_behalf_of: dict[str, tuple[str, ...]] = field(default_factory=dict)
    passed: dict[str, str] = field(default_factory=dict)
    votes: dict[str, int] = field(default_factory=dict)
    weight: int = 0
    led: bool = False

    def stands_for(self, person: str, other: str) -> bool:
        """Whether a person would act in another's place, or is that other."""
        return person == other or other in self.on_behalf_of.get(person, ())

    def found(self, others: Search) -> Search:
        """With the people of another search instead."""
        return replace(self, people=others.people, on_behalf_of=others.on_behalf_of)
