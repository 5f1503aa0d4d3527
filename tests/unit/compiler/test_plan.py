"""The Plan: canonical, named by its content, and complete for whoever runs it."""

from __future__ import annotations

import json

from tests.unit.compiler.flows import CATALOG, flow, plan_of
from workflows.compiler.compile import compile_or_raise
from workflows.compiler.plan import INTERPRETER_VERSION, ParallelNode, Plan, ServiceNode

LINEAR = """
    data: [{id: label, type: string, default: "'x'"}]
    start: make
    nodes:
      - {id: make, kind: service, name: 做, rpc: test.v1.Things/Make, input: {label: =data.label}}
      - {id: done, kind: end, name: 完}
    edges: [{from: make, to: done}]
"""


def test_a_plan_survives_its_bytes_and_keeps_its_hash() -> None:
    plan = plan_of(LINEAR)
    again = Plan.from_bytes(plan.to_bytes())
    assert again == plan
    assert again.to_bytes() == plan.to_bytes()
    assert again.hash == plan.hash
    assert len(plan.hash) == 64


def test_the_same_flow_written_differently_is_the_same_plan() -> None:
    written = flow(LINEAR)
    rewritten = "# a comment\n" + written.replace("data.label}", "data.label }")
    assert compile_or_raise(written, CATALOG).hash == compile_or_raise(rewritten, CATALOG).hash


def test_a_changed_flow_is_another_plan() -> None:
    changed = LINEAR.replace("name: 做", "name: 造")
    assert plan_of(changed).hash != plan_of(LINEAR).hash


def test_a_flow_may_be_written_as_json() -> None:
    text = json.dumps(
        {
            "code": "small",
            "name": "小流程",
            "start": "done",
            "nodes": [{"id": "done", "kind": "end", "name": "完"}],
            "edges": [],
        }
    )
    assert compile_or_raise(text, CATALOG).start == "done"


def test_a_plan_names_the_interpreter_and_the_catalogue_it_was_made_for() -> None:
    plan = plan_of(LINEAR)
    assert plan.language == "1.0"
    assert plan.interpreter == INTERPRETER_VERSION
    assert plan.catalog == CATALOG.fingerprint


PARALLEL = """
    start: split
    nodes:
      - {id: split, kind: parallel, name: 分}
      - {id: a, kind: wait, name: 甲, duration: 1h}
      - {id: inner, kind: parallel, name: 内分}
      - {id: b, kind: wait, name: 乙, duration: 1h}
      - {id: c, kind: wait, name: 丙, duration: 1h}
      - {id: inner_join, kind: parallel, name: 内合}
      - {id: join, kind: parallel, name: 合}
      - {id: done, kind: end, name: 完}
    edges:
      - {from: split, to: a}
      - {from: split, to: inner}
      - {from: split, to: join}
      - {from: inner, to: b}
      - {from: inner, to: c}
      - {from: b, to: inner_join}
      - {from: c, to: inner_join}
      - {from: inner_join, to: join}
      - {from: a, to: join}
      - {from: join, to: done}
"""


def test_a_parallel_knows_the_edges_it_waits_for() -> None:
    plan = plan_of(PARALLEL)
    arrivals = {node.id: node.arrivals for node in plan.nodes if isinstance(node, ParallelNode)}
    assert arrivals == {
        "split": (),
        "inner": ("split>inner",),
        "inner_join": ("b>inner_join", "c>inner_join"),
        "join": ("split>join", "inner_join>join", "a>join"),
    }


CHAIN = """
    start: look
    nodes:
      - {id: look, kind: service, name: 看, rpc: test.v1.Things/Look}
      - {id: choose, kind: decision, name: 选}
      - {id: make, kind: service, name: 做, rpc: test.v1.Things/Make}
      - {id: again, kind: service, name: 再做, rpc: test.v1.Things/Make}
      - {id: rest, kind: wait, name: 歇, duration: 1h}
      - {id: touch, kind: service, name: 碰, rpc: test.v1.Things/Touch}
      - {id: done, kind: end, name: 完}
    edges:
      - {from: look, to: choose}
      - {from: choose, to: make, when: look.count > 1}
      - {from: choose, to: rest, otherwise: true}
      - {from: make, to: again}
      - {from: again, to: rest}
      - {from: rest, to: touch}
      - {from: touch, to: done}
"""


def test_only_a_write_right_after_a_quick_read_ends_the_task_first() -> None:
    nodes = plan_of(CHAIN).nodes
    barriers = {node.id: node.barrier for node in nodes if isinstance(node, ServiceNode)}
    assert barriers == {"look": False, "make": True, "again": False, "touch": False}


def test_a_compensation_takes_the_fields_of_the_same_name() -> None:
    make = plan_of(LINEAR).by_id["make"]
    assert isinstance(make, ServiceNode)
    assert make.compensation is not None
    assert make.compensation.rpc == "test.v1.Things/Unmake"
    assert make.compensation.takes_reason
    reply = {"$reply": {"thing_id": "th_1"}, "$request": {}}
    assert make.compensation.request.run(reply) == {"thing_id": "th_1"}
