"""A write that a quick read may have led to does not share its workflow task."""

from __future__ import annotations

import pytest

from tests.unit.compiler.flows import plan_of
from workflows.compiler.plan import PlanGraph, ServiceNode

READ = "kind: service, name: 看, rpc: test.v1.Things/Look"
WRITE = "kind: service, name: 写, rpc: test.v1.Things/Touch"


def barriers(graph: PlanGraph) -> dict[str, bool]:
    """Which writes end the task first, those in bodies included."""
    found: dict[str, bool] = {}
    for node in graph.nodes:
        if isinstance(node, ServiceNode) and node.mutating:
            found[node.id] = node.barrier
        body = getattr(node, "body", None)
        found |= barriers(body) if body else {}
    return found


BETWEEN = """
    start: read
    nodes:
      - {{id: read, {read}}}
      {between}
      - {{id: write, {write}}}
      - {{id: done, kind: end, name: 完}}
    edges:
      - {{from: read, to: between}}
      - {{from: between, to: write}}
      - {{from: write, to: done}}
"""


@pytest.mark.parametrize(
    ("between", "late"),
    [
        ("- {id: between, kind: decision, name: 并}", True),
        ("- {id: between, kind: parallel, name: 并}", True),
        ("- {id: between, kind: wait, name: 歇, duration: 1h}", False),
        ("- {id: between, kind: approval, name: 核, assignee: {role: boss}}", False),
        ("- {id: between, kind: subflow, name: 段, body: {start: e, nodes: [{id: e, kind: end, name: 完}]}}", True),
        (
            "- {id: between, kind: subflow, name: 段, body: {start: w, nodes: [{id: w, kind: wait, name: 歇, duration: 1h}, "
            "{id: e, kind: end, name: 完}], edges: [{from: w, to: e}]}}",
            False,
        ),
        (
            "- {id: between, kind: for_each, name: 逐, items: '=[1]', body: {start: w, nodes: [{id: w, kind: wait, name: 歇, "
            "duration: 1h}, {id: e, kind: end, name: 完}], edges: [{from: w, to: e}]}}",
            True,  # there may be no element
        ),
    ],
)  # fmt: skip
def test_what_takes_no_time_lets_a_read_through(between: str, late: bool) -> None:
    plan = plan_of(BETWEEN.format(read=READ, write=WRITE, between=between))
    assert barriers(plan) == {"write": late}


def test_a_task_that_may_be_passed_over_is_a_read_of_the_directory() -> None:
    body = BETWEEN.format(
        read="kind: wait, name: 歇, duration: 1h",
        write=WRITE,
        between="- {id: between, kind: approval, name: 核, assignee: {role: boss, nobody: skip}}",
    )
    assert barriers(plan_of(body)) == {"write": True}


BODY = """
    start: before
    nodes:
      - {{id: before, {before}}}
      - id: part
        kind: {kind}
        name: 段
        body:
          start: inner
          nodes: [{{id: inner, {inner}}}, {{id: over, kind: end, name: 终}}]
          edges: [{{from: inner, to: over}}]
      - {{id: after, {after}}}
      - {{id: done, kind: end, name: 完}}
    edges:
      - {{from: before, to: part}}
      - {{from: part, to: after}}
      - {{from: after, to: done}}
"""


@pytest.mark.parametrize(
    ("before", "inner", "after", "late"),
    [
        (READ, WRITE, WRITE, {"inner": True, "after": False}),
        (WRITE, READ, WRITE, {"before": False, "after": True}),
        (WRITE, WRITE, WRITE, {"before": False, "inner": False, "after": False}),
    ],
)
def test_chains_go_into_bodies_and_out_again(
    before: str, inner: str, after: str, late: dict[str, bool]
) -> None:
    body = BODY.format(kind="subflow", before=before, inner=inner, after=after)
    assert barriers(plan_of(body)) == late


def test_one_round_may_follow_another_at_once() -> None:
    body = BODY.format(
        kind='for_each\n        items: "=[1, 2]"\n        mode: one_by_one',
        before=WRITE,
        inner=READ,
        after=WRITE,
    )
    body = body.replace(
        f"nodes: [{{id: inner, {READ}}}", f"nodes: [{{id: inner, {WRITE}}}, {{id: read, {READ}}}"
    ).replace("[{from: inner, to: over}]", "[{from: inner, to: read}, {from: read, to: over}]")
    assert barriers(plan_of(body))["inner"]
