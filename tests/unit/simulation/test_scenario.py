"""A story that does not come out as told says where and how."""

from __future__ import annotations

import pytest

from tests.unit.compiler.flows import plan_of
from workflows.language.reading import read_source
from workflows.simulation.account import What, account_of
from workflows.simulation.scenario import ScenarioFile, live, play

PLAN = plan_of("""
    start: make
    nodes:
      - {id: make, kind: service, name: 做, rpc: test.v1.Things/Make}
      - {id: check, kind: approval, name: 审核, assignee: {person: pe_boss}, announce: task_assigned}
      - {id: done, kind: end, name: 完}
    edges: [{from: make, to: check}, {from: check, to: done}]
""")

STORY = """
answers:
  - {rpc: test.v1.Things/Make, reply: {thing_id: th_1}, after: 1h}
scenarios:
  - name: a thing is made and checked
    starts_at: 2026-03-02T09:00:00+08:00
    inputs: {}
    steps:
      - expect: {tasks: {}}
      - after: 1h
        expect: {tasks: {check: [pe_boss]}, sent: {task_assigned: 1}, calls: {test.v1.Things/Make: 1}}
      - act: {node: check, verb: approve, person: pe_x}
        refused: CASE_TASK_NOT_YOURS
      - act: {node: check, verb: approve, person: pe_boss}
        expect: {status: completed, incidents: [], stage: ""}
"""


def outcome(text: str) -> list[str]:
    file = ScenarioFile.model_validate(read_source(text).value)
    return play(PLAN, file.scenarios[0], file)


def test_a_story_that_comes_out_as_told_has_nothing_to_say() -> None:
    assert outcome(STORY) == []


@pytest.mark.parametrize(
    ("told", "instead", "wrong"),
    [
        ("check: [pe_boss]", "check: [pe_y]", "step 2: tasks is {'check': ('pe_boss',)}, expected {'check': ('pe_y',)}"),
        ("task_assigned: 1", "task_assigned: 2", "step 2: sent task_assigned: 1 times, expected 2"),
        ("Make: 1}", "Make: 0}", "step 2: calls test.v1.Things/Make: 1 times, expected 0"),
        ("CASE_TASK_NOT_YOURS", "CASE_OVER", "step 3: refused with CASE_TASK_NOT_YOURS, not CASE_OVER"),
        ("completed", "cancelled", "step 4: status is 'completed', expected 'cancelled'"),
    ],
)  # fmt: skip
def test_a_story_that_comes_out_otherwise_names_the_step(
    told: str, instead: str, wrong: str
) -> None:
    assert outcome(STORY.replace(told, instead)) == [wrong]


def test_a_world_without_an_answer_says_what_it_was_asked() -> None:
    with pytest.raises(LookupError, match=r"no answer for test\.v1\.Things/Make"):
        outcome(STORY.replace("rpc: test.v1.Things/Make, reply", "rpc: other, reply"))


def test_an_answer_that_is_given_once_makes_room_for_the_next() -> None:
    told = STORY.replace(
        "answers:\n", "answers:\n  - {rpc: test.v1.Things/Make, fails: NO_ROOM, times: 1}\n"
    ).replace("expect: {tasks: {}}", "expect: {incidents: [NO_ROOM]}")
    assert outcome(told)[0] == "step 2: tasks is {}, expected {'check': ('pe_boss',)}"


ROOMS = plan_of("""
    pause_reasons: {away: {name: 外出, blames: customer}}
    start: each
    nodes:
      - id: each
        kind: for_each
        name: 逐间
        items: '=["kitchen", "bath"]'
        collect: look.note
        body:
          start: look
          nodes:
            - id: look
              kind: form
              name: 查看
              assignee: {person: pe_boss}
              pause_reasons: [away]
              form: [{id: note, kind: text, name: 备注, required: true}]
              sla: {complete: 2h, remind: [{of: complete, before: 1h, template: task_due}]}
            - {id: looked, kind: end, name: 已看}
          edges: [{from: look, to: looked}]
      - {id: done, kind: end, name: 完}
    edges: [{from: each, to: done}]
    outputs: {seen: each.results}
""")


def test_a_story_acts_in_one_run_of_a_body_and_says_what_it_left_behind() -> None:
    file = ScenarioFile.model_validate(
        read_source("""
            scenarios:
              - name: two rooms are looked at, the second one first
                starts_at: 2026-03-02T09:00:00+08:00
                inputs: {}
                steps:
                  - expect: {open: {look: 2}, tasks: {look: [pe_boss]}}
                  - act: {node: look, run: 2, verb: complete, person: pe_boss, form: {note: b}}
                    expect: {open: {look: 1}}
                  - act: {node: look, verb: complete, person: pe_boss, form: {note: a}}
                    expect:
                      open: {look: 0}
                      results: {each: {results: [a, b]}}
                      output: {seen: [a, b]}
            """).value
    )
    assert play(ROOMS, file.scenarios[0], file) == []


def test_a_deadline_that_was_stopped_falls_due_once_and_at_its_new_instant() -> None:
    file = ScenarioFile.model_validate(
        read_source("""
            scenarios:
              - name: pe_boss was out for half an hour
                starts_at: 2026-03-02T09:00:00+08:00
                inputs: {}
                steps:
                  - act: {node: look, run: 1, verb: pause, person: pe_boss, to: away}
                  - after: 30m
                    act: {node: look, run: 1, verb: resume, person: pe_boss}
                  - after: 30m
                    expect: {sent: {task_due: 1}}
                  - after: 30m
                    expect: {sent: {task_due: 2}}
            """).value
    )
    assert play(ROOMS, file.scenarios[0], file) == []


def test_a_story_is_told_step_by_step() -> None:
    file = ScenarioFile.model_validate(read_source(STORY).value)
    case, _ = live(PLAN, file.scenarios[0], file)
    told = [(each.what, each.title, each.who, each.detail) for each in account_of(case)]
    assert told == [
        (What.STARTED, "", ("pe_starter",), ""),
        (What.CAME, "做", (), ""),
        (What.CALLED, "做", (), "test.v1.Things/Make"),
        (What.CAME, "审核", (), ""),
        (What.TOLD, "审核", ("pe_boss",), "task_assigned"),
        (What.ASKED, "审核", ("pe_boss",), ""),
        (What.ACTED, "审核", ("pe_boss",), "approve"),
        (What.CAME, "完", (), ""),
        (What.ENDED, "", (), "completed"),
    ]
