"""What a simulation writes down while it runs: one line for each time that is counted later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from workflows.runtime.user_task import UserTask
from workflows.simulation.agenda import Agenda, Level
from workflows.simulation.staff import Work


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that was done, and how long it lay before somebody began.

    Attributes:
        number: of the case.
        waited, worked: in seconds, elapsed.
        cost: of the people's time and of the visit, in fen.
    """

    number: int
    node: str
    waited: float
    worked: float
    cost: int


@dataclass(frozen=True, slots=True)
class Answered:
    """A user task that is closed: whether its deadlines were missed; None: it has none."""

    number: int
    node: str
    respond_missed: bool | None
    complete_missed: bool | None


@dataclass(slots=True)
class CaseRecord:
    """One case.

    Attributes:
        ended: how; empty: it has not.
        trouble: the incident for which it stands still, or stood.
        cost: in fen.
        missed: how many deadlines of it were missed.
    """

    number: int
    started_at: datetime
    ended_at: datetime | None = None
    ended: str = ""
    trouble: str = ""
    cost: int = 0
    missed: int = 0


class Watch:
    """Everything that is written down.

    Attributes:
        since, until: the time over which levels are taken.
        queues: how many wait, by node.
    """

    def __init__(self, agenda: Agenda, since: datetime, until: datetime) -> None:
        self.since, self.until = since, until
        self.waiting: list[Waiting] = []
        self.answered: list[Answered] = []
        self.cases: list[CaseRecord] = []
        self.queues: dict[str, Level] = {}
        self._agenda = agenda

    def queue(self, node: str) -> Level:
        """How many wait at a node."""
        if node not in self.queues:
            self.queues[node] = Level(self._agenda, self.since, self.until)
        return self.queues[node]

    def done(
        self, record: CaseRecord, node: str, work: Work | None, visit: int, an_hour: int
    ) -> None:
        """Write down that something was done, by somebody or outside.

        Args:
            visit: what it costs beside the time, in fen.
            an_hour: what an hour of whoever did it costs, in fen.
        """
        cost, waited, worked = visit, 0.0, 0.0
        if work is not None and work.begun_at is not None:
            waited = (work.begun_at - work.asked_at).total_seconds()
            worked = (self._agenda.now - work.begun_at).total_seconds()
            cost += an_hour * round(work.takes.total_seconds()) // 3600
        record.cost += cost
        self.waiting.append(Waiting(record.number, node, waited, worked, cost))

    def closed(self, record: CaseRecord, task: UserTask) -> None:
        """Write down that a user task is closed, and whether it was in time."""
        now = self._agenda.now
        responded = task.responded_at or now
        answered = Answered(
            record.number,
            task.node,
            responded > task.respond_due if task.respond_due else None,
            now > task.complete_due if task.complete_due else None,
        )
        record.missed += bool(answered.respond_missed) + bool(answered.complete_missed)
        self.answered.append(answered)
