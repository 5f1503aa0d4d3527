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
    FieldWorkInput,
    FieldWorkState,
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


@dataclass
class Work:
    """A field work whose services answer as they should, unless told otherwise."""

    technicians: tuple[str, ...] = ("pe_a", "pe_b")
    max_offers: int = 0
    state: FieldWorkState = field(init=False)
    at: datetime = START
    calls: list[CallRpc] = field(default_factory=list)
    records: list[RecordAct] = field(default_factory=list)
    report: Report | None = None
    refuse: dict[str, str] = field(default_factory=dict)
    hold: set[str] = field(default_factory=set)
    held: list[CallRpc] = field(default_factory=list)
    keys: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        source = replace(INPUT, max_offers=self.max_offers)
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
            case _:
                return self.work_order("CREATED")

    def work_order(self, state: str) -> dict[str, Any]:
        return {
            "work_order_id": "wo_1",
            "title": "空调安装",
            "state": f"WORK_ORDER_STATE_{state}",
            "completion_code": "123456",
            "completed_at": "2026-03-03T03:00:00Z",
        }

    def release(self) -> None:
        """What was held up is answered now."""
        self.hold = set()
        held, self.held = self.held, []
        for call in held:
            self.answer(call)

    def act(self, verb: str, person: str = "pe_a", **more: Any) -> None:
        assert self.state.task is not None
        more.setdefault("act_key", f"k{next(self.keys)}")
        act = Act(verb=verb, person=person, task_id=self.state.task.task_id, **more)
        self.feed(Acted(self.at, act))

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
