"""Flows that live through other flows."""

from __future__ import annotations

from tests.unit.compiler.flows import CATALOG, HEADER, flow
from workflows.compiler.compile import compile_flow, compile_or_raise
from workflows.compiler.library import FlowInterface, Library, flows_used, interface_of
from workflows.compiler.plan import SubflowNode
from workflows.language.types import INT, STRING, Field, Record

REPAIR = flow(
    """
    inputs: [{id: thing_id, kind: text, name: 物, required: true}, {id: note, kind: text, name: 注}]
    outputs: {count: look.count}
    start: look
    nodes:
      - {id: look, kind: service, name: 看, rpc: test.v1.Things/Look, input: {thing_id: =inputs.thing_id}}
      - {id: done, kind: end, name: 完}
    edges: [{from: look, to: done}]
    """,
    HEADER.replace("small", "repair"),
)
OUTER = """
    start: repair_it
    nodes:
      - {{id: repair_it, kind: subflow, name: 修, flow: {flow}, input: {input}}}
      - {{id: tell, kind: service, name: 告, rpc: test.v1.Things/Make, input: {{label: {label}}}}}
      - {{id: done, kind: end, name: 完}}
    edges: [{{from: repair_it, to: tell}}, {{from: tell, to: done}}]
"""
REPAIRS = compile_or_raise(REPAIR, CATALOG)
LIBRARY = Library(interface_of(REPAIRS, version, Library(())) for version in (1, 2))


def outer(
    flow_: str = "repair",
    input_: str = "{thing_id: =case.id}",
    label: str = "=string(repair_it.count)",
) -> str:
    return flow(OUTER.format(flow=flow_, input=input_, label=label))


def codes(source: str, library: Library = LIBRARY) -> list[str]:
    return [found.code for found in compile_flow(source, CATALOG, library).diagnostics]


def test_a_plan_as_others_see_it() -> None:
    assert interface_of(REPAIRS, 3, LIBRARY) == FlowInterface(
        "repair",
        3,
        REPAIRS.hash,
        Record((Field("thing_id", STRING), Field("note", STRING, optional=True)), "repair"),
        Record((Field("count", INT),), "repair"),
        frozenset(),
    )


def test_a_subflow_is_pinned_to_the_newest_version_unless_one_is_named() -> None:
    node = compile_or_raise(outer(), CATALOG, LIBRARY).by_id["repair_it"]
    assert isinstance(node, SubflowNode)
    assert (node.flow, node.version, node.plan_hash) == ("repair", 2, REPAIRS.hash)
    assert node.response_type == Record((Field("count", INT),), "repair_it")
    assert node.request is not None
    assert node.request.run({"case": {"id": "ca_1"}}) == {"thing_id": "ca_1"}
    older = outer().replace("flow: repair,", "flow: repair, version: 1,")
    node = compile_or_raise(older, CATALOG, LIBRARY).by_id["repair_it"]
    assert isinstance(node, SubflowNode)
    assert node.version == 1


def test_what_another_flow_starts_with_is_checked_like_a_request() -> None:
    assert codes(outer(input_="{}")) == ["FLOW_INPUT_MISSING"]
    assert codes(outer(input_="{thing_id: x, notes: y}")) == ["FLOW_INPUT_UNKNOWN"]
    assert codes(outer(input_="{thing_id: 3}")) == ["FLOW_INPUT_TYPE"]
    assert codes(outer(label="=repair_it.total")) == ["FLOW_FIELD_UNKNOWN"]


def test_an_unknown_flow_or_version_is_refused_by_name() -> None:
    found = compile_flow(outer("repairs"), CATALOG, LIBRARY).diagnostics[0]
    assert (found.code, found.hint) == ("FLOW_SUBFLOW_UNKNOWN", "did you mean 'repair'?")
    late = outer().replace("flow: repair,", "flow: repair, version: 9,")
    found = compile_flow(late, CATALOG, LIBRARY).diagnostics[0]
    assert (found.code, found.hint) == ("FLOW_SUBFLOW_UNKNOWN", "the newest is 2")


def test_no_flow_lives_through_itself_directly_or_through_others() -> None:
    assert codes(outer("small")) == ["FLOW_SUBFLOW_RECURSION"]
    plan = compile_or_raise(outer(), CATALOG, LIBRARY)
    library = Library([interface_of(REPAIRS, 1, LIBRARY), interface_of(plan, 1, LIBRARY)])
    looping = REPAIR.replace(
        "- {id: done, kind: end",
        "- {id: again, kind: subflow, name: 再, flow: small}\n  - {id: done, kind: end",
    ).replace("to: done}]", "to: again}, {from: again, to: done}]")
    assert codes(looping, library) == ["FLOW_SUBFLOW_RECURSION"]


def test_an_interface_knows_the_flows_inside_those_it_uses() -> None:
    middle = compile_or_raise(outer(), CATALOG, LIBRARY)
    library = Library([interface_of(REPAIRS, 2, LIBRARY), interface_of(middle, 1, LIBRARY)])
    text = outer("small", "{}", "x").replace("code: small", "code: large")
    top = interface_of(compile_or_raise(text, CATALOG, library), 1, library)
    assert top.uses == {"small", "repair"}


def test_a_subflow_is_a_flow_or_a_body_and_has_what_goes_with_it() -> None:
    both = outer().replace(
        "flow: repair,", "flow: repair, body: {start: e, nodes: [{id: e, kind: end, name: 完}]},"
    )
    assert codes(both) == ["FLOW_SUBFLOW_RULE"]
    assert codes(outer().replace("flow: repair, ", "")) == [
        "FLOW_SUBFLOW_RULE",
        "FLOW_VARIABLE_UNKNOWN",
    ]
    assert codes(outer().replace("flow: repair,", "flow: repair, output: {x: '1'},")) == [
        "FLOW_SUBFLOW_RULE"
    ]


def test_outputs_are_set_at_whichever_end_a_case_comes_to() -> None:
    two_ends = (
        REPAIR.replace("start: look", "start: choose")
        .replace(
            "nodes:\n",
            "nodes:\n  - {id: choose, kind: decision, name: 选}\n  - {id: early, kind: end, name: 早}\n",
        )
        .replace(
            "edges: [",
            "edges: [{from: choose, to: early, when: inputs.thing_id == 'x'}, "
            "{from: choose, to: look, otherwise: true}, ",
        )
    )
    found = compile_flow(two_ends, CATALOG).diagnostics
    assert [(d.code, d.field) for d in found] == [("FLOW_VARIABLE_UNSET", "outputs.count")]
    failing = two_ends.replace("kind: end, name: 早", "kind: end, name: 早, fails: TOO_EARLY")
    assert codes(failing) == []


def test_the_flows_that_a_source_names_are_found_before_it_is_checked() -> None:
    nested = """
        nodes:
          - {id: a, kind: subflow, flow: repair}
          - {id: b, kind: subflow, flow: repair, version: 2}
          - {id: c, kind: for_each, body: {nodes: [{id: d, kind: subflow, flow: visit}]}}
          - {id: e, kind: form, flow: nonsense}
    """
    assert flows_used(nested) == {"repair": {2}, "visit": set()}
    assert flows_used("nodes: [{") == {}
