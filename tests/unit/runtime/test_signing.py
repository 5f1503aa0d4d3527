"""Approvals that several sign: in sequence, by votes, with signers added and removed; and tasks that
one person does for another."""

from __future__ import annotations

import pytest

from tests.unit.runtime.cases import Case, Small, refusal, varied
from workflows.compiler.plan import Plan, PlanQuorum, PlanWeight
from workflows.runtime.commands import Purpose, RecordAct
from workflows.runtime.state import CaseStatus, dump_state, load_state

FLOW = """
    start: check
    nodes:
      - id: check
        kind: approval
        name: 审核
        MODE
        announce: task_assigned
        assignee: {role: boss}
        form: [{id: opinion, kind: text, name: 意见}]
      - {id: done, kind: end, name: 完}
    edges: [{from: check, to: done}]
"""
ONE, ALL = FLOW.replace("MODE", "mode: one"), FLOW.replace("MODE", "mode: all")
ANY = FLOW.replace("MODE", "mode: any")
SEQUENCE = varied(ONE, "check", mode="sequence")


def by_votes(**quorum: object) -> Plan:
    return varied(ONE, "check", mode="quorum", quorum=PlanQuorum(**quorum))


def case_of(plan: str | Plan, *people: str, **roles: list[str]) -> Case:
    world = Small()
    world.people["boss"] = list(people)
    world.people |= roles
    return Case(plan, world)


def waits_for(case: Case) -> tuple[str, ...]:
    return case.task("check").waiting_on


# -- in sequence


def test_in_sequence_each_signs_when_the_one_before_has() -> None:
    case = case_of(SEQUENCE, "pe_a", "pe_b", "pe_c")
    assert waits_for(case) == ("pe_a",)
    assert refusal(case, "pe_b", "approve", "check").reason == "CASE_TASK_NOT_YOURS"
    case.do("pe_a", "approve", "check")
    assert waits_for(case) == ("pe_b",)
    assert case.told() == [("task_assigned", ["pe_a"]), ("task_assigned", ["pe_b"])]
    case.do("pe_b", "approve", "check")
    case.do("pe_c", "approve", "check", form={"opinion": "好"})
    assert case.state.status is CaseStatus.COMPLETED
    assert case.state.data["check"]["opinion"] == "好"
    assert case.state.handlers["check"] == "pe_c"


# -- by votes


def test_two_thirds_of_three_votes_are_two() -> None:
    case = case_of(by_votes(percent=66), "pe_a", "pe_b", "pe_c")
    case.do("pe_c", "approve", "check")
    assert waits_for(case) == ("pe_a", "pe_b")
    case.do("pe_a", "approve", "check", revision=1)  # a vote is not put off by another one
    assert case.state.data["check"]["approved"] is True


def test_a_part_of_the_votes_is_rounded_up() -> None:
    case = case_of(by_votes(percent=67), "pe_a", "pe_b", "pe_c")
    case.do("pe_a", "approve", "check")
    case.do("pe_b", "approve", "check")
    assert waits_for(case) == ("pe_c",)


def test_votes_are_closed_as_soon_as_those_against_cannot_be_outvoted() -> None:
    case = case_of(by_votes(votes=2), "pe_a", "pe_b", "pe_c")
    case.do("pe_a", "oppose", "check")
    assert case.state.status is CaseStatus.RUNNING
    case.do("pe_b", "oppose", "check", form={"opinion": "太贵"})
    assert case.state.data["check"]["approved"] is False
    assert case.state.data["check"]["opinion"] == "太贵"
    assert case.state.approvers == {}


def test_who_holds_a_role_whose_votes_count_more_decides_alone() -> None:
    plan = by_votes(percent=60, weights=(PlanWeight(role="chief", votes=3),))
    case = case_of(plan, "pe_a", "pe_b", "pe_c", chief=["pe_b", "pe_elsewhere"])
    assert case.asked(Purpose.ASSIGN) == [
        "check/1/open/find ResolveAssignees",
        "check/1/open/find-votes-1 ResolveAssignees",
    ]
    case.do("pe_b", "approve", "check")
    assert case.state.data["check"]["approved"] is True


def test_a_vote_is_given_once() -> None:
    case = case_of(by_votes(votes=2), "pe_a", "pe_b", "pe_c")
    case.do("pe_a", "oppose", "check")
    assert refusal(case, "pe_a", "approve", "check").reason == "CASE_TASK_NOT_YOURS"


def test_only_votes_can_be_against() -> None:
    case = case_of(ALL, "pe_a", "pe_b")
    assert refusal(case, "pe_a", "oppose", "check").reason == "CASE_VERB_ILLEGAL"


