"""A plan tried out: everybody does what is asked of them, everything that is called answers.

Without a seed all goes well, in order: the first person does the first task, services answer, what is
waited for comes. With a seed chance decides: who acts first, who sends back, what fails, what time
passes; the same seed gives the same story.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random  # noqa: TID251 - nothing here is replayed
from typing import Any, Final

from kit.calendar import ROUND_THE_CLOCK, BusinessCalendar
from kit.errors import ServiceError
from workflows.compiler.plan import (
    ApprovalNode,
    ConfirmNode,
    FieldWorkNode,
    FormNode,
    Plan,
    PlanNode,
    ServiceNode,
    SubflowNode,
)
from workflows.runtime.commands import CallRpc, Purpose, StartFieldWork, StartSubflow
from workflows.runtime.events import Act, EventArrived
from workflows.runtime.people import RESOLVE_ASSIGNEES
from workflows.runtime.places import Place, node_at, place_of, places
from workflows.runtime.port import Reply, VirtualCase
from workflows.runtime.state import Awaited
from workflows.runtime.user_task import UserTask
from workflows.runtime.verbs import Verb
from workflows.simulation.account import Happening, account_of
from workflows.simulation.guess import Guess, payload_type

_MOST_TURNS: Final = 500
_WORK_TAKES: Final = timedelta(hours=4)
#: How long people take, from which chance chooses; without it the first.
_PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (10, 1, 90, 600, 3_000))
_FAILS: Final = 0.1
_SENDS_BACK: Final = 0.15


@dataclass(frozen=True, slots=True)
class Simulation:
    """How a plan was lived through.

    Attributes:
        account: what happened, in order.
        status: of the case in the end; ``running`` when it came to no end.
        stopped: why it came to no end; empty: it did.
    """

    account: tuple[Happening, ...]
    status: str
    stopped: str


def simulate(
    plan: Plan,
    now: datetime,
    *,
    seed: int | None = None,
    inputs: dict[str, Any] | None = None,
    calendar: BusinessCalendar | None = None,
) -> Simulation:
    """Live a plan through.

    Args:
        now: when it starts.
        seed: of the chance that decides; None: all goes well.
        inputs: what it starts with; None: guessed.
        calendar: of the plan's; None: round the clock.

    Raises:
        InvalidArgument: ``CASE_FORM_INVALID``: the inputs are wrong, or cannot be guessed.
    """
    player = _Player(plan, now, seed)
    player.start(inputs, calendar or ROUND_THE_CLOCK)
    stopped = player.play()
    return Simulation(tuple(account_of(player.case)), player.case.state.status, stopped)


class _World:
    """Answers whatever is asked."""

    def __init__(self, plan: Plan, chance: Random, guess: Guess, *, fails: float) -> None:
        self._plan = plan
        self._chance = chance
        self._guess = guess
        self._fails = fails

    def call(self, call: CallRpc, at: datetime) -> Reply:
        """Answer one RPC."""
        if call.rpc == RESOLVE_ASSIGNEES:
            return Reply({"person_ids": _people(call.request)})
        node = node_at(self._plan, call.node)
        if call.purpose is not Purpose.NODE or not isinstance(node, ServiceNode):
            return Reply()
        return self._outcome(node)

    def field_work(self, work: StartFieldWork, at: datetime) -> Reply:
        """Live a work order through."""
        return self._outcome(node_at(self._plan, work.node), _WORK_TAKES)

    def child_case(self, child: StartSubflow, at: datetime) -> Reply:
        """Live another flow through."""
        return self._outcome(node_at(self._plan, child.node), _WORK_TAKES)

    def _outcome(self, node: PlanNode, after: timedelta = timedelta(0)) -> Reply:
        assert isinstance(node, ServiceNode | FieldWorkNode | SubflowNode)
        paths = [way for way in node.boundary if way.cause == "error"]
        if paths and self._chance.random() < self._fails:
            reasons = [reason for way in paths for reason in way.reasons] or ["SIMULATED"]
            return Reply(reason=self._chance.choice(reasons), message="by chance", after=after)
        return Reply(self._guess.value(node.response_type), after=after)


def _people(request: dict[str, Any]) -> list[str]:
    """Somebody for each role, and those who are named."""
    named = request.get("person_ids") or [f"pe_{request.get('role') or 'leader'}"]
    return [person for person in named if person not in request.get("exclude_person_ids", ())]


class _Player:
    """Everybody around a case."""

    def __init__(self, plan: Plan, now: datetime, seed: int | None) -> None:
        self._chance = Random(seed or 0)
        self._by_chance = seed is not None
        self._guess = Guess(self._chance, now)
        world = _World(plan, self._chance, self._guess, fails=_FAILS if self._by_chance else 0)
        self.case = VirtualCase(plan, world, now)
        self._acts = 0

    def start(self, inputs: dict[str, Any] | None, calendar: BusinessCalendar) -> None:
        fields = self.case.plan.inputs
        given = self._guess.form(fields, {}) if inputs is None else inputs
        self.case.start(given, calendar=calendar if self.case.plan.calendar else None)

    def play(self) -> str:
        """Play until the case is over; why it is not."""
        for _ in range(_MOST_TURNS):
            if self.case.state.status.over:
                return ""
            try:
                if not self._turn():
                    return "nothing can happen any more"
            except ServiceError as refusal:
                return f"{refusal.reason}: {refusal.message}"
        return f"no end after {_MOST_TURNS} turns"

    def _turn(self) -> bool:
        """Let one thing happen; False when nothing can."""
        inside = list(places(self.case.state, self.case.plan))
        tasks = [(place, task) for place in inside for task in place.run.tasks.values()]
        events = [(place, event) for place in inside for event in place.run.awaited.values()]
        due = self.case.next_due
        choices: list[Any] = [*tasks, *events, *([due] if due else [])]
        if not choices:
            return False
        match self._chance.choice(choices) if self._by_chance else choices[0]:
            case place, UserTask() as task:
                self._act(place, task)
            case place, Awaited() as awaited:
                self._arrive(place, awaited)
            case instant:
                self.case.advance(instant - self.case.now)
        return True

    def _act(self, place: Place, task: UserTask) -> None:
        task_id = f"{place.path}{task.task_id}"
        self.case.advance(self._chance.choice(_PAUSES) if self._by_chance else _PAUSES[0])
        found = place_of(self.case.state, self.case.plan, "tasks", task_id)
        if found is None:
            return  # a deadline or an event has taken it away meanwhile
        place, own_id = found
        task = place.run.tasks[own_id]
        self._acts += 1
        node = place.node(task.node)
        assert isinstance(node, FormNode | ApprovalNode | ConfirmNode)
        sends_back = self._by_chance and node.send_back and self._chance.random() < _SENDS_BACK
        verb = Verb.COMPLETE if isinstance(node, FormNode) else Verb.APPROVE
        self.case.act(
            Act(
                act_key=f"simulated-{self._acts}",
                verb=Verb.REJECT if sends_back else verb,
                person=self._chance.choice(task.waiting_on),
                task_id=task_id,
                to=self._chance.choice(node.send_back) if sends_back else "",
                form={} if sends_back else self._guess.form(node.form, place.data),
            )
        )

    def _arrive(self, place: Place, awaited: Awaited) -> None:
        payload = payload_type(place, awaited)
        self.case.arrive(
            EventArrived(
                self.case.now, awaited.type, awaited.key, payload=self._guess.value(payload)
            )
        )
