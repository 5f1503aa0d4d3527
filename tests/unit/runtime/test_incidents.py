"""What operations do about incidents: try again, pass over, move the token elsewhere."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.unit.runtime.cases import Case, Small, refusal
from workflows.runtime.audit import SYSTEM
from workflows.runtime.commands import RPC_GAVE_UP, CallRpc, EndCase, Purpose, RecordAct
from workflows.runtime.events import RpcSucceeded, event_from_json, event_to_json
from workflows.runtime.incidents import POSSIBLE, targets_of_move
from workflows.runtime.messages import SEND
from workflows.runtime.port import Reply
from workflows.runtime.state import CaseStatus, Trouble

MAKE = """
    start: make
    nodes:
      - {id: make, kind: service, name: 做, rpc: test.v1.Things/Make, input: {label: a}}
      - {id: touch, kind: service, name: 碰, rpc: test.v1.Things/Touch}
      - {id: check, kind: approval, name: 审, assignee: {role: boss}, form: [{id: x, kind: text, name: 字, default: '=make.thing_id'}]}
      - {id: done, kind: end, name: 完}
    edges: [{from: make, to: touch}, {from: touch, to: check}, {from: check, to: done}]
"""
REFUSED = Reply(reason="THING_BROKEN", message="no")


def resolve(case: Case, verb: str, incident: str, comment: str = "查过了", **more: Any) -> None:
    case.do("pe_ops", verb, incident_id=incident, roles=("ops",), comment=comment, **more)


def status_of(case: Case) -> CaseStatus:
    return case.state.status


def refused(case: Case, verb: str, incident: str, comment: str = "查过了", **more: Any) -> str:
    more = {"roles": ("ops",), **more}
    return refusal(case, "pe_ops", verb, incident_id=incident, comment=comment, **more).reason


class Mute(Small):
    """Sends no message."""

    def call(self, call: CallRpc, at: datetime) -> Reply:
        return REFUSED if call.rpc == SEND else super().call(call, at)


def stuck_at_make(world: Small | None = None) -> tuple[Case, Small]:
    world = world or Small(Make=REFUSED)
    case = Case(MAKE, world)
    assert case.state.incidents["make/1"].trouble is Trouble.CALL
    return case, world


def makes(case: Case) -> list[CallRpc]:
    return [call for call in case.all(CallRpc) if call.rpc.endswith("/Make")]


def test_every_trouble_can_be_resolved() -> None:
    assert set(POSSIBLE) == set(Trouble)
    assert all(POSSIBLE.values())


def test_trying_again_makes_the_same_call_under_the_same_key() -> None:
    case, world = stuck_at_make()
    world.answers.clear()
    resolve(case, "retry", "make/1", comment="")
    assert case.at == ["check"]
    assert not case.state.incidents
    first, second = makes(case)
    assert (second.idempotency_key, second.request) == (first.idempotency_key, first.request)


def test_what_operations_did_is_in_the_audit_with_what_was_wrong() -> None:
    case, world = stuck_at_make()
    world.answers.clear()
    resolve(case, "retry", "make/1", comment="服务恢复")
    (told,) = [act for act in case.all(RecordAct) if act.person != SYSTEM]
    assert (told.verb, told.person, told.node, told.comment) == (
        "retry", "pe_ops", "make", "服务恢复",
    )  # fmt: skip
    assert told.before["reason"] == "THING_BROKEN"
    assert told.after == {"incident": "make/1"}


def test_another_request_is_made_only_when_the_first_was_not_applied() -> None:
    case, world = stuck_at_make()
    world.answers.clear()
    resolve(case, "retry", "make/1", form={"label": "b"})
    first, closing, second = makes(case)
    assert closing.closing
    assert closing.idempotency_key == first.idempotency_key
    assert second.request == {"label": "b"}
    assert second.idempotency_key == f"{first.idempotency_key}/e1"
    assert case.at == ["check"]


def test_a_first_request_that_was_applied_is_what_the_node_has_done() -> None:
    case, _ = stuck_at_make()
    case._in_flight.add("make/1")  # what became of it is not known yet
    resolve(case, "retry", "make/1", form={"label": "b"})
    case.feed(RpcSucceeded(case.now, "make/1", {"thing_id": "found", "count": 1}))
    case.advance(timedelta(0))
    assert len(makes(case)) == 2
    assert case.state.data["make"]["thing_id"] == "found"
    case.do("pe_starter", "cancel")
    (undo,) = case.calls_of(Purpose.COMPENSATE)
    assert undo.request["thing_id"] == "found"


def test_a_node_is_passed_over_with_the_result_that_operations_give() -> None:
    case, _ = stuck_at_make()
    resolve(case, "skip", "make/1", form={"thing_id": "by-hand", "count": 2})
    assert case.at == ["check"]
    assert case.state.data["make"]["thing_id"] == "by-hand"


def test_a_result_that_is_read_later_must_be_given_and_fit() -> None:
    case, _ = stuck_at_make()
    assert refused(case, "skip", "make/1") == "CASE_RESULT_MISSING"
    assert refused(case, "skip", "make/1", form={"thing_id": 3}) == "CASE_RESULT_INVALID"


def test_a_result_that_nothing_reads_may_stay_unset() -> None:
    case = Case(MAKE, Small(Touch=REFUSED))
    resolve(case, "skip", "touch/1")
    assert case.at == ["check"]
    assert "touch" not in case.state.data


def test_a_token_moves_where_the_case_can_still_end_properly() -> None:
    case, _ = stuck_at_make()
    assert refused(case, "move", "make/1", to="nowhere") == "CASE_TARGET_ILLEGAL"
    resolve(case, "move", "make/1", to="touch")
    assert case.at == ["check"]
    assert case.asked() == ["make/1 Make", "touch/1 Touch"]


SIDE_BY_SIDE = """
    start: both
    nodes:
      - {id: both, kind: parallel, name: 并}
      - {id: left, kind: service, name: 左, rpc: test.v1.Things/Touch}
      - {id: right, kind: form, name: 右, assignee: {role: sales}, form: [{id: x, kind: text, name: 字}]}
      - {id: meet, kind: parallel, name: 汇}
      - {id: after, kind: form, name: 后, assignee: {role: sales}, form: [{id: x, kind: text, name: 字}]}
      - {id: done, kind: end, name: 完}
    edges:
      - {from: both, to: left}
      - {from: both, to: right}
      - {from: left, to: meet}
      - {from: right, to: meet}
      - {from: meet, to: after}
      - {from: after, to: done}