def test_more_votes_than_there_are_is_an_incident() -> None:
    case = case_of(by_votes(votes=3), "pe_a", "pe_b")
    assert case.state.incidents["check/1"].reason == "CASE_QUORUM_UNREACHABLE"


# -- signers added and removed


def test_one_who_adds_a_signer_before_decides_after_them() -> None:
    case = case_of(ONE, "pe_a", "pe_b")
    case.do("pe_a", "add_signer_before", "check", people=("pe_x", "pe_y"), revision=1)
    assert waits_for(case) == ("pe_x", "pe_y")
    assert refusal(case, "pe_a", "approve", "check").reason == "CASE_TASK_NOT_YOURS"
    case.do("pe_y", "approve", "check", form={"opinion": "可"})
    case.do("pe_x", "approve", "check")
    assert waits_for(case) == ("pe_a",)
    assert refusal(case, "pe_b", "approve", "check").reason == "CASE_TASK_NOT_YOURS"
    case.do("pe_a", "approve", "check")
    assert case.state.handlers["check"] == "pe_a"


def test_one_who_adds_a_signer_after_is_followed_by_them() -> None:
    case = case_of(ONE, "pe_a")
    case.do("pe_a", "add_signer_after", "check", people=("pe_x",))
    assert waits_for(case) == ("pe_a",)
    case.do("pe_a", "approve", "check")
    assert waits_for(case) == ("pe_x",)
    case.do("pe_x", "approve", "check")
    assert case.state.handlers["check"] == "pe_x"


def test_in_sequence_those_added_come_between() -> None:
    case = case_of(SEQUENCE, "pe_a", "pe_b")
    case.do("pe_a", "add_signer_after", "check", people=("pe_x",))
    case.do("pe_a", "add_signer_before", "check", people=("pe_w",))
    order = []
    while case.state.status is CaseStatus.RUNNING:
        (person,) = waits_for(case)
        order.append(person)
        case.do(person, "approve", "check")
    assert order == ["pe_w", "pe_a", "pe_x", "pe_b"]


def test_among_all_only_those_who_added_wait() -> None:
    case = case_of(ALL, "pe_a", "pe_b")
    case.do("pe_a", "add_signer_before", "check", people=("pe_x",))
    assert waits_for(case) == ("pe_x", "pe_b")


@pytest.mark.parametrize("verb", ["add_signer_before", "add_signer_after"])
@pytest.mark.parametrize("people", [(), ("pe_b",), ("pe_x", "pe_x"), ("",)])
def test_a_signer_who_is_added_is_somebody_new(verb: str, people: tuple[str, ...]) -> None:
    case = case_of(ALL, "pe_a", "pe_b")
    error = refusal(case, "pe_a", verb, "check", people=people)
    assert (error.reason, error.field) == ("CASE_TARGET_ILLEGAL", "people")


@pytest.mark.parametrize("plan", [ANY, by_votes(votes=1)])
def test_no_signer_is_added_where_one_or_a_vote_decides(plan: str | Plan) -> None:
    case = case_of(plan, "pe_a", "pe_b")
    for verb in ("add_signer_before", "delegate"):
        error = refusal(case, "pe_a", verb, "check", people=("pe_x",), to="pe_x")
        assert error.reason == "CASE_VERB_ILLEGAL"


def test_who_added_a_signer_removes_them_again_and_nobody_else() -> None:
    case = case_of(ALL, "pe_a", "pe_b")
    case.do("pe_a", "add_signer_before", "check", people=("pe_x",))
    error = refusal(case, "pe_b", "remove_signer", "check", people=("pe_x",))
    assert error.reason == "CASE_VERB_ILLEGAL"
    error = refusal(case, "pe_a", "remove_signer", "check", people=("pe_b",))
    assert error.reason == "CASE_TARGET_ILLEGAL"
    case.do("pe_a", "remove_signer", "check", people=("pe_x",))
    assert waits_for(case) == ("pe_a", "pe_b")


def test_who_manages_the_flow_removes_whoever_has_not_signed_but_not_the_last() -> None:
    case = case_of(ALL, "pe_a", "pe_b")
    manager = {"roles": ("boss",)}
    error = refusal(case, "pe_m", "remove_signer", "check", people=("pe_a", "pe_b"), **manager)
    assert error.reason == "CASE_TARGET_ILLEGAL"
    case.do("pe_a", "approve", "check")
    error = refusal(case, "pe_m", "remove_signer", "check", people=("pe_a",), **manager)
    assert error.reason == "CASE_TARGET_ILLEGAL"
    case.do("pe_m", "remove_signer", "check", people=("pe_b",), **manager)
    assert case.state.status is CaseStatus.COMPLETED
    assert case.state.handlers["check"] == "pe_a"


