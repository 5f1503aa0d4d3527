"""Whom a task goes to: every rule, who stands in for whom, and whom a rule of the node spares."""

from __future__ import annotations

import pytest

from tests.unit.runtime.cases import Case, Small, varied
from workflows.compiler.plan import Code, Plan, PlanAssignee
from workflows.runtime.commands import CallRpc, RecordAct
from workflows.runtime.state import CaseStatus

TWO = """
    start: ask
    nodes:
      - {id: ask, kind: form, name: 申请, assignee: {person: =case.started_by},
         form: [{id: sum, kind: integer, name: 数, required: true}]}
      - {id: check, kind: approval, name: 审核, MODE assignee: {role: boss}}
      - {id: again, kind: approval, name: 复核, assignee: {role: boss}}
      - {id: done, kind: end, name: 完}
    edges: [{from: ask, to: check}, {from: check, to: again}, {from: again, to: done}]
"""
ONE, ALL = TWO.replace("MODE", ""), TWO.replace("MODE", "mode: all,")


def bosses(*people: str) -> Small:
    world = Small()
    world.people["boss"] = list(people)
    return world


def at_check(plan: str | Plan, world: Small) -> Case:
    case = Case(plan, world)
    case.do("pe_starter", "complete", "ask", form={"sum": 1})
    return case


def code(value: object) -> Code:
    return Code(source="…", code=["const", value, "string"])


def test_an_absent_person_is_replaced_by_the_proxy_and_a_leaver_by_the_successor() -> None:
    world = bosses("pe_a", "pe_b")
    world.instead_of = {"pe_a": "pe_proxy", "pe_starter": "pe_successor"}
    case = Case(ONE, world)
    assert case.task("ask").waiting_on == ("pe_successor",)
    assert case.task("ask").on_behalf_of == {"pe_successor": ("pe_starter",)}
    case.do("pe_successor", "complete", "ask", form={"sum": 1})
    assert case.task("check").waiting_on == ("pe_proxy", "pe_b")
    assert case.task("check").on_behalf_of == {"pe_proxy": ("pe_a",)}


def test_the_previous_handler_who_has_left_is_replaced_too() -> None:
    world = Small()
    plan = varied(ONE, "check", assignee=PlanAssignee(rule="previous", previous="ask"))
    case = Case(plan, world)
    world.instead_of = {"pe_starter": "pe_successor"}
    case.do("pe_starter", "complete", "ask", form={"sum": 1})
    assert case.task("check").waiting_on == ("pe_successor",)


def test_the_leader_some_levels_above_a_person_is_asked_of_the_directory() -> None:
    world = Small()
    world.leaders = {"pe_starter": ["pe_leader"]}
    rule = PlanAssignee(rule="leader", person=code("pe_starter"), levels=2)
    case = at_check(varied(ONE, "check", assignee=rule), world)
    assert case.task("check").waiting_on == ("pe_leader",)
    asked = case.all(CallRpc)[-1].request
    assert asked == {"leader_of_person_id": "pe_starter", "levels": 2}


def test_a_list_of_people_is_as_good_as_one() -> None:
    rule = PlanAssignee(rule="person", person=code(["pe_a", "pe_b"]))
    case = at_check(varied(ONE, "check", assignee=rule), Small())
    assert case.task("check").waiting_on == ("pe_a", "pe_b")


def test_a_task_for_nobody_is_passed_over_where_the_rule_says_so_and_leaves_nothing_behind() -> (
    None
):
    plan = varied(ONE, "check", assignee=PlanAssignee(rule="role", role="boss", skip=True))
    world = bosses()
    case = Case(plan, world)
    world.people["boss"] = []
    case.do("pe_starter", "complete", "ask", form={"sum": 1})
    assert "check" not in case.state.data
    assert case.acts_of_the_system() == [("skip", "nobody", ())]
    record = case.all(RecordAct)[-1]
    assert (record.task_id, record.node) == ("check/1", "check")


