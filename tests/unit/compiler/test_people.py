"""Who a user task is for, who approves, and how the clocks are stopped."""

from __future__ import annotations

import textwrap

import pytest

from tests.unit.compiler.flows import codes_of, diagnostics_of, plan_of
from workflows.compiler.plan import ApprovalNode, FormNode, PlanAssignee

TASKS = """
    pause_reasons:
      parts: {{name: 等配件, blames: supplier}}
    inputs: [{{id: helpers, kind: people, name: 帮手, required: true}}]
    start: intake
    nodes:
      - id: intake
        kind: form
        name: 登记
        assignee: {{role: sales}}
        form: [{{id: chief, kind: person, name: 负责, required: true}}]
        {intake}
      - id: check
        kind: approval
        name: 审核
        assignee: {assignee}
        {check}
      - {{id: done, kind: end, name: 完}}
    edges: [{{from: intake, to: check}}, {{from: check, to: done}}]
"""


def tasks(assignee: str = "{role: boss}", check: str = "", intake: str = "") -> str:
    return TASKS.format(assignee=assignee, check=check, intake=intake)


def assignee_of(rule: str, check: str = "") -> PlanAssignee:
    node = plan_of(tasks(rule, check)).by_id["check"]
    assert isinstance(node, ApprovalNode)
    return node.assignee


DATA = {
    "intake": {"chief": "pe_li", "handled_by": "pe_wang", "for_check": "pe_zhao"},
    "inputs": {"helpers": ["pe_a", "pe_b"]},
}


@pytest.mark.parametrize(
    ("rule", "people"),
    [
        ("{person: pe_li}", "pe_li"),
        ("{person: [pe_li, =intake.chief]}", ["pe_li", "pe_li"]),
        ("{person: =intake.handled_by}", "pe_wang"),
        ("{person: =inputs.helpers}", ["pe_a", "pe_b"]),
        ("{field: intake.chief}", "pe_li"),
        ("{chosen_at: intake}", "pe_zhao"),
    ],
)
def test_people_are_named_written_or_computed_one_or_several(rule: str, people: object) -> None:
    assignee = assignee_of(rule)
    assert assignee.rule == "person"
    assert assignee.person is not None
    assert assignee.person.run(DATA) == people


def test_a_leader_is_asked_for_some_levels_up() -> None:
    assignee = assignee_of("{leader_of: =intake.handled_by, levels: 2, nobody: skip}")
    assert (assignee.rule, assignee.levels, assignee.skip) == ("leader", 2, True)
    assert assignee.person is not None
    assert assignee.person.run(DATA) == "pe_wang"


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("{role: boss, person: x}", "FLOW_ASSIGNEE_RULE"),
        ("{}", "FLOW_ASSIGNEE_RULE"),
        ("{person: x, region: y}", "FLOW_ASSIGNEE_RULE"),
        ("{role: boss, levels: 2}", "FLOW_ASSIGNEE_RULE"),
        ("{person: =size(inputs.helpers)}", "FLOW_EXPRESSION_TYPE"),
        ("{chosen_at: done}", "FLOW_ASSIGNEE_RULE"),
        ("{chosen_at: check}", "FLOW_VARIABLE_UNSET"),
        ("{previous: check}", "FLOW_VARIABLE_UNSET"),
        ("{role: chef}", "FLOW_ROLE_UNKNOWN"),
        ("{role: boss, nobody: {role: chef}}", "FLOW_ROLE_UNKNOWN"),
    ],
)
def test_a_rule_that_cannot_work_is_refused(rule: str, code: str) -> None:
    assert codes_of(tasks(rule)) == [code]


def test_whoever_chooses_is_asked_in_the_earlier_form() -> None:
    intake = plan_of(tasks("{chosen_at: intake}")).by_id["intake"]
    assert isinstance(intake, FormNode)
    asked = intake.form[-1].field
    assert (asked.id, asked.kind, asked.required, asked.name) == (
        "for_check", "person", True, "办理人：审核",
    )  # fmt: skip
    intake = plan_of(tasks("{chosen_at: intake}", "mode: all")).by_id["intake"]
    assert isinstance(intake, FormNode)
    assert intake.form[-1].field.kind == "people"


def test_a_choice_is_made_on_every_path_to_the_task() -> None:
    assert codes_of(tasks("{chosen_at: intake}", intake="skippable: true")) == [
        "FLOW_VARIABLE_UNSET"
    ]


@pytest.mark.parametrize("rule", ["{chosen_at: intake}", "{role: boss, nobody: skip}"])
def test_whoever_is_only_told_is_neither_chosen_nor_passed_over(rule: str) -> None:
    sla = f"sla: {{complete: 2h, escalate: [{{of: complete, notify: {rule}}}]}}"
    assert codes_of(tasks(check=sla)) == ["FLOW_ASSIGNEE_RULE"]