def test_so_many_signers_are_left_that_the_votes_can_decide() -> None:
    case = case_of(by_votes(votes=2), "pe_a", "pe_b")
    error = refusal(case, "pe_m", "remove_signer", "check", people=("pe_a",), roles=("boss",))
    assert error.reason == "CASE_TARGET_ILLEGAL"


def test_in_sequence_a_signer_who_is_removed_leaves_no_gap() -> None:
    case = case_of(SEQUENCE, "pe_a", "pe_b", "pe_c")
    case.do("pe_m", "remove_signer", "check", people=("pe_b",), roles=("boss",))
    case.do("pe_a", "approve", "check")
    assert waits_for(case) == ("pe_c",)


def test_a_manager_says_whose_place_among_the_signers_is_given_away() -> None:
    case = case_of(ALL, "pe_a", "pe_b")
    error = refusal(case, "pe_m", "transfer", "check", to="pe_x", roles=("boss",))
    assert (error.reason, error.field) == ("CASE_TARGET_ILLEGAL", "people")
    case.do("pe_m", "transfer", "check", to="pe_x", people=("pe_b",), roles=("boss",))
    assert waits_for(case) == ("pe_a", "pe_x")


# -- done by one for another


def test_what_was_delegated_comes_back_for_the_final_word() -> None:
    case = case_of(ONE, "pe_a", "pe_b")
    case.do("pe_a", "delegate", "check", to="pe_x")
    assert waits_for(case) == ("pe_x",)
    assert refusal(case, "pe_a", "approve", "check").details == {"assignee": "pe_x"}
    assert refusal(case, "pe_x", "reject", "check").reason == "CASE_VERB_ILLEGAL"
    case.do("pe_x", "approve", "check", form={"opinion": "可以"})
    assert waits_for(case) == ("pe_a",)
    assert case.state.status is CaseStatus.RUNNING
    assert case.task("check").draft == {"opinion": "可以"}
    case.do("pe_a", "approve", "check", form={"opinion": "同意"})
    assert case.state.data["check"]["opinion"] == "同意"
    assert case.state.handlers["check"] == "pe_a"


def test_a_delegate_may_delegate_further_and_it_comes_back_step_by_step() -> None:
    case = case_of(ALL, "pe_a", "pe_b")
    case.do("pe_a", "delegate", "check", to="pe_x")
    case.do("pe_x", "delegate", "check", to="pe_y")
    assert waits_for(case) == ("pe_y", "pe_b")
    for person, left in (("pe_y", "pe_x"), ("pe_x", "pe_a")):
        case.do(person, "approve", "check")
        assert waits_for(case) == (left, "pe_b")


@pytest.mark.parametrize("to", ["", "pe_a", "pe_b"])
def test_nothing_is_delegated_to_those_whose_it_is(to: str) -> None:
    error = refusal(case_of(ALL, "pe_a", "pe_b"), "pe_a", "delegate", "check", to=to)
    assert error.reason == "CASE_TARGET_ILLEGAL"


def test_nothing_is_delegated_back_to_whoever_delegated_it() -> None:
    case = case_of(ONE, "pe_a", "pe_b")
    case.do("pe_a", "delegate", "check", to="pe_x")
    error = refusal(case, "pe_x", "delegate", "check", to="pe_a")
    assert error.reason == "CASE_TARGET_ILLEGAL"


def test_a_delegate_gives_it_back_undone_and_whoever_delegated_takes_it_back() -> None:
    case = case_of(ONE, "pe_a", "pe_b")
    case.do("pe_a", "delegate", "check", to="pe_x")
    case.do("pe_x", "release", "check")
    assert waits_for(case) == ("pe_a",)
    case.do("pe_a", "delegate", "check", to="pe_x")
    case.do("pe_a", "claim", "check")
    assert waits_for(case) == ("pe_a",)


# -- what is written down


def test_the_audit_says_for_whom_it_had_waited_and_who_has_it_now() -> None:
    case = case_of(ONE, "pe_a", "pe_b")
    case.do("pe_a", "delegate", "check", to="pe_x", comment="请看")
    record = case.all(RecordAct)[-1]
    assert record.after["lent"] == {"pe_a": "pe_x"}
    assert record.waited is not None
    assert (record.waited.party, record.waited.people) == ("boss", ("pe_a", "pe_b"))


def test_a_case_carries_its_signers_over() -> None:
    case = case_of(SEQUENCE, "pe_a", "pe_b")
    case.do("pe_a", "add_signer_after", "check", people=("pe_x",))
    case.do("pe_a", "delegate", "check", to="pe_y")
    assert load_state(dump_state(case.state)) == case.state
