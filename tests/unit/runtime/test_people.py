"""User tasks: who gets them, who may act, who wins, and what an approval needs."""

from __future__ import annotations

import pytest

from kit.errors import Kind
from tests.unit.runtime.cases import Case, Small, refusal
from workflows.runtime.acts import check_act
from workflows.runtime.commands import Purpose, RecordAct
from workflows.runtime.events import Act, Acted
from workflows.runtime.interpreter import step
from workflows.runtime.state import CaseStatus

TWO_STEPS = """
    start: intake
    nodes:
      - id: intake
        kind: form
        name: 登记
        assignee: {role: sales, nobody: {role: boss}}
        announce: task_assigned
        form:
          - {id: needs, kind: text, name: 需求, required: true, max_length: 10}
          - {id: floor, kind: integer, name: 楼层, minimum: 1}
      - id: check
        kind: approval
        name: 审核
        MODE
        assignee: {role: boss}
        form: [{id: opinion, kind: text, name: 意见}]
      - {id: done, kind: end, name: 完}
    edges: [{from: intake, to: check}, {from: check, to: done}]
"""
ONE = TWO_STEPS.replace("MODE", "mode: one")
ALL = TWO_STEPS.replace("MODE", "mode: all")
ANY = TWO_STEPS.replace("MODE", "mode: any")


def three_bosses() -> Small:
    world = Small()
    world.people["boss"] = ["pe_a", "pe_b", "pe_c"]
    return world


def at_check(body: str, world: Small | None = None) -> Case:
    case = Case(body, world)
    case.do("pe_sales", "complete", "intake", form={"needs": "一台"})
    return case


def test_a_role_is_asked_of_the_directory_and_its_people_are_told() -> None:
    case = Case(ONE)
    assert case.asked(Purpose.ASSIGN) == ["intake/1/open/find ResolveAssignees"]
    assert case.state.tasks["intake/1"].candidates == ("pe_sales",)
    assert case.told() == [("task_assigned", ["pe_sales"])]


def test_nobody_with_the_role_means_the_other_role_is_asked() -> None:
    world = Small()
    world.people["sales"] = []
    case = Case(ONE, world)
    assert case.state.tasks["intake/1"].candidates == ("pe_boss",)


def test_nobody_at_all_is_an_incident() -> None:
    world = Small()
    world.people.clear()
    case = Case(ONE, world)
    assert case.state.incidents["intake/1"].reason == "CASE_NOBODY_FOUND"
    assert not case.state.tasks


def test_a_completed_form_is_kept_with_who_and_when() -> None:
    case = at_check(ONE)
    assert case.state.data["intake"] == {
        "needs": "一台",
        "handled_by": "pe_sales",
        "handled_at": "2026-03-02T01:00:00Z",
    }
    assert case.at == ["check"]


def test_a_form_that_is_wrong_names_every_field() -> None:
    case = Case(ONE)
    error = refusal(case, "pe_sales", "complete", "intake", form={"floor": 0, "flor": 1})
    assert error.reason == "CASE_FORM_INVALID"
    assert error.kind is Kind.INVALID_ARGUMENT
    assert error.details == {
        "needs": "must be filled in",
        "floor": "must be at least 1",
        "flor": "there is no such field",
    }


def test_only_candidates_act() -> None:
    assert refusal(Case(ONE), "pe_x", "complete", "intake").reason == "CASE_TASK_NOT_YOURS"


def test_of_two_who_claim_one_wins_and_the_other_learns_who() -> None:
    case = at_check(ONE, three_bosses())
    case.do("pe_a", "claim", "check", revision=1)
    for verb in ("claim", "approve"):
        error = refusal(case, "pe_b", verb, "check", revision=1)
        assert (error.reason, error.details) == ("CASE_TASK_NOT_YOURS", {"assignee": "pe_a"})
    assert case.state.tasks["check/1"].waiting_on == ("pe_a",)


def test_who_acts_on_what_somebody_has_changed_is_told_to_look_again() -> None:
    case = at_check(ONE, three_bosses())
    case.do("pe_a", "claim", "check")
    case.do("pe_a", "release", "check")
    error = refusal(case, "pe_b", "approve", "check", revision=1)
    assert (error.reason, error.details) == ("CASE_REVISION_STALE", {"revision": "3"})
    case.do("pe_b", "approve", "check", revision=3)
    assert case.state.status is CaseStatus.COMPLETED