@pytest.mark.parametrize("mode", [ONE, ALL])
def test_who_started_the_case_and_alone_would_decide_is_passed_as_having_approved(
    mode: str,
) -> None:
    case = at_check(varied(mode, "check", when_applicant="skip"), bosses("pe_starter"))
    assert case.at == ["again"]
    assert case.state.data["check"]["handled_by"] == "pe_starter"
    assert [act[:2] for act in case.acts_of_the_system()] == [("approve", "when_applicant")]


def test_of_several_who_may_decide_the_others_do() -> None:
    for setting in ("skip", "leader"):
        plan = varied(ONE, "check", when_applicant=setting)
        case = at_check(plan, bosses("pe_starter", "pe_b"))
        assert case.task("check").waiting_on == ("pe_b",)


def test_of_several_who_must_sign_only_the_applicants_signature_is_given() -> None:
    case = at_check(varied(ALL, "check", when_applicant="skip"), bosses("pe_starter", "pe_b"))
    assert case.task("check").waiting_on == ("pe_b",)
    (signature,) = case.task("check").signatures
    assert (signature.person, signature.by_rule) == ("pe_starter", "when_applicant")


@pytest.mark.parametrize("mode", [ONE, ALL])
def test_the_leader_decides_for_whoever_started_the_case(mode: str) -> None:
    world = bosses("pe_starter")
    world.leaders = {"pe_starter": ["pe_leader"]}
    case = at_check(varied(mode, "check", when_applicant="leader"), world)
    assert case.task("check").waiting_on == ("pe_leader",)
    assert case.acts_of_the_system() == [("transfer", "when_applicant", ("pe_leader",))]


def test_who_is_their_own_leader_does_not_decide_either() -> None:
    world = bosses("pe_starter")
    world.leaders = {"pe_starter": ["pe_starter"]}
    case = at_check(varied(ONE, "check", when_applicant="leader"), world)
    assert case.state.incidents["check/1"].reason == "CASE_NOBODY_FOUND"


def test_a_proxy_of_the_applicant_is_spared_as_the_applicant_is() -> None:
    world = bosses("pe_starter", "pe_b")
    case = Case(varied(ALL, "check", when_applicant="skip"), world)
    world.instead_of = {"pe_starter": "pe_proxy"}
    case.do("pe_starter", "complete", "ask", form={"sum": 1})
    assert case.task("check").waiting_on == ("pe_b",)


def test_who_has_approved_in_this_case_is_not_asked_again() -> None:
    case = at_check(varied(ONE, "again", when_repeated="skip"), bosses("pe_a"))
    case.do("pe_a", "approve", "check")
    assert case.state.status is CaseStatus.COMPLETED
    assert case.acts_of_the_system() == [("approve", "when_repeated", ("pe_a",))]


def test_who_filled_in_a_form_has_not_approved() -> None:
    case = at_check(varied(ONE, "check", when_repeated="skip"), bosses("pe_starter"))
    assert case.task("check").waiting_on == ("pe_starter",)


def test_who_was_passed_by_a_rule_has_not_approved() -> None:
    plan = varied(varied(ONE, "check", when_applicant="skip"), "again", when_repeated="skip")
    case = at_check(plan, bosses("pe_starter"))
    assert case.task("again").waiting_on == ("pe_starter",)


def test_an_approval_that_was_sent_back_does_not_count_any_more() -> None:
    plan = varied(ONE, "again", when_repeated="skip")
    case = at_check(plan, bosses("pe_a"))
    case.do("pe_a", "reject", "check", to="ask")
    case.do("pe_starter", "complete", "ask", form={"sum": 2})
    assert case.task("check").waiting_on == ("pe_a",)
    assert case.state.approvers == {}


def test_a_form_whose_values_a_later_node_needs_is_not_made_up_when_it_is_passed_over() -> None:
    plan = varied(ONE, "ask", when_applicant="skip")
    case = Case(plan, bosses("pe_a"))
    assert case.at == ["check"]
    assert "ask" not in case.state.data
