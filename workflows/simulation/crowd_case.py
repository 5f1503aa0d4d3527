"""One of many cases that are lived through at once: what is asked of it, by whom it is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random  # noqa: TID251 - nothing here is replayed
from typing import Any, Final

from kit.calendar import BusinessCalendar
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
from workflows.compiler.plan import UserTaskNode as PlanUserTask
from workflows.language.types import Type
from workflows.runtime.commands import CallRpc, Purpose, StartFieldWork, StartSubflow
from workflows.runtime.events import Act, EventArrived
from workflows.runtime.people import RESOLVE_ASSIGNEES
from workflows.runtime.places import Place, each, node_at, place_of, places
from workflows.runtime.port import Reply, VirtualCase
from workflows.runtime.user_task import UserTask
from workflows.runtime.verbs import Verb, signs
from workflows.simulation.agenda import Agenda
from workflows.simulation.draws import draw_value
from workflows.simulation.expected import Expected
from workflows.simulation.guess import Guess
from workflows.simulation.model import Assumptions, NodeModel
from workflows.simulation.staff import Staff, Work, members
from workflows.simulation.watched import CaseRecord, Watch

#: So often people fill in a form that is refused before the case is given up.
_MOST_TRIES: Final = 5
#: Whoever leads somebody; nobody's capacity.
_LEADER: Final = "pe_leader"


@dataclass(frozen=True, slots=True)
class Floor:
    """What all cases share.

    Attributes:
        models: what is known or assumed of each node.
    """

    plan: Plan
    assumptions: Assumptions
    models: Mapping[str, NodeModel]
    agenda: Agenda
    staff: Staff
    watch: Watch
    calendar: BusinessCalendar | None


class CrowdCase:
    """A case, and everybody around it."""

    def __init__(self, floor: Floor, number: int) -> None:
        self._floor = floor
        self._number = number
        self._chance = Random(f"{floor.assumptions.seed}/{number}")
        self._works: dict[str, list[Work]] = {}
        self._tasks: dict[str, UserTask] = {}
        self._acts = 0
        self._refusal = ""
        self._wakes_at: datetime | None = None

    def begin(self) -> None:
        """The case comes in."""
        floor, now = self._floor, self._floor.agenda.now
        self._record = CaseRecord(self._number, now)
        floor.watch.cases.append(self._record)
        self._guess = Guess(self._chance, now)
        self._expected = Expected(
            floor.agenda, floor.models, self._chance, self._told, self._arrive
        )
        self._case = VirtualCase(floor.plan, self, now)
        known = _fields(draw_value(floor.assumptions.inputs, self._chance))
        inputs = self._guess.form(floor.plan.inputs, {}, known)
        case_id = f"ca_{self._number}"
        if not self._live(
            lambda: self._case.start(inputs, case_id=case_id, calendar=floor.calendar)
        ):
            self._end(self._refusal)

    # -- the port: what the case calls

    def call(self, call: CallRpc, at: datetime) -> Reply | None:
        """Answer one RPC."""
        if call.rpc == RESOLVE_ASSIGNEES:
            return Reply({"person_ids": self._people(call.request)})
        node = node_at(self._floor.plan, call.node) if call.node else None
        if call.purpose is not Purpose.NODE or not isinstance(node, ServiceNode):
            return Reply()
        return self._outside(node, lambda reply: self._case.answer(call, reply))

    def field_work(self, work: StartFieldWork, at: datetime) -> Reply | None:
        """Live a work order through."""
        node = node_at(self._floor.plan, work.node)
        return self._outside(node, lambda reply: self._case.end_child(work, reply))

    def child_case(self, child: StartSubflow, at: datetime) -> Reply | None:
        """Live another flow through."""
        node = node_at(self._floor.plan, child.node)
        return self._outside(node, lambda reply: self._case.end_child(child, reply))

    def _people(self, request: dict[str, Any]) -> list[str]:
        pool = self._floor.staff.pools.get(role := request.get("role", ""))
        found = members(role, pool) if pool else request.get("person_ids") or [_LEADER]
        return [person for person in found if person not in request.get("exclude_person_ids", ())]

    def _outside(self, node: PlanNode, tell: Callable[[Reply], None]) -> Reply | None:
        """How something outside ends; None when somebody is to be found for it first."""
        assert isinstance(node, ServiceNode | FieldWorkNode | SubflowNode)
        model = self._floor.models[node.id]
        assert model.takes is not None
        assert model.fails is not None
        takes = model.takes.draw(self._chance)
        response, reason = self._told(node.response_type, model), ""
        if self._chance.random() < model.fails.chance:
            known = [reason for way in node.boundary for reason in way.reasons]
            reason = model.fails.reason or (known[0] if known else "SIMULATED")
        if not model.by:
            self._count(node, None)
            return Reply(response, reason, "by chance", takes)

        def finish(work: Work) -> None:
            self._count(node, work)
            self._live(lambda: tell(Reply(response, reason, "by chance")))

        people = tuple(members(model.by, self._floor.staff.pools[model.by]))
        now = self._floor.agenda.now
        self._ask(Work(node.id, people, takes, None, self._began, finish, now))
        return None

    def _told(self, kind: Type, model: NodeModel) -> dict[str, Any]:
        """What a service replies or an event says: as it is known, the rest guessed."""
        guessed = _fields(self._guess.value(kind))
        return guessed | _fields(draw_value(model.reply, self._chance))

    # -- going on

    def _live(self, do: Callable[[], None]) -> bool:
        """Let something happen to the case, then see what it waits for; False: it was refused."""
        if self._record.ended:
            return False
        case = self._case
        try:
            case.advance(self._floor.agenda.now - case.now)
            do()
            case.advance(timedelta(0))
        except ServiceError as refusal:
            self._refusal = refusal.reason
            return False
        self._look()
        return True

    def _look(self) -> None:
        case = self._case
        tasks = dict(each(case.state, case.plan, "tasks"))
        for id in [id for id in self._tasks if id not in tasks]:
            self._floor.watch.closed(self._record, self._tasks[id])
            for work in self._works.pop(id):
                self._drop(work)
        self._tasks = tasks
        for id, task in tasks.items():
            self._assign(id, task)
        self._expected.look(places(case.state, case.plan))
        for _, incident in each(case.state, case.plan, "incidents"):
            self._record.trouble = f"{incident.reason} at {incident.node}"
        if case.state.status.over:
            self._end(str(case.state.status))
        else:
            self._wake_later()

    def _wake_later(self) -> None:
        due = self._case.next_due
        if due is not None and (self._wakes_at is None or due < self._wakes_at):
            self._wakes_at = due
            self._floor.agenda.at(due, self._wake)

    def _wake(self) -> None:
        self._wakes_at = None
        self._live(lambda: None)

    def _end(self, how: str) -> None:
        record = self._record
        record.ended, record.ended_at = how, self._floor.agenda.now
        for work in [work for works in self._works.values() for work in works]:
            self._drop(work)
        del self._case

    def _arrive(self, event: EventArrived) -> None:
        self._live(lambda: self._case.arrive(event))

    # -- user tasks

    def _assign(self, id: str, task: UserTask) -> None:
        """See that whoever is to move a task on has it before them."""
        node = self._node(id)
        waited_on = task.waiting_on
        groups = [(person,) for person in waited_on] if signs(node) else [waited_on]
        works = [work for work in self._works.get(id, []) if not work.over]
        for work in works:
            if not (work.person in waited_on if work.begun_at else work.candidates in groups):
                self._drop(work)
        works = [work for work in works if not work.over]
        for group in groups:
            if group and not any(w.candidates == group or w.person in group for w in works):
                works.append(self._work(id, node, task, group))
                self._ask(works[-1])
        self._works[id] = works

    def _work(self, id: str, node: PlanUserTask, task: UserTask, group: tuple[str, ...]) -> Work:
        takes = self._floor.models[node.id].takes
        assert takes is not None

        def begin(work: Work) -> None:
            self._began(work)
            if self._floor.staff.role_of(work.person):
                self._respond(id, work.person)

        def finish(work: Work) -> None:
            self._count(node, work)
            self._act(id, node, work.person)

        due, now = task.complete_due, self._floor.agenda.now
        return Work(node.id, group, takes.draw(self._chance), due, begin, finish, now)

    def _ask(self, work: Work) -> None:
        """Have it done, once what is happening now is over."""
        self._floor.watch.queue(work.node).change(1)
        self._floor.agenda.at(work.asked_at, lambda: self._floor.staff.ask(work))

    def _began(self, work: Work) -> None:
        self._floor.watch.queue(work.node).change(-1)

    def _drop(self, work: Work) -> None:
        if work.over:
            return
        if work.begun_at is None:
            self._began(work)
        self._floor.staff.drop(work)

    def _respond(self, id: str, person: str) -> None:
        task = self._tasks.get(id)
        if task is None or task.respond_due is None or task.responded_at is not None:
            return
        node = self._node(id)
        shared = task.signers or (isinstance(node, ApprovalNode) and node.mode == "any")
        self._do(id, Verb.COMMENT if shared or task.assignee else Verb.CLAIM, person)

    def _act(self, id: str, node: PlanUserTask, person: str) -> None:
        model = self._floor.models[node.id]
        sent = model.sends_back
        if sent and node.send_back and self._chance.random() < sent.chance:
            to = sent.to or self._chance.choice(node.send_back)
            if self._do(id, Verb.REJECT, person, to=to):
                return
        verb = Verb.COMPLETE if isinstance(node, FormNode) else Verb.APPROVE
        if self._chance.random() < model.opposes:
            verb = Verb.OPPOSE
        for _ in range(_MOST_TRIES):
            if self._record.ended:
                return
            found = place_of(self._case.state, self._case.plan, "tasks", id)
            if found is None or self._do(
                id, verb, person, form=self._fill_in(node, model, found[0])
            ):
                return
        self._end(f"{self._refusal} at {node.id}")

    def _fill_in(self, node: PlanUserTask, model: NodeModel, place: Place) -> dict[str, Any]:
        known = _fields(draw_value(model.form, self._chance))
        return self._guess.form(node.form, place.data, known)

    def _do(self, id: str, verb: Verb, person: str, **more: Any) -> bool:
        self._acts += 1
        act = Act(f"act-{self._acts}", verb, person, id, **more)
        return self._live(lambda: self._case.act(act))

    def _node(self, id: str) -> PlanUserTask:
        node = node_at(self._floor.plan, id)
        assert isinstance(node, FormNode | ApprovalNode | ConfirmNode)
        return node

    # -- what is counted

    def _count(self, node: PlanNode, work: Work | None) -> None:
        """Somebody has done it, or something outside will."""
        staff, an_hour = self._floor.staff, 0
        role = staff.role_of(work.person) if work else ""
        if role:
            an_hour = int(staff.pools[role].cost_per_hour * 100)
        visit = int(self._floor.models[node.id].cost * 100)
        self._floor.watch.done(self._record, node.id, work, visit, an_hour)


def _fields(value: Any) -> dict[str, Any]:
    assert isinstance(value, dict)
    return value
