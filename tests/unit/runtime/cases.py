"""A case on the virtual clock, in a world small enough for a test to say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kit.errors import ServiceError
from tests.unit.compiler.flows import plan_of
from workflows.compiler.plan import Plan
from workflows.runtime.audit import SYSTEM
from workflows.runtime.commands import (
    CallRpc,
    Command,
    Purpose,
    RecordAct,
    StartFieldWork,
    StartSubflow,
)
from workflows.runtime.events import Act
from workflows.runtime.messages import SEND
from workflows.runtime.people import RESOLVE_ASSIGNEES
from workflows.runtime.places import each
from workflows.runtime.port import Reply, VirtualCase
from workflows.runtime.user_task import UserTask

MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai

Answer = Reply | Callable[[CallRpc], Reply]


class Small:
    """Answers by RPC name: people by role, things with an id of their call, messages silently."""

    def __init__(self, **answers: Answer) -> None:
        self.people = {"sales": ["pe_sales"], "boss": ["pe_boss"]}
        #: Who leads whom.
        self.leaders: dict[str, list[str]] = {}
        #: Who stands in for whom; nobody for a leaver whom nobody replaces.
        self.instead_of: dict[str, str] = {}
        self.answers: dict[str, Answer] = dict(answers)
        self.work = Reply(
            {"work_order_id": "wo", "technician_id": "pe_t", "earning_id": "er",
             "completed_at": "2026-03-02T05:00:00Z"},
            after=timedelta(hours=4),
        )  # fmt: skip
        self.child = Reply(after=timedelta(hours=4))

    def call(self, call: CallRpc, at: datetime) -> Reply:
        if call.rpc == RESOLVE_ASSIGNEES:
            return Reply(self.directory(call.request))
        if call.rpc == SEND:
            return Reply()
        answer = self.answers.get(call.rpc.rpartition("/")[2])
        if answer is None:
            return Reply({"thing_id": call.call_id, "count": 1})
        return answer if isinstance(answer, Reply) else answer(call)

    def directory(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Who can take a task, as the directory's contract says."""
        if "role" in asked:
            wanted = self.people.get(asked["role"], [])
        elif "leader_of_person_id" in asked:
            wanted = self.leaders.get(asked["leader_of_person_id"], [])
        else:
            wanted = asked["person_ids"]
        excluded = asked.get("exclude_person_ids", [])
        found: dict[str, None] = {}
        substitutions = []
        for person in wanted:
            here = self.instead_of.get(person, person)
            if here and not {here, person} & set(excluded):
                found[here] = None
                if here != person:
                    pair = {"person_id": here, "on_behalf_of_person_id": person}
                    substitutions.append(pair)
        return {"person_ids": list(found), "substitutions": substitutions}

    def field_work(self, work: StartFieldWork, at: datetime) -> Reply:
        return self.work

    def child_case(self, child: StartSubflow, at: datetime) -> Reply:
        return self.child


class Case(VirtualCase):
    """A started case with short words for what people do."""

    def __init__(self, body: str | Plan, world: Small | None = None, **inputs: Any) -> None:
        plan = body if isinstance(body, Plan) else plan_of(body)
        super().__init__(plan, world or Small(), MONDAY)
        self._acts = 0
        self.start(inputs, case_id="ca_1", by="pe_starter")

    def do(self, person: str, verb: str, node: str = "", **more: Any) -> None:
        """Act on a node's open task (in a body ``each/1.2:check``), or on the case."""
        self._acts += 1
        key = more.pop("act_key", f"act-{self._acts}")
        self.act(
            Act(
                act_key=key,
                verb=verb,
                person=person,
                task_id=self._task_id(node) if node else "",
                **more,
            )
        )

    def _task_id(self, node: str) -> str:
        """A node's open task, or the one that it had last."""
        for task_id, task in each(self.state, self.plan, "tasks"):
            if node in (task.node, task_id.rpartition("/")[0]):
                return task_id
        return f"{node}/{self.state.standings[node].visit}"

    @property
    def at(self) -> list[str]:
        """Where tokens stand, in bodies too."""
        return sorted(node for node, _ in each(self.state, self.plan, "tokens"))

    def asked(self, purpose: Purpose = Purpose.NODE) -> list[str]:
        """The calls made for a purpose, by call id and method."""
        return [f"{call.call_id} {call.rpc.rpartition('/')[2]}" for call in self.calls_of(purpose)]

    def calls_of(self, purpose: Purpose) -> list[CallRpc]:
        """The calls made for a purpose."""
        return [call for call in self.all(CallRpc) if call.purpose is purpose]

    def told(self) -> list[tuple[str, list[str]]]:
        """The messages sent: template and people."""
        return [
            (call.request["template_code"], call.request["recipient_person_ids"])
            for call in self.all(CallRpc)
            if call.rpc == SEND
        ]

    def acts_of_the_system(self) -> list[tuple[str, str, tuple[str, ...]]]:
        """What was done in nobody's name: verb, rule, whom it named."""
        return [
            (act.verb, act.rule, act.people) for act in self.all(RecordAct) if act.person == SYSTEM
        ]

    def task(self, node: str) -> UserTask:
        """The open user task of a node."""
        return self.state.tasks[f"{node}/{self.state.standings[node].visit}"]

    def all(self, kind: type[Any]) -> list[Any]:
        """Every command of a kind so far."""
        return [command for _, command in self.commands if isinstance(command, kind)]


def varied(body: str | Plan, node: str, **settings: Any) -> Plan:
    """A plan with other settings of one of its nodes."""
    plan = body if isinstance(body, Plan) else plan_of(body)
    of_plan = settings.pop("plan", {})
    nodes = tuple(
        each.model_copy(update=settings) if each.id == node else each for each in plan.nodes
    )
    return Plan(**{**dict(plan), "nodes": nodes, **of_plan})


def refusal(case: Case, person: str, verb: str, node: str = "", **more: Any) -> ServiceError:
    """Why an act is refused; nothing has changed."""
    before = case.state
    with pytest.raises(ServiceError) as caught:
        case.do(person, verb, node, **more)
    assert case.state is before
    return caught.value


def kinds(commands: list[Command]) -> list[str]:
    return [type(command).__name__ for command in commands]
