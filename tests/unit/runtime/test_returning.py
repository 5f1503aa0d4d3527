"""Calling back what went on: a send-back gives the task to whoever did it, a withdrawal is the
starter's, a take-back is the last doer's as long as nobody has gone on."""

from __future__ import annotations

import pytest

from tests.unit.runtime.cases import Case, Small, refusal, varied
from workflows.runtime.commands import Purpose, RecordAct
from workflows.runtime.describe import standing
from workflows.runtime.events import Act
from workflows.runtime.state import CaseStatus
from workflows.runtime.verbs import Verb

FLOW = """
    start: ask
    nodes:
      - {id: ask, kind: form, name: 申请, assignee: {person: =case.started_by},
         form: [{id: sum, kind: integer, name: 数, required: true}]}
      - {id: make, kind: service, name: 造, rpc: test.v1.Things/Make}
      - {id: check, kind: approval, name: 审核, assignee: {role: boss}}
      - {id: sign, kind: approval, name: 会签, mode: all, assignee: {role: boss}}
      - {id: done, kind: end, name: 完}
    edges:
      - {from: ask, to: make}
      - {from: make, to: check}
      - {from: check, to: sign}
      - {from: sign, to: done}
"""


def case_at(node: str) -> Case:
    world = Small()
    world.people["boss"] = ["pe_a", "pe_b"]
    case = Case(FLOW, world)
    if node in ("check", "sign"):
        case.do("pe_starter", "complete", "ask", form={"sum": 1})
    if node == "sign":
        case.do("pe_a", "approve", "check")
    assert case.at == [node]
    return case


# -- send back


def test_what_is_sent_back_goes_to_whoever_did_it() -> None:
    case = case_at("sign")
    case.do("pe_b", "reject", "sign", to="check", comment="不清楚")
    assert case.task("check").waiting_on == ("pe_a",)
    case.do("pe_a", "release", "check")
    assert case.task("check").waiting_on == ("pe_a", "pe_b")


def test_who_is_away_when_it_is_sent_back_does_not_get_it() -> None:
    case = case_at("sign")
    case._port.people["boss"] = ["pe_b", "pe_c"]  # type: ignore[attr-defined]  # a Small
    case.do("pe_b", "reject", "sign", to="check")
    assert case.task("check").waiting_on == ("pe_b", "pe_c")


# -- withdraw


def test_a_withdrawal_leads_to_the_last_node_that_the_starter_did_and_undoes_what_came_of_it() -> (
    None
):
    case = case_at("sign")
    case.do("pe_starter", "withdraw", comment="填错了")
    assert case.at == ["ask"]
    assert case.task("ask").waiting_on == ("pe_starter",)
    undone = [call.rpc for call in case.calls_of(Purpose.COMPENSATE)]
    assert undone == ["test.v1.Things/Unmake"]
    assert case.acts_of_the_system() == [("withdrawn", "left", ())]
    assert case.all(RecordAct)[-1].verb == "withdraw"


def test_a_withdrawal_before_anybody_has_done_anything_cancels_the_case() -> None:
    case = case_at("ask")
    case.do("pe_starter", "withdraw")
    assert case.state.status is CaseStatus.CANCELLED


def test_only_who_started_the_case_withdraws() -> None:
    assert refusal(case_at("check"), "pe_a", "withdraw").reason == "CASE_TASK_NOT_YOURS"


def test_a_starter_who_has_done_nothing_cannot_withdraw_what_others_did() -> None:
    world = Small()
    world.people["boss"] = ["pe_a"]
    other = """
        start: check
        nodes:
          - {id: check, kind: approval, name: 审核, assignee: {role: boss}}
          - {id: again, kind: approval, name: 复核, assignee: {role: boss}}
          - {id: done, kind: end, name: 完}
        edges: [{from: check, to: again}, {from: again, to: done}]
    """
    case = Case(other, world)
    case.do("pe_a", "approve", "check")
    assert refusal(case, "pe_starter", "withdraw").reason == "CASE_VERB_ILLEGAL"


def test_after_a_withdrawal_there_is_nothing_more_to_withdraw() -> None:
    case = case_at("check")
    case.do("pe_starter", "withdraw")
    assert refusal(case, "pe_starter", "withdraw").reason == "CASE_VERB_ILLEGAL"


def test_a_node_to_which_nothing_may_go_back_is_not_withdrawn_to() -> None:
    case = Case(varied(varied(FLOW, "check", returns=()), "sign", returns=()))
    case.do("pe_starter", "complete", "ask", form={"sum": 1})
    assert refusal(case, "pe_starter", "withdraw").reason == "CASE_VERB_ILLEGAL"


# -- take back


def test_who_did_a_node_takes_it_back_while_nobody_has_acted() -> None:
    case = case_at("sign")
    assert refusal(case, "pe_b", "take_back", to="check").reason == "CASE_TARGET_ILLEGAL"
    case.do("pe_a", "take_back", to="check")
    assert case.at == ["check"]
    assert case.task("check").waiting_on == ("pe_a",)
    # What was approved is not approved any more.
    assert case.state.approvers == {}