@pytest.mark.parametrize(
    ("setting", "rule"),
    [
        ("skippable: true", "{role: boss}"),
        ("when_applicant: skip", "{role: boss}"),
        ("when_repeated: skip", "{role: boss}"),
        ("", "{role: boss, nobody: skip}"),
    ],
)
def test_a_task_that_may_be_passed_over_may_leave_nothing_behind(setting: str, rule: str) -> None:
    body = tasks(rule, setting).replace(
        "      - {id: done,",
        "      - {id: tell, kind: service, name: 告, rpc: test.v1.Things/Make, "
        "input: {label: '=check.handled_by + \"!\"'}}\n      - {id: done,",
    )
    body = body.replace(
        "{from: check, to: done}", "{from: check, to: tell}, {from: tell, to: done}"
    )
    assert codes_of(body) == ["FLOW_VARIABLE_UNSET"]
    guarded = body.replace("=check.handled_by + ", '=coalesce(check.handled_by, "nobody") + ')
    assert codes_of(guarded) == []


def test_votes_decide_by_number_or_by_part_and_some_count_more() -> None:
    vote = "mode: quorum\n        quorum: {percent: 50, weights: [{role: boss, votes: 3}]}"
    node = plan_of(tasks(check=vote)).by_id["check"]
    assert isinstance(node, ApprovalNode)
    assert node.quorum is not None
    assert (node.mode, node.quorum.votes, node.quorum.percent) == ("quorum", None, 50)
    assert [(weight.role, weight.votes) for weight in node.quorum.weights] == [("boss", 3)]


@pytest.mark.parametrize(
    ("vote", "code"),
    [
        ("mode: quorum", "FLOW_QUORUM"),
        ("quorum: {votes: 2}", "FLOW_QUORUM"),
        ("mode: quorum\n        quorum: {}", "FLOW_QUORUM"),
        ("mode: quorum\n        quorum: {votes: 2, percent: 50}", "FLOW_QUORUM"),
        ("mode: quorum\n        quorum: {votes: 0}", "FLOW_VALUE_INVALID"),
        (
            "mode: quorum\n        quorum: {votes: 2, weights: [{role: chef, votes: 2}]}",
            "FLOW_ROLE_UNKNOWN",
        ),
        (
            "mode: quorum\n        quorum: {votes: 2, weights: [{role: boss, votes: 2}, {role: boss, votes: 3}]}",
            "FLOW_ID_DUPLICATE",
        ),
        (
            "mode: quorum\n        quorum: {votes: 2}\n        form: [{id: approved, kind: boolean, name: 是}]",
            "FLOW_ID_RESERVED",
        ),
    ],
)
def test_a_vote_says_exactly_when_enough_have_approved(vote: str, code: str) -> None:
    assert codes_of(tasks(check=vote)) == [code]


def test_a_vote_leaves_behind_how_it_went() -> None:
    vote = "mode: quorum\n        quorum: {votes: 2}"
    body = tasks(check=vote).replace(
        "{id: done,", "{id: how, kind: decision, name: 何}\n      - {id: done,"
    )
    body = body.replace(
        "{from: check, to: done}",
        "{from: check, to: how}, {from: how, to: done, when: check.approved}, "
        "{from: how, to: done, otherwise: true}",
    )
    assert codes_of(body) == []
    assert codes_of(body.replace(vote, "mode: all")) == ["FLOW_FIELD_UNKNOWN"]


def test_a_clock_is_stopped_for_a_declared_reason_only() -> None:
    assert codes_of(tasks(check="pause_reasons: [parts]")) == []
    (found,) = diagnostics_of(tasks(check="pause_reasons: [part]"))
    assert (found.code, found.hint) == ("FLOW_PAUSE_REASON_UNKNOWN", "did you mean 'parts'?")
    (reason,) = plan_of(tasks(check="pause_reasons: [parts]")).pause_reasons
    assert (reason.id, reason.blames) == ("parts", "supplier")


def test_waiting_is_charged_to_a_known_party() -> None:
    assert codes_of(tasks().replace("blames: supplier", "blames: chef")) == ["FLOW_ROLE_UNKNOWN"]
    assert codes_of(tasks().replace("blames: supplier", "blames: boss")) == []


def test_a_task_that_may_be_passed_over_gives_variables_their_values_all_the_same() -> None:
    body = tasks(check="skippable: true\n        assign: {label: '=VALUE'}").replace(
        "'=VALUE'", "VALUE"
    )
    body = "data: [{id: label, type: string}]\n" + textwrap.dedent(body)
    assert codes_of(body.replace("VALUE", "'\"done\"'")) == []
    assert codes_of(body.replace("VALUE", "check.handled_by")) == ["FLOW_VARIABLE_UNSET"]
    guarded = "'coalesce(check.handled_by, \"nobody\")'"
    assert codes_of(body.replace("VALUE", guarded)) == []


def test_a_variable_is_not_set_by_what_would_read_it() -> None:
    body = "data: [{id: count, type: int}]\n" + textwrap.dedent(
        tasks(check="assign: {count: data.count + 1}")
    )
    assert codes_of(body) == ["FLOW_VARIABLE_UNSET"]
