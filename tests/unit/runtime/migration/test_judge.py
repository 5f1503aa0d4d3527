"""May this case move to that version? Each sentence is one thing that a version may have changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.compiler.flows import plan_of
from tests.unit.runtime.cases import Case, Small
from workflows.compiler.plan import Plan
from workflows.runtime.commands import RecordAct
from workflows.runtime.migration import MigrationOrder, Outcome, Verdict, judge, migrate
from workflows.runtime.port import Reply

ASK = """
start: ask
nodes:
  - {id: ask, kind: form, name: 询价, stage: first, assignee: {role: sales},
     form: [{id: size, kind: integer, name: 面积, required: true}]}
  - {id: check, kind: approval, name: 复核, stage: first, assignee: {role: boss}}
  - {id: make, kind: service, name: 下单, rpc: test.v1.Things/Make}
  - {id: done, kind: end, name: 结束}
edges:
  - {from: ask, to: check}
  - {from: check, to: make}
  - {from: make, to: done}
"""


def at_check(**world: Any) -> Case:
    case = Case(ASK, Small(**world))
    case.do("pe_sales", "complete", "ask", form={"size": 90})
    return case


def verdict_of(case: Case, new: str | Plan, **choices: str) -> Verdict:
    plan = new if isinstance(new, Plan) else plan_of(new)
    order = MigrationOrder("mg/1", 2, "pe_ops", choices, reason="新版本")
    return judge(case.state, case.plan, plan, order, case.now)


def codes(verdict: Verdict) -> list[str]:
    return [finding.code for finding in verdict.findings]


def moved(case: Case, new: str, **choices: str) -> Case:
    """The case, moved."""
    plan = plan_of(new)
    order = MigrationOrder("mg/1", 2, "pe_ops", choices, reason="新版本", origin="cli")
    verdict = judge(case.state, case.plan, plan, order, case.now)
    assert verdict.outcome is Outcome.SAFE, verdict
    case.state, commands = migrate(case.state, case.plan, plan, verdict.moved, order, case.now)
    case.plan = plan
    case.commands += [(case.now, command) for command in commands]
    return case


def test_a_step_that_is_still_to_come_may_be_new() -> None:
    new = ASK.replace(
        "  - {id: done",
        "  - {id: paint, kind: service, name: 查看, rpc: test.v1.Things/Look,"
        " input: {thing_id: =make.thing_id}}\n  - {id: done",
    ).replace("{from: make, to: done}", "{from: make, to: paint}\n  - {from: paint, to: done}")
    case = moved(at_check(), new)
    assert case.at == ["check"]
    case.do("pe_boss", "approve", "check")
    assert case.asked() == ["make/1 Make", "paint/1 Look"]
    assert case.state.status == "completed"


def test_the_move_is_in_the_audit_with_both_versions_and_by_whom() -> None:
    case = moved(at_check(), ASK.replace("复核", "终审"))
    [act] = [act for act in case.all(RecordAct) if act.verb == "migrate"]
    assert (act.person, act.comment, act.origin) == ("pe_ops", "新版本", "cli")
    assert (act.before["flow_version"], act.after["flow_version"]) == (0, 2)
    assert act.before["nodes"] == act.after["nodes"] == ["check"]


def test_a_value_that_a_new_step_would_have_set_is_missed_where_it_is_read() -> None:
    new = (
        ASK.replace("start: ask", "start: measure")
        .replace(
            "nodes:\n",
            "nodes:\n  - {id: measure, kind: form, name: 测量, assignee: {role: sales},"
            " form: [{id: note, kind: text, name: 备注, required: true}]}\n",
        )
        .replace("edges:\n", "edges:\n  - {from: measure, to: ask}\n")
        .replace(
            "rpc: test.v1.Things/Make", "rpc: test.v1.Things/Make, input: {label: =measure.note}"
        )
    )
    verdict = verdict_of(at_check(), new)
    assert codes(verdict) == ["MIGRATION_VALUE_UNSET"]
    assert verdict.findings[0].node == "make"
    assert "measure" in verdict.findings[0].words


def test_a_field_that_the_old_form_did_not_ask_for_is_missed_where_it_is_read() -> None:
    new = ASK.replace(
        "required: true}]}",
        "required: true}, {id: floor, kind: text, name: 楼层, required: true}]}",
    ).replace("rpc: test.v1.Things/Make", "rpc: test.v1.Things/Make, input: {label: =ask.floor}")
    assert codes(verdict_of(at_check(), new)) == ["MIGRATION_VALUE_UNFIT"]
    still_asking = Case(ASK)
    assert verdict_of(still_asking, new).outcome is Outcome.SAFE


def test_a_node_that_is_gone_needs_a_choice_and_those_are_offered_that_can_end() -> None:
    new = (
        ASK.replace("id: check", "id: review")
        .replace("check}", "review}")
        .replace("from: check", "from: review")
    )
    verdict = verdict_of(at_check(), new)
    assert verdict.outcome is Outcome.NEEDS_CHOICE
    [question] = verdict.questions
    assert question.node == "check"
    assert [(target.node, target.why) for target in question.targets] == [
        ("review", "same_name"),
        ("ask", "same_stage"),
        ("make", ""),
    ]
    case = moved(at_check(), new, check="review")
    assert case.state.unwinding[0].goal == "review"
    assert not case.state.tasks


def test_a_choice_that_is_no_node_is_refused() -> None:
    assert codes(verdict_of(at_check(), ASK.replace("复核", "终审"), check="nowhere")) == [
        "MIGRATION_CHOICE_ILLEGAL"
    ]


def test_a_call_in_flight_is_waited_for() -> None:
    case = at_check(Make=Reply({"thing_id": "t"}, after=timedelta(hours=1)))
    case.do("pe_boss", "approve", "check")
    verdict = verdict_of(case, ASK.replace("复核", "终审"))
    assert codes(verdict) == ["MIGRATION_CALL_IN_FLIGHT"]
    assert verdict.is_passing


PARALLEL = """
start: ask
nodes:
  - {id: ask, kind: form, name: 询价, assignee: {role: sales}, form: [{id: x, kind: text, name: 字}]}
  - {id: split, kind: parallel, name: 分}
  - {id: left, kind: form, name: 左, assignee: {role: sales}, form: [{id: x, kind: text, name: 字}]}
  - {id: right, kind: form, name: 右, assignee: {role: boss}, form: [{id: x, kind: text, name: 字}]}
  - {id: join, kind: parallel, name: 合}
  - {id: done, kind: end, name: 结束}