@pytest.mark.parametrize(
    ("verb", "more"),
    [
        ("claim", {}),
        ("comment", {"comment": "看一下"}),
        ("delegate", {"to": "pe_x"}),
        ("add_signer_after", {"people": ("pe_x",)}),
    ],
)
def test_it_is_too_late_once_somebody_has_acted_on_what_followed(
    verb: str, more: dict[str, object]
) -> None:
    case = case_at("check")
    case.do("pe_a", verb, "check", **more)
    error = refusal(case, "pe_starter", "take_back", to="ask")
    assert error.reason == "CASE_TARGET_ILLEGAL"


def test_it_is_too_late_once_somebody_has_signed() -> None:
    case = case_at("sign")
    case.do("pe_b", "approve", "sign")
    assert refusal(case, "pe_a", "take_back", to="check").reason == "CASE_TARGET_ILLEGAL"


def test_what_somebody_went_on_with_is_not_taken_back_by_those_before_them() -> None:
    case = case_at("sign")
    assert refusal(case, "pe_starter", "take_back", to="ask").reason == "CASE_TARGET_ILLEGAL"


def test_a_comment_of_somebody_else_is_no_going_on() -> None:
    case = case_at("check")
    case.do("pe_other", "comment", "check", comment="?")
    case.do("pe_other", "urge", "check")
    case.do("pe_starter", "take_back", to="ask")
    assert case.at == ["ask"]


def test_what_nobody_was_asked_about_may_be_taken_back_past() -> None:
    world = Small()
    world.people["boss"] = ["pe_starter"]
    case = Case(varied(FLOW, "check", when_applicant="skip"), world)
    case.do("pe_starter", "complete", "ask", form={"sum": 1})
    assert case.at == ["sign"]
    case.do("pe_starter", "take_back", to="ask")
    assert case.at == ["ask"]


def test_a_node_may_be_declared_not_to_be_taken_back() -> None:
    case = Case(varied(FLOW, "ask", take_back=False))
    case.do("pe_starter", "complete", "ask", form={"sum": 1})
    assert refusal(case, "pe_starter", "take_back", to="ask").reason == "CASE_TARGET_ILLEGAL"


def test_of_a_take_back_and_a_claim_at_once_one_wins() -> None:
    case = case_at("check")
    claim = Act("k1", Verb.CLAIM, "pe_a", "check/1", revision=1)
    case.do("pe_starter", "take_back", to="ask")
    error = refusal(case, claim.person, claim.verb, "check", revision=claim.revision)
    assert error.reason == "CASE_TASK_CLOSED"


def test_a_page_sees_what_may_be_called_back() -> None:
    shown = standing(case_at("sign").state, case_at("sign").plan)
    assert shown["withdrawal_node"] == "ask"
    done = {node["node"]: node for node in shown["nodes"]}
    assert done["check"]["retrievable"] is True
    assert done["ask"]["retrievable"] is False
    assert done["check"]["handled_by_person_id"] == "pe_a"


ROOMS = """
    start: rooms
    nodes:
      - id: rooms
        kind: for_each
        name: 逐间
        items: =[1, 2]
        element: room
        body:
          start: measure
          nodes:
            - {id: measure, kind: form, name: 量, assignee: {person: =case.started_by},
               form: [{id: metres, kind: integer, name: 米}]}
            - {id: check, kind: approval, name: 审, assignee: {role: boss}}
            - {id: over, kind: end, name: 完}
          edges: [{from: measure, to: check}, {from: check, to: over}]
      - {id: done, kind: end, name: 完}
    edges: [{from: rooms, to: done}]
"""


def test_inside_a_body_each_run_is_taken_back_and_withdrawn_on_its_own() -> None:
    case = Case(ROOMS)
    for room in (1, 2):
        case.act(Act(f"m{room}", "complete", "pe_starter", f"rooms/1.{room}:measure/1"))
    assert standing(case.state, case.plan)["withdrawal_node"] == "rooms/1.2:measure"
    case.do("pe_starter", "take_back", to="rooms/1.1:measure")
    open_tasks = {task["user_task_id"] for task in standing(case.state, case.plan)["user_tasks"]}
    assert open_tasks == {"rooms/1.1:measure/2", "rooms/1.2:check/1"}
    case.do("pe_starter", "withdraw")
    open_tasks = {task["user_task_id"] for task in standing(case.state, case.plan)["user_tasks"]}
    assert open_tasks == {"rooms/1.1:measure/2", "rooms/1.2:measure/2"}
    acts = [(act.task_id, act.verb) for act in case.all(RecordAct) if act.person == "system"]
    assert acts == [
        ("rooms/1.1:check/1", "withdrawn"),
        ("rooms/1.2:check/1", "withdrawn"),
    ]
