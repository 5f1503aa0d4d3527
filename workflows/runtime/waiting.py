"""For whom a user task waited, and how long: what waiting is charged by.

A time of waiting is over when the task waits for others, when its clocks are stopped or go on, and
when it closes. It is measured in the working time of the flow's calendar, so that what is charged to
different parties can be compared.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from workflows.runtime.user_task import UserTask


@dataclass(frozen=True, slots=True)
class Waited:
    """A time during which a user task waited for the same people.

    Attributes:
        party: to whom it is charged: the role that the node asks for, ``customer``, or the party
            that a pause's reason blames; empty: just the people.
        people: who could have moved it on; nobody while its clocks were stopped.
        pause: the reason for which its clocks were stopped; empty: they were not.
        working_seconds: of the time between, as the flow's calendar counts.
    """

    party: str
    people: tuple[str, ...]
    pause: str
    since: datetime
    until: datetime
    working_seconds: int


def same_wait(before: UserTask, after: UserTask) -> bool:
    """Whether a task still waits for the same people in the same way."""
    return (before.waiting_on, before.paused) == (after.waiting_on, after.paused)


def account(times: Iterable[Waited]) -> dict[str, int]:
    """Working seconds by whom they are charged to; those of no party, by each of its people alone."""
    charged: dict[str, int] = {}
    for waited in times:
        for name in (waited.party,) if waited.party else waited.people:
            charged[name] = charged.get(name, 0) + waited.working_seconds
    return charged