edges:
  - {from: ask, to: split}
  - {from: split, to: left}
  - {from: split, to: right}
  - {from: left, to: join}
  - {from: right, to: join}
  - {from: join, to: done}
"""


def test_a_branch_that_has_been_put_into_a_row_would_wait_for_ever() -> None:
    case = Case(PARALLEL)
    case.do("pe_sales", "complete", "ask")
    in_a_row = """
start: ask
nodes:
  - {id: ask, kind: form, name: 询价, assignee: {role: sales}, form: [{id: x, kind: text, name: 字}]}
  - {id: left, kind: form, name: 左, assignee: {role: sales}, form: [{id: x, kind: text, name: 字}]}
  - {id: right, kind: form, name: 右, assignee: {role: boss}, form: [{id: x, kind: text, name: 字}]}
  - {id: done, kind: end, name: 结束}
edges:
  - {from: ask, to: left}
  - {from: left, to: right}
  - {from: right, to: done}
"""
    verdict = verdict_of(case, in_a_row)
    assert codes(verdict) == ["MIGRATION_CANNOT_END"]
    assert "右" in verdict.findings[0].words
    case.do("pe_sales", "complete", "left")
    assert "MIGRATION_JOIN_CHANGED" in codes(verdict_of(case, in_a_row))


SLOW = ASK.replace(
    "name: 复核, stage: first, assignee: {role: boss}",
    "name: 复核, stage: first, assignee: {role: boss}, sla: {complete: 4h, remind: [{of: complete, before: 1h, template: task_due}]}",
)


@pytest.mark.parametrize(("limit", "rings_after"), [("8h", 7), ("2h", 1)])
def test_a_deadline_counts_from_when_it_was_armed_under_the_new_limit(
    limit: str, rings_after: int
) -> None:
    case = Case(SLOW)
    case.do("pe_sales", "complete", "ask", form={"size": 90})
    opened = case.now
    case.advance(timedelta(minutes=30))
    case = moved(case, SLOW.replace("4h", limit))
    [timer] = case.state.timers.values()
    assert timer.due == opened + timedelta(hours=rings_after)


def test_what_has_rung_does_not_ring_again() -> None:
    case = Case(SLOW)
    case.do("pe_sales", "complete", "ask", form={"size": 90})
    case.advance(timedelta(hours=5))
    assert not case.state.timers
    case = moved(case, SLOW.replace("4h", "8h"))
    assert not case.state.timers


def test_votes_that_were_cast_do_not_count_under_another_way_of_deciding() -> None:
    world = Small()
    world.people["boss"] = ["pe_a", "pe_b"]
    all_sign = ASK.replace("assignee: {role: boss}}", "assignee: {role: boss}, mode: all}")
    case = Case(all_sign, world)
    case.do("pe_sales", "complete", "ask", form={"size": 90})
    case.do("pe_a", "approve", "check")
    verdict = verdict_of(case, ASK)
    assert verdict.outcome is Outcome.NEEDS_CHOICE
    assert verdict.questions[0].targets[0].node == "check"


def test_what_was_done_must_stay_undoable() -> None:
    later = ASK.replace(
        "{from: make, to: done}", "{from: make, to: sign}\n  - {from: sign, to: done}"
    )
    later = later.replace(
        "  - {id: done",
        "  - {id: sign, kind: approval, name: 签收, assignee: {role: boss}}\n  - {id: done",
    )
    case = Case(later)
    case.do("pe_sales", "complete", "ask", form={"size": 90})
    case.do("pe_boss", "approve", "check")
    without = (
        later.replace("  - {id: make, kind: service, name: 下单, rpc: test.v1.Things/Make}\n", "")
        .replace("{from: check, to: make}", "{from: check, to: sign}")
        .replace("  - {from: make, to: sign}\n", "")
    )
    assert codes(verdict_of(case, without)) == ["MIGRATION_EFFECT_WITHOUT_NODE"]


def test_a_worker_that_is_too_old_does_not_take_the_case() -> None:
    plain = plan_of(ASK.replace("复核", "终审")).model_dump()
    new = Plan.model_validate({**plain, "interpreter": 99})
    assert codes(verdict_of(at_check(), new)) == ["MIGRATION_INTERPRETER_OLD"]
