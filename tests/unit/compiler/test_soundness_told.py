"""The proof as operators read it: which node, which way out, and a run that shows it."""

from __future__ import annotations

from tests.unit.compiler.flows import CATALOG, diagnostics_of, flow
from workflows.compiler.compile import compile_flow
from workflows.compiler.diagnostics import Firing

EXCLUSIVE_INTO_PARALLEL = """
    start: choose
    nodes:
      - {id: choose, kind: decision, name: 选}
      - {id: a, kind: wait, name: 甲, duration: 1h}
      - {id: b, kind: wait, name: 乙, duration: 1h}
      - {id: join, kind: parallel, name: 合}
      - {id: done, kind: end, name: 完}
    edges:
      - {from: choose, to: a, when: "case.started_by == 'x'"}
      - {from: choose, to: b, otherwise: true}
      - {from: a, to: join}
      - {from: b, to: join}
      - {from: join, to: done}
"""


def test_exclusive_ways_into_one_parallel_stand_still_and_the_hint_says_how_to_mend_it() -> None:
    (found, *_) = diagnostics_of(EXCLUSIVE_INTO_PARALLEL)
    assert (found.code, found.node) == ("FLOW_UNSOUND_DEADLOCK", "join")
    assert "in an ordinary node or a decision before the parallel" in found.hint
    assert found.trace[0].node == "choose"
    assert all(firing.by == "done" for firing in found.trace)
    assert {"node": "choose", "by": "done", "takes": list(found.trace[0].takes)} in found.to_json()[
        "trace"
    ]


def test_a_diagnostic_without_a_trace_says_nothing_of_one() -> None:
    (found,) = diagnostics_of(EXCLUSIVE_INTO_PARALLEL.replace("start: choose", "start: chose"))
    assert "trace" not in found.to_json()


def test_a_boundary_in_a_trace_is_named_by_its_edge() -> None:
    (found,) = diagnostics_of("""
        start: rest
        nodes:
          - {id: rest, kind: wait, name: 歇, duration: 3h}
          - {id: met, kind: decision, name: 并}
          - {id: done, kind: end, name: 完}
        edges:
          - {from: rest, to: met}
          - {from: rest, to: met, on: timer, after: 1h, alongside: true}
          - {from: met, to: done}
    """)
    assert found.code == "FLOW_UNSOUND_SAME_END"
    assert Firing("rest", "rest>met#2", ("rest>met#2",)) in found.trace


def test_soundness_is_judged_even_when_something_else_is_wrong() -> None:
    sound = """
        start: rest
        nodes:
          - {id: rest, kind: wait, name: 歇, duration: 3d, stage: nowhere}
          - {id: done, kind: end, name: 完}
        edges: [{from: rest, to: done}]
    """
    compiled = compile_flow(flow(sound), CATALOG)
    assert (compiled.plan, compiled.sound) == (None, True)
    compiled = compile_flow(flow(EXCLUSIVE_INTO_PARALLEL), CATALOG)
    assert (compiled.plan, compiled.sound) == (None, False)
    undrawn = sound.replace("to: done}", "to: nowhere}")
    assert compile_flow(flow(undrawn), CATALOG).sound is None
    stray = sound.replace(
        "{id: done,", "{id: stray, kind: wait, name: 散, duration: 1h}\n          - {id: done,"
    )
    stray = stray.replace("[{from", "[{from: stray, to: done}, {from")
    assert compile_flow(flow(stray), CATALOG).sound is False


def test_a_flow_is_as_sound_as_its_bodies() -> None:
    inner = "\n".join(" " * 12 + line for line in EXCLUSIVE_INTO_PARALLEL.strip("\n").splitlines())
    source = f"""
    start: part
    nodes:
      - id: part
        kind: subflow
        name: 段
        body:
{inner}
      - {{id: over, kind: end, name: 终}}
    edges: [{{from: part, to: over}}]
    """
    compiled = compile_flow(flow(source), CATALOG)
    assert compiled.sound is False
    assert compiled.diagnostics[0].node == "join"


def test_nothing_starts_at_a_node_that_waits_for_edges() -> None:
    body = EXCLUSIVE_INTO_PARALLEL.replace("start: choose", "start: join")
    assert "FLOW_START_JOINS" in [found.code for found in diagnostics_of(body)]


RACE = """
    data: [{id: who, type: string}]
    start: split
    nodes:
      - {id: split, kind: parallel, name: 分}
      - {id: a, kind: service, name: 甲, rpc: test.v1.Things/Make, assign: {who: a.thing_id}}
      - {id: b, kind: service, name: 乙, rpc: test.v1.Things/Make, assign: {who: b.thing_id}}
      - {id: join, kind: parallel, name: 合}
      - {id: last, kind: service, name: 末, rpc: test.v1.Things/Make, assign: {who: last.thing_id}}
      - {id: done, kind: end, name: 完}
    edges:
      - {from: split, to: a}
      - {from: split, to: b}
      - {from: a, to: join}
      - {from: b, to: join}
      - {from: join, to: last}
      - {from: last, to: done}
"""


def test_branches_that_set_one_variable_side_by_side_are_a_warning() -> None:
    (found,) = diagnostics_of(RACE)
    assert (found.code, found.severity, found.node) == ("FLOW_VARIABLE_RACE", "warning", "b")
    assert "'b' and 'a'" in found.message


def test_one_after_the_other_is_no_race() -> None:
    in_order = RACE.replace("{from: split, to: b}", "{from: split, to: join}").replace(
        "{from: a, to: join}", "{from: a, to: b}"
    )
    assert diagnostics_of(in_order) == []
    chosen = RACE.replace("kind: parallel", "kind: decision").replace(
        "{from: split, to: a}", "{from: split, to: a, when: case.started_by == 'x'}"
    )
    chosen = chosen.replace("{from: split, to: b}", "{from: split, to: b, otherwise: true}")
    assert diagnostics_of(chosen) == []


def test_ways_of_an_inclusive_decision_race_and_what_follows_its_join_does_not() -> None:
    inclusive = RACE.replace("kind: parallel", "kind: decision, mode: inclusive").replace(
        "{from: split, to: a}", "{from: split, to: a, when: case.started_by == 'x'}"
    )
    assert [found.node for found in diagnostics_of(inclusive)] == ["b"]


def test_a_branch_alongside_races_its_node_and_what_follows() -> None:
    body = """
        data: [{id: who, type: string}]
        start: rest
        nodes:
          - {id: rest, kind: wait, name: 歇, duration: 3h, assign: {who: "'rest'"}}
          - {id: call, kind: service, name: 电, rpc: test.v1.Things/Make, assign: {who: call.thing_id}}
          - {id: called, kind: end, name: 电完}
          - {id: done, kind: end, name: 完}
        edges:
          - {from: rest, to: done}
          - {from: rest, to: call, on: timer, after: 1h, alongside: true}
          - {from: call, to: called}
    """
    assert [found.code for found in diagnostics_of(body)] == ["FLOW_VARIABLE_RACE"]
    assert diagnostics_of(body.replace(", alongside: true", "")) == []