def test_a_task_that_is_done_takes_no_more_acts() -> None:
    case = at_check(ONE)
    assert refusal(case, "pe_sales", "complete", "intake").reason == "CASE_TASK_CLOSED"


def test_the_same_act_twice_is_applied_once_and_answered_twice() -> None:
    case = Case(ONE)
    act = Act("key", "complete", "pe_sales", "intake/1", form={"needs": "一台"})
    case.act(act)
    after, commands = step(case.state, Acted(case.now, act), case.plan)
    assert after is case.state
    assert commands == []
    outcome = check_act(case.state, act, case.plan)
    assert outcome is not None
    assert (outcome.verb, outcome.task_open) == ("complete", False)


def test_an_acts_key_is_not_lent_to_another_act() -> None:
    case = Case(ONE)
    case.do("pe_sales", "comment", "intake", act_key="key", comment="稍等")
    error = refusal(case, "pe_sales", "claim", "intake", act_key="key")
    assert error.reason == "CASE_ACT_KEY_REUSED"


def test_outcomes_are_forgotten_some_time_after_their_task_has_closed() -> None:
    case = Case(ONE)
    for number in range(50):
        case.do("pe_sales", "comment", act_key=f"c{number}", comment="…")
    case.do("pe_sales", "claim", "intake", act_key="open")
    assert len(case.state.acts) == 33
    assert "open" in case.state.acts
    assert "c0" not in case.state.acts


def test_any_one_signer_is_enough() -> None:
    case = at_check(ANY, three_bosses())
    case.do("pe_b", "approve", "check", form={"opinion": "好"})
    assert case.state.status is CaseStatus.COMPLETED
    assert case.state.data["check"]["opinion"] == "好"
    assert case.state.handlers["check"] == "pe_b"


def test_all_signers_must_sign_and_each_once() -> None:
    case = at_check(ALL, three_bosses())
    case.do("pe_b", "approve", "check", revision=1)
    case.do("pe_a", "approve", "check", revision=1)  # signing does not make others look again
    assert case.state.tasks["check/1"].waiting_on == ("pe_c",)
    assert refusal(case, "pe_a", "approve", "check").reason == "CASE_TASK_NOT_YOURS"
    case.do("pe_c", "approve", "check", revision=1)
    assert case.state.status is CaseStatus.COMPLETED


def test_one_who_sends_back_ends_a_countersign() -> None:
    case = at_check(ALL, three_bosses())
    case.do("pe_b", "approve", "check")
    case.do("pe_a", "reject", "check", to="intake", comment="不行")
    assert case.at == ["intake"]
    case.do("pe_sales", "complete", "intake", form={"needs": "两台"})
    assert case.state.tasks["check/2"].signatures == ()


def test_a_countersign_cannot_be_claimed() -> None:
    case = at_check(ALL, three_bosses())
    assert refusal(case, "pe_a", "claim", "check").reason == "CASE_VERB_ILLEGAL"


def test_a_transferred_task_is_the_other_persons() -> None:
    case = at_check(ONE)
    case.do("pe_boss", "claim", "check")
    case.do("pe_boss", "transfer", "check", to="pe_deputy")
    assert refusal(case, "pe_boss", "approve", "check").reason == "CASE_TASK_NOT_YOURS"
    case.do("pe_deputy", "approve", "check")
    assert case.state.status is CaseStatus.COMPLETED


def test_a_signer_who_transfers_gives_only_their_own_place_away() -> None:
    case = at_check(ALL, three_bosses())
    case.do("pe_a", "approve", "check")
    case.do("pe_b", "transfer", "check", to="pe_deputy")
    assert case.state.tasks["check/1"].waiting_on == ("pe_deputy", "pe_c")


def test_who_manages_the_flow_may_transfer_anybodys_task() -> None:
    case = Case(ONE)
    assert refusal(case, "pe_x", "transfer", "intake", to="pe_y").reason == "CASE_TASK_NOT_YOURS"
    case.do("pe_x", "transfer", "intake", to="pe_y", roles=("boss",))
    assert case.state.tasks["intake/1"].waiting_on == ("pe_y",)