"""


def test_a_token_does_not_move_past_a_join_that_waits_for_it() -> None:
    case = Case(SIDE_BY_SIDE, Small(Touch=REFUSED))
    assert refused(case, "move", "left/1", to="after") == "CASE_TARGET_ILLEGAL"
    assert refused(case, "move", "left/1", to="right") == "CASE_TARGET_ILLEGAL"


def test_exactly_the_nodes_to_which_a_move_is_legal_are_offered() -> None:
    case, _ = stuck_at_make()
    offered = [node.id for node in targets_of_move(case.state, case.plan, "make/1")]
    assert offered == ["touch", "check", "done"]
    for node in case.plan.nodes:
        if node.id not in offered:
            assert refused(case, "move", "make/1", to=node.id) == "CASE_TARGET_ILLEGAL"
    stuck = Case(SIDE_BY_SIDE, Small(Touch=REFUSED))
    assert targets_of_move(stuck.state, stuck.plan, "left/1") == ()
    assert targets_of_move(case.state, case.plan, "gone/1") == ()


def test_only_operations_resolve_and_say_why_they_pass_over() -> None:
    case, _ = stuck_at_make()
    assert refused(case, "retry", "make/1", roles=("boss",)) == "CASE_OPS_ONLY"
    assert refused(case, "retry", "touch/1") == "CASE_INCIDENT_CLOSED"
    assert refused(case, "move", "make/1", comment=" ", to="touch") == "CASE_REASON_MISSING"
    assert refused(case, "claim", "make/1") == "CASE_VERB_ILLEGAL"


def test_nobody_found_is_asked_for_again_or_named_by_operations() -> None:
    world = Small()
    world.people["boss"] = []
    for named in ((), ("pe_named",)):
        world.people["boss"] = []
        case = Case(MAKE, world)
        assert case.state.incidents["check/1"].trouble is Trouble.PEOPLE
        world.people["boss"] = ["pe_late"]
        resolve(case, "retry", "check/1", people=named)
        assert case.task("check").waiting_on == (named or ("pe_late",))


def test_a_task_that_nobody_can_do_is_filled_in_by_operations() -> None:
    world = Small()
    world.people["boss"] = []
    case = Case(MAKE, world)
    resolve(case, "skip", "check/1", form={"x": "好"})
    assert status_of(case) is CaseStatus.COMPLETED
    assert case.state.handlers["check"] == "pe_ops"


def test_an_undo_that_fails_is_tried_again_or_given_up() -> None:
    for verb in ("retry", "skip"):
        world = Small(Unmake=REFUSED)
        case = Case(MAKE, world)
        case.do("pe_starter", "cancel")
        assert case.state.incidents["make/1/undo"].trouble is Trouble.UNDO
        assert status_of(case) is CaseStatus.CANCELLING
        world.answers.clear()
        resolve(case, verb, "make/1/undo")
        assert status_of(case) is CaseStatus.CANCELLED
        assert len(case.calls_of(Purpose.COMPENSATE)) == (2 if verb == "retry" else 1)


def test_a_call_that_gave_up_and_takes_its_error_path_is_closed() -> None:
    body = MAKE.replace(
        "edges: [", "edges: [{from: make, to: touch, on: error, reasons: [RPC_GAVE_UP]}, "
    ).replace(", default: '=make.thing_id'", "")
    case = Case(body, Small(Make=Reply(reason=RPC_GAVE_UP, message="3 attempts")))
    assert case.at == ["check"]
    (_, closing) = makes(case)
    assert closing.closing
    assert not case.state.unwinding


def test_a_call_that_gave_up_is_closed_before_its_case_is_cancelled() -> None:
    case, _ = stuck_at_make(Small(Make=Reply(reason=RPC_GAVE_UP, message="3 attempts")))
    case._in_flight.add("make/1")
    case.do("pe_starter", "cancel")
    assert status_of(case) is CaseStatus.CANCELLING
    case.feed(RpcSucceeded(case.now, "make/1", {"thing_id": "late", "count": 1}))
    case.advance(timedelta(0))
    (undo,) = case.calls_of(Purpose.COMPENSATE)
    assert undo.request["thing_id"] == "late"
    assert status_of(case) is CaseStatus.CANCELLED


def test_a_malformed_reply_is_not_forgotten_when_the_case_is_cancelled() -> None:
    world = Small(Make=Reply({"thing_id": 7}))
    case = Case(MAKE, world)
    assert case.state.incidents["make/1"].trouble is Trouble.REPLY
    case.do("pe_starter", "cancel")
    assert status_of(case) is CaseStatus.CANCELLING
    assert case.state.incidents["make/1/effect"].trouble is Trouble.EFFECT
    resolve(case, "retry", "make/1/effect", form={"thing_id": "seven"})
    (undo,) = case.calls_of(Purpose.COMPENSATE)
    assert undo.request["thing_id"] == "seven"
    assert status_of(case) is CaseStatus.CANCELLED


FIELD_WORK = """
    start: work
    nodes:
      - {id: work, kind: field_work, name: 上门, input: {work_order_id: wo, quote_id: qt}}
      - {id: done, kind: end, name: 完}
    edges: [{from: work, to: done}]
