"""A field work whose services answer as they should, unless a test says otherwise."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from kit.errors import ServiceError
from workflows.runtime.commands import CallRpc, RecordAct
from workflows.runtime.events import (
    Act,
    Acted,
    RpcFailed,
    RpcSucceeded,
)
from workflows.runtime.field_work.state import (
    Begun,
    Command,
    FieldTask,
    FieldWorkInput,
    FieldWorkState,
    OrderChanged,
    Report,
)
from workflows.runtime.field_work.step import Event, step

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
INPUT = FieldWorkInput(
    case_id="ca_1",
    case_workflow_id="case:ca_1",
    node="install",
    visit=1,
    stage="install",
    title="上门安装",
    work_order_id="wo_1",
    quote_id="qt_1",
)


def cny(fen: int) -> dict[str, Any]:
    return {"currency": "CNY", "amount_minor": fen}


def quote_step(phase: str, before: int | None, after: int) -> dict[str, Any]:
    made = {
        "phase": phase,
        "label": phase,
        "rule_id": "r",
        "explanation": "",
        "amount_after": cny(after),
    }
    return made if before is None else {**made, "amount_before": cny(before)}


def quote(*lines: list[dict[str, Any]], total: int) -> dict[str, Any]:
    return {
        "quote_id": "qt_1",
        "settlement_total": cny(total),
        "lines": [
            {"item_name": f"item {number}", "settlement_steps": steps}
            for number, steps in enumerate(lines)
        ],
    }


QUOTE = quote(
    [quote_step("base", None, 12_000), quote_step("premium", 12_000, 15_000)], total=15_000
)
WINDOW = {
    "window_start": "2026-03-03T09:00:00+08:00",
    "window_end": "2026-03-03T11:00:00+08:00",
}


_STATE_AFTER = {
    "offer": "OFFERED",
    "accept": "ACCEPTED",
    "take": "ACCEPTED",
    "schedule": "SCHEDULED",
    "check_in": "IN_PROGRESS",
    "release": "CREATED",
}


@dataclass
class Work:
    """A field work whose services answer as they should, unless told otherwise."""

    technicians: tuple[str, ...] = ("pe_a", "pe_b")
    max_offers: int = 0
    source: dict[str, Any] = field(default_factory=dict)
    state: FieldWorkState = field(init=False)
    at: datetime = START
    calls: list[CallRpc] = field(default_factory=list)
    records: list[RecordAct] = field(default_factory=list)
    report: Report | None = None
    refuse: dict[str, str] = field(default_factory=dict)
    hold: set[str] = field(default_factory=set)
    held: list[CallRpc] = field(default_factory=list)
    keys: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    order_state: str = "CREATED"
    order_revision: int = 1

    def __post_init__(self) -> None:
        source = replace(INPUT, max_offers=self.max_offers, **self.source)
        self.state = FieldWorkState(source, "field_work:wo_1")

    def begin(self) -> Work:
        self.feed(Begun(self.at))
        return self

    def feed(self, event: Event) -> None:
        self.state, commands = step(self.state, event)
        self.obey(commands)

    def obey(self, commands: list[Command]) -> None:
        for command in commands:
            match command:
                case CallRpc():
                    self.calls.append(command)
                    self.answer(command)
                case RecordAct():
                    self.records.append(command)
                case Report():
                    assert self.report is None, "it reports once"
                    self.report = command

    def answer(self, call: CallRpc) -> None:
        verb = call.call_id.partition("/")[0]
        if verb in self.hold:
            self.held.append(call)
        elif verb in self.refuse:
            self.feed(RpcFailed(self.at, call.call_id, self.refuse[verb], "no"))
        else:
            self.feed(RpcSucceeded(self.at, call.call_id, self.reply(verb, call)))

    def fail(self, call: CallRpc, reason: str) -> None:
        """A call that was held up is refused."""
        self.feed(RpcFailed(self.at, call.call_id, reason, "no"))

    def reply(self, verb: str, call: CallRpc) -> dict[str, Any]:
        match verb:
            case "quote":
                return QUOTE
            case "rank":
                left = [
                    t for t in self.technicians if t not in call.request["excluded_technician_ids"]
                ]
                return {
                    "candidates": [
                        {"technician_id": t, "outlet_id": "ot_1", "cooperation_mode": "direct"}
                        for t in left
                    ]
                }
            case "promise":
                technician = call.request["facts"]["technician_id"]
                line = {"label": "基础费", "amount": cny(12_000)}
                return {"earning_id": f"er_{technician}", "total": cny(12_000), "lines": [line]}
            case "complete":
                right = call.request["completion_code"] == "123456"
                return self.work_order("COMPLETED" if right else "IN_PROGRESS")
            case "technician":
                technician = call.request["technician_id"]
                return {
                    "technician_id": technician,
                    "outlet_id": "ot_1",
                    "cooperation_mode": "direct",
                }
            case "dispatchers":
                return {"person_ids": ["pe_chen"]}
            case _:
                return self.work_order(_STATE_AFTER.get(verb, self.order_state))

    def work_order(self, state: str) -> dict[str, Any]:
        self.order_state, self.order_revision = state, self.order_revision + 1
        return {
            "work_order_id": "wo_1",
            "title": "空调安装",
            "state": f"WORK_ORDER_STATE_{state}",
            "revision": self.order_revision,
            "completion_code": "123456",
            "completed_at": "2026-03-03T03:00:00Z",
        }

    def others(self, state: str, **more: Any) -> None:
        """Somebody else changes the work order, and the field work hears of it."""
        self.feed(OrderChanged(self.at, {**self.work_order(state), **more}))

    def release(self) -> None:
        """What was held up is answered now."""
        self.hold = set()
        held, self.held = self.held, []
        for call in held:
            self.answer(call)

    @property
    def task(self) -> FieldTask | None:
        """What is open, when it is one thing."""
        assert len(self.state.tasks) <= 1
        return next(iter(self.state.tasks), None)

    def task_of(self, person: str) -> FieldTask | None:
        """What is open to somebody."""
        for task in self.state.tasks:
            offer = self.state.offer(task.offer_number) if task.offer_number else None
            if offer and offer.technician_id == person:
                return task
        return None

    def act(self, verb: str, person: str = "pe_a", **more: Any) -> None:
        task = self.task_of(person) or next(iter(self.state.tasks))
        more = {"task_id": task.task_id, "act_key": f"k{next(self.keys)}", **more}
        self.feed(Acted(self.at, Act(verb=verb, person=person, **more)))

    def dispatch(self, verb: str, technician: str = "", **more: Any) -> None:
        """A dispatcher decides."""
        to = technician if verb == "assign" else ""
        more = {"task_id": "", "comment": "急单", "to": to, "roles": ("dispatcher",), **more}
        key = more.pop("act_key", f"k{next(self.keys)}")
        self.feed(Acted(self.at, Act(verb=verb, person="pe_chen", act_key=key, **more)))

    def refusal(self, verb: str, person: str = "pe_a", **more: Any) -> str:
        before = self.state
        with pytest.raises(ServiceError) as refused:
            self.act(verb, person, **more)
        assert self.state is before
        return refused.value.reason

    def made(self, verb: str) -> list[CallRpc]:
        return [call for call in self.calls if call.call_id.partition("/")[0] == verb]

    def on_site(self) -> Work:
        self.act("accept")
        self.act("schedule", form=WINDOW)
        self.act("check_in")
        return self
