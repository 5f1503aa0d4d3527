"""Field work, step by step, without Temporal."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kit.errors import ServiceError
from workflows.runtime.commands import CallRpc, RecordAct
from workflows.runtime.events import (
    Act,
    Acted,
    CancelRequested,
    RpcFailed,
    RpcSucceeded,
    TimerFired,
)
from workflows.runtime.field_work.incidents import in_words, with_defect
from workflows.runtime.field_work.lines import settlement_lines
from workflows.runtime.field_work.record import details, standing
from workflows.runtime.field_work.state import (
    Begun,
    Command,
    FieldWorkInput,
    FieldWorkState,
    Outcome,
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


def test_the_best_candidate_is_promised_an_earning_then_offered_the_work_then_told() -> None:
    work = Work().begin()
    assert [call.call_id for call in work.calls] == [
        "work_order", "quote", "rank/1", "promise/1", "offer/1", "announce/1",
    ]  # fmt: skip
    offer = work.made("offer")[0].request
    assert offer["technician_id"] == "pe_a"
    assert offer["earning_total"] == cny(12_000)
    assert offer["expires_at"] == "2026-03-02T01:30:00Z"
    assert work.state.task is not None
    assert work.state.task.verbs == ("accept", "decline")


def test_a_write_that_depends_on_a_read_or_on_the_time_ends_the_task_first() -> None:
    work = Work().begin().on_site()
    barriers = {call.call_id.partition("/")[0]: call.barrier for call in work.calls}
    assert not barriers["rank"]
    for verb in ("promise", "offer", "accept", "schedule", "check_in"):
        assert barriers[verb], verb


def test_every_write_has_a_key_of_its_own_within_node_and_visit() -> None:
    work = Work().begin()
    work.act("decline")
    keys = [call.idempotency_key for call in work.calls if call.idempotency_key]
    assert len(set(keys)) == len(keys)
    assert all(key.startswith("field_work:wo_1/install/1/") for key in keys)


def test_the_settlement_steps_of_a_quote_become_lines_that_sum_to_its_total() -> None:
    lines = settlement_lines(
        quote(
            [quote_step("base", None, 100), quote_step("coefficient", 100, 120)],
            [
                quote_step("base", None, 50),
                quote_step("quantity", 50, 100),
                quote_step("discount", 100, 90),
            ],
            total=210,
        )
    )
    assert [(line["line_kind"], line["amount"]["amount_minor"]) for line in lines] == [
        ("base", 100), ("coefficient", 20), ("base", 50), ("base", 50), ("deduction", -10),
    ]  # fmt: skip
    assert lines[0]["label"] == "item 0·base"


def test_a_step_that_changes_nothing_makes_no_line() -> None:
    steps = [quote_step("base", None, 100), quote_step("premium", 100, 100)]
    assert len(settlement_lines(quote(steps, total=100))) == 1


def test_a_quote_whose_steps_do_not_sum_to_its_total_ends_the_field_work() -> None:
    with pytest.raises(ServiceError) as refused:
        settlement_lines(quote([quote_step("base", None, 100)], total=99))
    assert refused.value.reason == "FIELD_WORK_QUOTE_UNEVEN"


def test_work_completed_with_the_code_reports_who_did_it_and_what_they_earn() -> None:
    work = Work().begin().on_site()
    work.act("complete", form={"completion_code": "123456"})
    assert work.report == Report(
        Outcome.COMPLETED,
        {
            "work_order_id": "wo_1",
            "technician_id": "pe_a",
            "earning_id": "er_pe_a",
            "completed_at": "2026-03-03T03:00:00Z",
        },
    )
    assert [record.verb for record in work.records] == [
        "accept",
        "schedule",
        "check_in",
        "complete",
    ]
    assert work.records[-1].after == {"form": {}}, "the code is nobody's to read"


def test_a_wrong_code_settles_the_act_as_refused_and_leaves_the_visit_open() -> None:
    work = Work().begin().on_site()
    work.act("complete", act_key="wrong", form={"completion_code": "000000"})
    assert work.state.settled["wrong"].reason == "WORK_ORDER_CODE_WRONG"
    assert work.state.task is not None
    assert work.report is None
    work.act("complete", form={"completion_code": "123456"})
    assert work.report is not None


def test_a_refusal_of_the_service_is_the_technicians_to_read() -> None:
    work = Work().begin()
    work.refuse["accept"] = "WORK_ORDER_OFFER_EXPIRED"
    work.act("accept", act_key="late")
    assert work.state.settled["late"].reason == "WORK_ORDER_OFFER_EXPIRED"
    assert work.state.task is not None
    assert work.state.task.kind == "offer"


def test_a_declined_offer_is_closed_and_its_earning_cancelled_before_the_next_is_asked() -> None:
    work = Work().begin()
    work.calls.clear()
    work.act("decline", comment="太远")
    assert [call.call_id for call in work.calls] == [
        "close_offer/1", "cancel_earning/1", "rank/2", "promise/2", "offer/2", "announce/2",
    ]  # fmt: skip
    assert work.calls[0].rpc.endswith("/DeclineOffer")
    assert work.calls[0].request["reason"] == "太远"
    assert work.made("offer")[0].request["technician_id"] == "pe_b"


def test_an_offer_that_lapses_expires_and_the_last_one_ends_it() -> None:
    work = Work().begin()
    work.feed(TimerFired(START + timedelta(minutes=30), "offer"))
    assert work.made("close_offer")[0].rpc.endswith("/ExpireOffer")
    work.feed(TimerFired(START + timedelta(minutes=60), "offer"))
    assert work.report is not None
    assert (work.report.outcome, work.report.reason) == ("failed", "FIELD_WORK_NOBODY")
    assert len(work.made("cancel_earning")) == 2


def test_it_gives_up_after_as_many_offers_as_the_flow_allows() -> None:
    work = Work(technicians=("pe_a", "pe_b", "pe_c"), max_offers=2).begin()
    work.act("decline")
    work.act("decline", "pe_b")
    assert work.report is not None
    assert work.report.reason == "FIELD_WORK_NOBODY"


def test_an_acceptance_under_way_when_the_offer_lapses_is_decided_by_the_work_order() -> None:
    work = Work().begin()
    work.hold = {"accept"}
    work.act("accept")
    work.feed(TimerFired(START + timedelta(minutes=30), "offer"))
    assert work.made("close_offer") == []
    work.release()
    assert work.state.task is not None
    assert work.state.task.kind == "visit"


def test_an_acceptance_refused_after_the_offer_lapsed_passes_it_on() -> None:
    work = Work().begin()
    work.hold = {"accept"}
    work.act("accept")
    work.feed(TimerFired(START + timedelta(minutes=30), "offer"))
    work.refuse["accept"] = "WORK_ORDER_OFFER_EXPIRED"
    work.release()
    assert [call.call_id for call in work.calls][-3:] == ["promise/2", "offer/2", "announce/2"]


@pytest.mark.parametrize(
    "held", ["work_order", "quote", "rank", "promise", "offer", "accept", "schedule", "check_in"]
)
def test_a_cancellation_at_any_point_undoes_what_was_promised_and_reports_once(held: str) -> None:
    work = Work()
    work.hold = {held}
    work.begin()
    if not work.held:
        work.act("accept")
    if not work.held:
        work.act("schedule", form=WINDOW)
    if not work.held:
        work.act("check_in")
    assert [call.call_id.partition("/")[0] for call in work.held] == [held]
    work.feed(CancelRequested(work.at, "case", "退单"))
    work.release()
    assert work.report is not None
    assert work.report.outcome == "cancelled"
    assert work.state.earning is None
    assert not work.state.offer_open
    assert len(work.made("cancel_earning")) == len(work.made("promise"))


def test_a_cancellation_while_an_offer_waits_closes_the_offer_first() -> None:
    work = Work().begin()
    work.calls.clear()
    work.feed(CancelRequested(work.at, "case", "退单"))
    assert [call.call_id for call in work.calls] == ["close_offer/1", "cancel_earning/1"]


def test_work_that_was_completed_while_it_was_being_cancelled_is_completed() -> None:
    work = Work().begin().on_site()
    work.hold = {"complete"}
    work.act("complete", form={"completion_code": "123456"})
    work.feed(CancelRequested(work.at, "case", "退单"))
    work.release()
    assert work.report is not None
    assert work.report.outcome == "completed"
    assert work.made("cancel_earning") == []


def test_an_earning_that_cannot_be_cancelled_is_reported_as_a_failure() -> None:
    work = Work().begin()
    work.refuse["cancel_earning"] = "SETTLEMENT_STATE_FORBIDS"
    work.feed(CancelRequested(work.at, "case", "退单"))
    assert work.report is not None
    assert (work.report.outcome, work.report.reason) == ("failed", "SETTLEMENT_STATE_FORBIDS")


@pytest.mark.parametrize("verb", ["work_order", "quote", "rank", "promise", "offer"])
def test_what_a_service_refuses_is_reported_with_its_reason(verb: str) -> None:
    work = Work(refuse={verb: "SOME_REASON"}).begin()
    assert work.report is not None
    assert (work.report.outcome, work.report.reason) == ("failed", "SOME_REASON")
    assert work.state.earning is None


def test_acts_are_the_holders_and_fit_what_is_open() -> None:
    work = Work().begin()
    assert work.refusal("accept", "pe_b") == "CASE_TASK_NOT_YOURS"
    assert work.refusal("complete") == "CASE_VERB_ILLEGAL"
    assert work.refusal("accept", revision=7) == "CASE_REVISION_STALE"
    work.act("accept")
    assert work.refusal("schedule", form={}) == "CASE_FORM_INVALID"
    assert work.refusal("schedule", form={**WINDOW, "window_end": "morgen"}) == "CASE_FORM_INVALID"
    assert work.refusal("schedule", form={**WINDOW, "window_end": "2026-03-03T09:00"}) == (
        "CASE_FORM_INVALID"
    )


def test_a_second_act_waits_for_the_first_and_the_same_one_is_made_once() -> None:
    work = Work().begin()
    work.hold = {"accept"}
    work.act("accept", act_key="k")
    assert work.refusal("decline") == "CASE_ACT_PENDING"
    before = work.state
    work.act("accept", act_key="k")
    assert work.state is before
    work.release()
    assert len(work.made("accept")) == 1


def test_an_answer_that_nobody_waits_for_any_more_changes_nothing() -> None:
    work = Work().begin()
    before = work.state
    work.feed(RpcSucceeded(work.at, "announce/1", {}))
    work.feed(RpcFailed(work.at, "rank/1", "LATE", ""))
    assert work.state is before


def test_the_inbox_shows_the_offer_with_its_lines_and_never_the_code() -> None:
    work = Work().begin()
    shown = standing(work.state)
    (task,) = shown["user_tasks"]
    assert task["user_task_kind"] == "offer"
    assert task["assignee_person_id"] == "pe_a"
    assert task["respond_due_at"] == "2026-03-02T01:30:00Z"
    assert task["context"]["earning"]["total"] == cny(12_000)
    assert "123456" not in str(shown)
    assert "pe_a" in details(work.state)


def test_a_visit_offers_what_comes_next_under_one_task() -> None:
    work = Work().begin()
    seen = []
    for verb, form in (
        ("accept", {}),
        ("schedule", WINDOW),
        ("schedule", WINDOW),
        ("check_in", {}),
    ):
        work.act(verb, form=form)
        task = work.state.task
        assert task is not None
        seen.append((task.task_id, task.revision, [str(v) for v in task.verbs]))
    assert seen == [
        ("install/1/visit", 1, ["schedule"]),
        ("install/1/visit", 2, ["schedule", "check_in"]),
        ("install/1/visit", 3, ["schedule", "check_in"]),
        ("install/1/visit", 4, ["complete"]),
    ]


def stuck(work: Work) -> FieldWorkState:
    """A field work whose step has raised at the answer that it waits for."""
    call = work.held.pop()
    odd = RpcSucceeded(work.at, call.call_id, {"nonsense": True})
    try:
        step(work.state, odd)
    except KeyError as defect:
        return with_defect(work.state, "RpcSucceeded", defect, work.at, odd)
    raise AssertionError("this is odd enough")


def of_operations(verb: str, **more: Any) -> Act:
    given = {"roles": ("ops",), "comment": "查过了", **more}
    return Act(act_key=f"ops-{verb}", verb=verb, person="pe_ops", incident_id=INCIDENT, **given)


INCIDENT = "defect/3"


def test_an_answer_that_cannot_be_taken_is_kept_until_operations_say_what_it_is() -> None:
    work = Work(hold={"rank"}).begin()
    work.state = stuck(work)
    (incident,) = in_words(work.state)
    assert (incident["incident_id"], incident["verbs"]) == (INCIDENT, ["retry", "skip"])
    assert "nonsense" not in details(work.state)
    # Applied again by the same code it fails again, and nothing has changed.
    with pytest.raises(KeyError):
        step(work.state, Acted(work.at, of_operations("retry")))
    work.feed(Acted(work.at, of_operations("skip")))
    assert not work.state.incidents
    assert work.report is not None
    assert (work.report.outcome, work.report.reason) == (Outcome.FAILED, "CASE_DEFECT")
    (told,) = [record for record in work.records if record.verb == "skip"]
    assert told.before["incident"] == INCIDENT
    # The same act once more is the same act.
    assert step(work.state, Acted(work.at, of_operations("skip")))[1] == []


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (of_operations("skip", roles=("sales",)), "CASE_OPS_ONLY"),
        (of_operations("skip", comment=""), "CASE_REASON_MISSING"),
        (of_operations("move", to="x"), "CASE_VERB_ILLEGAL"),
    ],
)
def test_operations_resolve_what_stands_still_in_a_field_work_and_nobody_else(
    act: Act, reason: str
) -> None:
    work = Work(hold={"rank"}).begin()
    work.state = stuck(work)
    with pytest.raises(ServiceError) as refused:
        step(work.state, Acted(work.at, act))
    assert refused.value.reason == reason


def test_a_field_work_is_cancelled_while_operations_look_at_it_and_ends_when_they_have() -> None:
    work = Work(hold={"rank"}).begin()
    work.state = stuck(work)
    work.feed(CancelRequested(work.at, "case", "refund"))
    assert not work.state.ended
    work.feed(Acted(work.at, of_operations("skip")))
    assert work.report is not None
    assert work.report.outcome is Outcome.CANCELLED
