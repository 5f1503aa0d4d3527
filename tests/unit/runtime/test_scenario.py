"""A story that does not come out as told says where and how."""

from __future__ import annotations

import pytest

from tests.unit.compiler.flows import plan_of
from workflows.language.reading import read_source
from workflows.runtime.scenario import ScenarioFile, play

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
