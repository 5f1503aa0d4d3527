"""What the compiler says, beyond the flows in ``flows/invalid``."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.compiler.flows import CATALOG, codes_of, diagnostics_of, plan_of
from workflows.compiler.compile import compile_flow
from workflows.compiler.plan import ApprovalNode, FormNode

BRANCHES = """
    start: split
    nodes:
      - {{id: split, kind: parallel, name: 分}}
      - {{id: a, kind: service, name: 甲, rpc: test.v1.Things/Make}}
      - {{id: b, kind: service, name: 乙, rpc: test.v1.Things/Make, input: {b_input}}}
      - {{id: maybe, kind: decision, name: 选}}
      - {{id: c, kind: service, name: 丙, rpc: test.v1.Things/Make}}
      - {{id: met, kind: decision, name: 并}}
      - {{id: join, kind: parallel, name: 合}}
      - {{id: last, kind: service, name: 末, rpc: test.v1.Things/Make, input: {last_input}}}
      - {{id: done, kind: end, name: 完}}
    edges:
      - {{from: split, to: a}}
      - {{from: split, to: b}}
      - {{from: b, to: maybe}}
      - {{from: maybe, to: c, when: b.count > 1}}
      - {{from: maybe, to: met, otherwise: true}}
      - {{from: c, to: met}}
      - {{from: met, to: join}}
      - {{from: a, to: join}}
      - {{from: join, to: last}}
      - {{from: last, to: done}}
"""


def test_after_a_join_every_branch_has_been_taken() -> None:
    body = BRANCHES.format(b_input="{}", last_input="{label: =a.thing_id + b.thing_id}")
    assert codes_of(body) == []


def test_a_branch_cannot_read_its_sibling() -> None:
    body = BRANCHES.format(b_input="{label: =a.thing_id}", last_input="{}")
    # An optional field takes an optional value; computing with it is what is refused.
    assert codes_of(body) == []
    body = BRANCHES.format(b_input='{label: =a.thing_id + "x"}', last_input="{}")
    assert codes_of(body) == ["FLOW_VARIABLE_UNSET"]


def test_what_only_one_way_through_a_branch_sets_is_unset_after_the_join() -> None:
    body = BRANCHES.format(b_input="{}", last_input='{label: =c.thing_id + "x"}')
    assert codes_of(body) == ["FLOW_VARIABLE_UNSET"]


ERROR_PATH = """
    start: make
    nodes:
      - {id: make, kind: service, name: 做, rpc: test.v1.Things/Make}
      - {id: by_hand, kind: wait, name: 人工, duration: 1h}
      - {id: paint, kind: service, name: 漆, rpc: test.v1.Things/Paint, input: {thing_id: =make.thing_id}, compensation: none}
      - {id: done, kind: end, name: 完}
    edges:
      - {from: make, to: paint}
      - {from: make, to: by_hand, on: error, reasons: [THING_MISSING]}
      - {from: by_hand, to: paint}
      - {from: paint, to: done}
"""


def test_a_failed_node_has_no_result_on_its_error_path() -> None:
    assert codes_of(ERROR_PATH) == ["FLOW_VARIABLE_UNSET"]


def test_a_compensation_that_needs_more_than_the_call_gives_is_told() -> None:
    body = """
        start: paint
        nodes:
          - {id: paint, kind: service, name: 漆, rpc: test.v1.Things/Paint, input: {thing_id: x}}
          - {id: done, kind: end, name: 完}
        edges: [{from: paint, to: done}]
    """
    (found,) = diagnostics_of(body)
    assert found.code == "FLOW_COMPENSATION_INPUT"
    assert "colour" in found.message
    written = "{rpc: test.v1.Things/Strip, input: {thing_id: =paint.thing_id, colour: red}}"
    assert (
        codes_of(body.replace("{thing_id: x}}", f"{{thing_id: x}}, compensation: {written}}}"))
        == []
    )


REVIEW = """
    start: intake
    nodes:
      - id: intake
        kind: form
        name: 登记
        assignee: {{role: sales}}
        form: [{{id: needs, kind: text, name: 需求, required: true}}]
      - {{id: split, kind: parallel, name: 分}}
      - id: left
        kind: approval
        name: 左
        assignee: {{role: boss}}
        {left}
      - id: right_first
        kind: form
        name: 右一
        assignee: {{role: sales}}
        form: [{{id: x, kind: text, name: 字, required: true}}]
      - {{id: right, kind: approval, name: 右, assignee: {{role: boss}}}}
      - {{id: join, kind: parallel, name: 合}}
      - {{id: last, kind: approval, name: 末, assignee: {{role: boss}}}}
      - {{id: done, kind: end, name: 完}}
    edges:
      - {{from: intake, to: split}}
      - {{from: split, to: left}}
      - {{from: split, to: right_first}}
      - {{from: right_first, to: right}}
      - {{from: left, to: join}}
      - {{from: right, to: join}}
      - {{from: join, to: last}}
      - {{from: last, to: done}}