"""


def test_a_field_work_that_failed_is_begun_anew_with_nothing_of_the_first() -> None:
    world = Small()
    good, world.work = world.work, Reply(reason="FIELD_WORK_NOBODY", message="nobody")
    case = Case(FIELD_WORK, world)
    assert case.state.incidents["work/1"].trouble is Trouble.CHILD
    world.work = good
    resolve(case, "retry", "work/1")
    assert list(case.state.children) == ["work/2"]
    case.advance(timedelta(hours=5))
    assert status_of(case) is CaseStatus.COMPLETED


def test_a_message_that_could_not_be_sent_is_sent_again_under_its_key_or_left() -> None:
    for verb in ("retry", "skip"):
        case = Case(MAKE, Mute())
        case.do("pe_starter", "copy_to", people=("pe_x",))
        (incident,) = case.state.incidents
        assert case.state.incidents[incident].trouble is Trouble.MESSAGE
        resolve(case, verb, incident)
        keys = [call.idempotency_key for call in case.calls_of(Purpose.NOTIFY)]
        assert keys == [keys[0]] * (2 if verb == "retry" else 1)
        assert bool(case.state.incidents) is (verb == "retry")


DECIDES = """
    start: ask
    nodes:
      - {id: ask, kind: form, name: 问, assignee: {role: sales}, form: [{id: n, kind: number, name: 数, required: true}]}
      - {id: which, kind: decision, name: 分}
      - {id: a, kind: form, name: 甲, assignee: {role: sales}, form: [{id: x, kind: text, name: 字}]}
      - {id: done, kind: end, name: 完}
    edges:
      - {from: ask, to: which}
      - {from: which, to: a, when: 1.0 / ask.n > 2.0}
      - {from: which, to: done, otherwise: true}
      - {from: a, to: done}