@pytest.mark.parametrize("to", ["", "pe_sales"])
def test_a_transfer_names_somebody_else(to: str) -> None:
    error = refusal(Case(ONE), "pe_sales", "transfer", "intake", to=to)
    assert error.reason == "CASE_TARGET_ILLEGAL"


def test_anybody_may_urge_and_those_it_waits_for_are_told_each_time() -> None:
    case = at_check(ONE)
    case.do("pe_sales", "urge", "check", comment="客户在等")
    case.do("pe_sales", "urge", "check")
    assert case.told()[1:] == [("task_due", ["pe_boss"]), ("task_due", ["pe_boss"])]
    assert case.asked(Purpose.NOTIFY)[1:] == ["check/1/urge-1 Send", "check/1/urge-2 Send"]


@pytest.mark.parametrize(
    ("verb", "reason"),
    [
        ("approve", "CASE_VERB_ILLEGAL"),
        ("dance", "CASE_VERB_UNKNOWN"),
        ("reject", "CASE_VERB_ILLEGAL"),
        ("cancel", "CASE_VERB_ILLEGAL"),
        ("release", "CASE_VERB_ILLEGAL"),
    ],
)
def test_a_verb_that_is_not_for_this_task_is_refused(verb: str, reason: str) -> None:
    assert refusal(Case(ONE), "pe_sales", verb, "intake").reason == reason


def test_an_approval_goes_back_only_where_it_may() -> None:
    case = at_check(ONE)
    assert refusal(case, "pe_boss", "reject", "check", to="check").reason == "CASE_TARGET_ILLEGAL"


def test_every_act_is_handed_to_the_audit_with_before_and_after() -> None:
    case = at_check(ONE)
    case.do("pe_boss", "claim", "check", comment="我来", origin="wecom")
    record = case.all(RecordAct)[-1]
    assert (record.verb, record.person, record.comment, record.origin) == (
        "claim", "pe_boss", "我来", "wecom",
    )  # fmt: skip
    assert record.before == {"assignee": "", "candidates": ["pe_boss"], "revision": 1}
    assert record.after == {"assignee": "pe_boss", "candidates": ["pe_boss"], "revision": 2}


RULES = """
    inputs:
      - {id: owner, kind: person, name: 负责人}
      - {id: customer_id, kind: customer, name: 客户, required: true}
    start: intake
    nodes:
      - id: intake
        kind: form
        name: 登记
        assignee: {person: '=coalesce(inputs.owner, case.started_by)'}
        form: [{id: salesperson, kind: person, name: 销售, required: true}]
      - {id: sell, kind: approval, name: 销售, assignee: {field: intake.salesperson}}
      - {id: again, kind: approval, name: 复核, assignee: {previous: intake}}
      - {id: accept, kind: confirm, name: 验收, assignee: {customer: =inputs.customer_id}}
      - {id: done, kind: end, name: 完}
    edges:
      - {from: intake, to: sell}
      - {from: sell, to: again}
      - {from: again, to: accept}
      - {from: accept, to: done}
"""


def test_a_rule_names_a_person_a_fields_person_the_previous_one_or_the_customer() -> None:
    case = Case(RULES, customer_id="cu_1")
    case.do("pe_starter", "complete", "intake", form={"salesperson": "pe_s"})
    case.do("pe_s", "approve", "sell")
    case.do("pe_starter", "approve", "again")
    assert case.state.tasks["accept/1"].waiting_on == ("cu_1",)
    assert refusal(case, "cu_1", "transfer", "accept", to="x").reason == "CASE_VERB_ILLEGAL"
    case.do("cu_1", "approve", "accept")
    assert case.state.status is CaseStatus.COMPLETED
    # The directory is asked who is there of those who are named, but not about a customer.
    assert case.asked(Purpose.ASSIGN) == [
        "intake/1/open/find ResolveAssignees",
        "sell/1/open/find ResolveAssignees",
        "again/1/open/find ResolveAssignees",
    ]