"""


def test_send_backs_lead_to_what_every_way_went_through_outside_foreign_branches() -> None:
    plan = plan_of(REVIEW.format(left=""))
    targets = {
        node.id: list(node.send_back)
        for node in plan.nodes
        if isinstance(node, ApprovalNode | FormNode)
    }
    assert targets == {
        "intake": [],
        "left": ["intake"],
        "right_first": [],
        "right": ["intake", "right_first"],
        "last": ["intake"],
    }


def test_a_way_back_undoes_all_that_could_only_come_through_its_target() -> None:
    plan = plan_of(REVIEW.format(left=""))
    everything = {"intake", "split", "left", "right_first", "right", "join", "last", "done"}
    assert plan.region("intake") == everything
    assert plan.region("right_first") == {"right_first", "right"}


def test_a_send_back_into_a_sibling_branch_is_refused() -> None:
    assert codes_of(REVIEW.format(left="send_back_to: [right_first]")) == ["FLOW_SEND_BACK_ILLEGAL"]


def test_a_broken_node_hides_neither_its_neighbours_nor_the_edges_to_it() -> None:
    found = diagnostics_of("""
        start: broken
        nodes:
          - {id: broken, kind: wait, duration: soon, name: 坏}
          - {id: make, kind: service, name: 做, rpc: test.v1.Things/Mak, input: {label: =broken.x}}
          - {id: done, kind: end, name: 完}
        edges: [{from: broken, to: make}, {from: make, to: done}, {from: done, to: nowhere}]
    """)
    assert [(d.code, d.node) for d in found] == [
        ("FLOW_VALUE_INVALID", "broken"),
        ("FLOW_RPC_UNKNOWN", "make"),
        ("FLOW_END_CONTINUES", ""),
        ("FLOW_EDGE_DANGLING", ""),
    ]


def test_a_flow_in_which_nothing_is_right_says_everything_and_does_not_fail() -> None:
    for text in (
        "",
        "3",
        "[]",
        "nodes: 3\nedges: {}\n",
        "code: x\nnodes: [3, [], null]\nedges: [1]",
    ):
        compiled = compile_flow(text, CATALOG)
        assert compiled.plan is None
        assert compiled.diagnostics


LIBRARY = sorted((Path(__file__).parents[3] / "flows").glob("*/*.yaml"))
LINES = [
    line
    for path in LIBRARY
    if "expected" not in path.name and path.name != "scenarios.yaml"
    for line in path.read_text().splitlines()
]


@settings(suppress_health_check=list(HealthCheck))
@given(st.sampled_from(LIBRARY), st.data())
def test_no_mutant_of_a_flow_makes_the_compiler_fail_otherwise(
    path: Path, data: st.DataObject
) -> None:
    lines = path.read_text().splitlines()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        match data.draw(st.sampled_from(["drop", "double", "swap", "cut"])):
            case "drop" if len(lines) > 1:
                del lines[at]
            case "double":
                lines.insert(at, lines[at])
            case "swap":
                lines[at] = data.draw(st.sampled_from(LINES))
            case _:
                lines[at] = lines[at][: data.draw(st.integers(0, len(lines[at])))]
    compiled = compile_flow("\n".join(lines), CATALOG)
    assert (compiled.plan is None) == any(d.severity == "error" for d in compiled.diagnostics)