"""


def test_a_decision_that_has_no_answer_is_answered_by_operations() -> None:
    case = Case(DECIDES)
    case.do("pe_sales", "complete", "ask", form={"n": "0"})
    assert case.state.incidents["which/1"].trouble is Trouble.PASSAGE
    assert refused(case, "skip", "which/1") == "CASE_VERB_ILLEGAL"
    resolve(case, "retry", "which/1", comment="")
    assert case.state.incidents["which/1"].trouble is Trouble.PASSAGE
    resolve(case, "move", "which/1", to="a")
    assert case.at == ["a"]
    assert not case.state.incidents


ROUNDS = """
    start: each
    nodes:
      - id: each
        kind: for_each
        name: 逐
        items: "=['a', 'b']"
        body:
          start: make
          nodes:
            - {id: make, kind: service, name: 做, rpc: test.v1.Things/Make}
            - {id: made, kind: end, name: 完}
          edges: [{from: make, to: made}]
      - {id: done, kind: end, name: 完}
    edges: [{from: each, to: done}]
"""


def test_incidents_inside_bodies_are_resolved_each_for_itself() -> None:
    world = Small(Make=REFUSED)
    case = Case(ROUNDS, world)
    resolve(case, "skip", "each/1.1:make/1")
    world.answers.clear()
    assert case.at == ["each", "each/1.2:make"]
    resolve(case, "retry", "each/1.2:make/1")
    assert status_of(case) is CaseStatus.COMPLETED


def test_a_paused_case_says_by_whom_and_why_and_its_clocks_stand() -> None:
    case = Case(
        """
    start: ask
    nodes:
      - {id: ask, kind: form, name: 问, assignee: {role: sales}, form: [{id: x, kind: text, name: 字}], sla: {complete: 2h, calendar: natural}}
      - {id: late, kind: end, name: 晚}
      - {id: done, kind: end, name: 完}
    edges: [{from: ask, to: done}, {from: ask, to: late, on: timer, after: 3h}]
"""
    )
    assert refusal(case, "pe_sales", "pause", comment="x").reason == "CASE_TASK_NOT_YOURS"
    assert refusal(case, "pe_boss", "pause", roles=("boss",)).reason == "CASE_REASON_MISSING"
    case.do("pe_boss", "pause", roles=("boss",), comment="停电")
    assert (case.state.halted_by, case.state.halted_for) == ("pe_boss", "停电")
    assert refusal(case, "pe_boss", "pause", roles=("boss",), comment="y").reason == (
        "CASE_VERB_ILLEGAL"
    )
    case.advance(timedelta(days=3))
    assert case.at == ["ask"]
    case.do("pe_ops", "resume", roles=("ops",))
    assert case.state.halted_by == ""
    case.advance(timedelta(hours=2, minutes=59))
    assert case.at == ["ask"]
    case.advance(timedelta(minutes=1))
    assert case.all(EndCase)[-1].end_node == "late"


def test_an_event_is_kept_as_it_came() -> None:
    case = Case(MAKE)
    for event in case.events:
        assert event_from_json(event_to_json(event), event.at) == event


@pytest.mark.parametrize("verb", ["retry", "skip"])
def test_operations_resolve_while_the_case_is_being_cancelled(verb: str) -> None:
    world = Small(Unmake=REFUSED)
    case = Case(MAKE, world)
    case.cancel("ops", "refund")
    assert refusal(case, "pe_starter", "comment").reason == "CASE_OVER"
    world.answers.clear()
    resolve(case, verb, "make/1/undo")
    assert status_of(case) is CaseStatus.CANCELLED


def test_a_call_is_tried_as_its_node_says() -> None:
    body = MAKE.replace(
        "input: {label: a}", "input: {label: a}, retry: {attempts: 3, first: 2s, give_up_after: 1m}"
    )
    case = Case(body)
    (made,) = makes(case)
    assert made.retry is not None
    assert (made.retry.attempts, made.retry.first_ms) == (3, 2_000)
    assert (made.retry.at_most_ms, made.retry.give_up_after_seconds) == (30_000, 60)
    assert all(call.retry is None for call in case.calls_of(Purpose.ASSIGN))
