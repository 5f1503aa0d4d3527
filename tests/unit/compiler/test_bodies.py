"""Parts of a flow inside a node: for each element of a list, or once."""

from __future__ import annotations

import pytest

from tests.unit.compiler.flows import codes_of, diagnostics_of, plan_of
from workflows.compiler.plan import ApprovalNode, ForEachNode, FormNode, ServiceNode, SubflowNode
from workflows.language.types import INT, STRING, Field, Record

ROOMS = """
    inputs: [{{id: rooms, kind: photo, name: 房间, required: true}}]
    data: [{{id: label, type: string}}, {{id: colour, type: string, default: "'red'"}}]
    start: each
    nodes:
      - id: each
        kind: for_each
        name: 逐间
        items: {items}
        element: room
        collect: {collect}
        {each}
        body:
          start: make
          nodes:
            - {{id: make, kind: service, name: 做, rpc: test.v1.Things/Make, input: {{label: '{label}'}}, assign: {{label: make.thing_id}}}}
            - {{id: check, kind: approval, name: 核, assignee: {{role: boss}}}}
            - {{id: made, kind: end, name: 成}}
          edges:
            - {{from: make, to: check}}
            - {{from: check, to: made}}
      - {{id: tell, kind: service, name: 告, rpc: test.v1.Things/Make, input: {{label: '{tell}'}}}}
      - {{id: done, kind: end, name: 完}}
    edges:
      - {{from: each, to: tell}}
      - {{from: tell, to: done}}
"""


def rooms(
    items: str = "=inputs.rooms",
    collect: str = "make.count",
    label: str = "=room + data.colour",
    tell: str = "=string(sum(each.results, 0))",
    each: str = "",
) -> str:
    return ROOMS.format(items=items, collect=collect, label=label, tell=tell, each=each)


def test_a_body_reads_its_element_and_what_is_set_around_it_and_leaves_a_list_behind() -> None:
    plan = plan_of(rooms())
    each = plan.by_id["each"]
    assert isinstance(each, ForEachNode)
    assert (each.element, each.mode, each.items.source) == ("room", "together", "=inputs.rooms")
    assert [node.id for node in each.body.nodes] == ["make", "check", "made"]
    assert each.collect is not None
    tell = plan.by_id["tell"]
    assert isinstance(tell, ServiceNode)
    assert tell.request.run({"each": {"results": [1, 2]}}) == {"label": "3"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"items": "[1, 2]"}, "FLOW_FOR_EACH_ITEMS"),
        ({"items": "=case.id"}, "FLOW_FOR_EACH_ITEMS"),
        ({"items": "=inputs.roms"}, "FLOW_FIELD_UNKNOWN"),
        ({"label": "=rom"}, "FLOW_VARIABLE_UNKNOWN"),
        ({"label": "=data.label + room"}, "FLOW_VARIABLE_UNSET"),
        ({"label": "=string(size(each.results))"}, "FLOW_VARIABLE_UNSET"),
        ({"collect": "mak.count"}, "FLOW_VARIABLE_UNKNOWN"),
        ({"tell": "=make.thing_id"}, "FLOW_VARIABLE_UNKNOWN"),
        ({"tell": "=room"}, "FLOW_VARIABLE_UNKNOWN"),
        ({"tell": "=each.results[0]"}, "FLOW_EXPRESSION_TYPE"),
        ({"each": "enough: done"}, "FLOW_EXPRESSION_TYPE"),
    ],
)
def test_what_is_wrong_in_or_around_a_body_is_told(changes: dict[str, str], code: str) -> None:
    assert code in codes_of(rooms(**changes))


def test_what_a_body_assigns_stays_in_it() -> None:
    assert codes_of(rooms(tell='=data.label + "!"')) == ["FLOW_VARIABLE_UNSET"]
    assert codes_of(rooms(collect='data.label + "!"', tell="=each.results[0]")) == []


def test_enough_reads_how_many_runs_are_done_and_the_data_around() -> None:
    each = plan_of(rooms(each="enough: 'done * 2 > total'")).by_id["each"]
    assert isinstance(each, ForEachNode)
    assert each.enough is not None
    assert each.enough.run({"done": 2, "total": 3}) is True
    assert each.enough.run({"done": 1, "total": 2}) is False


def test_without_collect_nothing_is_left_behind() -> None:
    body = rooms().replace("        collect: make.count\n", "")
    (found,) = diagnostics_of(body)
    assert (found.code, found.node) == ("FLOW_VARIABLE_UNKNOWN", "tell")


def test_diagnostics_name_the_nested_node_and_its_own_fields() -> None:
    found = diagnostics_of(
        rooms().replace(
            "kind: approval, name: 核, assignee: {role: boss}",
            "kind: approval, name: 核, assignee: {role: bos}",
        )
    )
    assert [(d.code, d.node, d.field) for d in found] == [
        ("FLOW_ROLE_UNKNOWN", "check", "assignee.role")
    ]


def test_one_malformed_nested_node_hides_nothing_else() -> None:
    body = rooms(label="=rom").replace("kind: approval, name: 核", "kind: aproval, name: 核")
    body = body.replace("{from: check, to: made}", "{from: check, to: maed}")
    assert [(d.code, d.node, d.field) for d in diagnostics_of(body)] == [
        ("FLOW_VARIABLE_UNKNOWN", "make", "input.label"),
        ("FLOW_NODE_KIND_UNKNOWN", "check", "kind"),
        ("FLOW_EDGE_DANGLING", "each", "body.edges[1].to"),
    ]


def test_ids_are_unique_in_the_whole_flow() -> None:
    body = rooms().replace("id: made", "id: done").replace("to: made", "to: done")
    assert [(d.code, d.field) for d in diagnostics_of(body)] == [("FLOW_ID_DUPLICATE", "id")]


def test_an_element_is_called_like_nothing_else() -> None:
    body = rooms(label="x").replace("element: room", "element: check")
    assert [(d.code, d.field) for d in diagnostics_of(body)] == [("FLOW_ID_DUPLICATE", "element")]


def test_a_body_is_proven_by_itself_and_ends_by_itself() -> None:
    body = rooms().replace(
        "            - {from: check, to: made}\n", "            - {from: check, to: make}\n"
    )
    assert {d.code for d in diagnostics_of(body)} == {"FLOW_NODE_NO_END", "FLOW_NODE_UNREACHABLE"}
    fails = rooms().replace(
        "{id: made, kind: end, name: 成}", "{id: made, kind: end, name: 成, fails: BROKEN}"
    )
    assert codes_of(fails) == ["FLOW_END_MISSING", "FLOW_FAILURE_UNHANDLED"]


def test_a_task_in_a_body_is_sent_back_inside_it() -> None:
    each = plan_of(rooms()).by_id["each"]
    assert isinstance(each, ForEachNode)
    check = each.body.by_id["check"]
    assert isinstance(check, ApprovalNode)
    assert check.returns == ("make",)
    assert each.body.region("make") == {"make", "check", "made"}


PART = """
    start: part
    nodes:
      - id: part
        kind: subflow
        name: 一段
        output: {{things: "make.count + 1", label: make.thing_id}}
        body:
          start: make
          nodes:
            - {{id: make, kind: service, name: 做, rpc: test.v1.Things/Make}}
            - {{id: enough, kind: decision, name: 够}}
            - {{id: made, kind: end, name: 成}}
            - {{id: broken, kind: end, name: 坏, fails: BROKEN}}
          edges:
            - {{from: make, to: enough}}
            - {{from: enough, to: made, when: make.count > 1}}
            - {{from: enough, to: broken, otherwise: true}}
      - {{id: tell, kind: service, name: 告, rpc: test.v1.Things/Make, input: {{label: '{tell}'}}}}
      - {{id: done, kind: end, name: 完}}
    edges:
      - {{from: part, to: tell}}
      - {{from: tell, to: done}}
      {error}
"""


def test_a_subflows_outputs_have_the_types_of_what_they_compute() -> None:
    part = plan_of(PART.format(tell="=part.label", error="- {from: part, to: done, on: error}"))
    node = part.by_id["part"]
    assert isinstance(node, SubflowNode)
    assert node.response_type == Record((Field("things", INT), Field("label", STRING)), "part")
    assert [name for name, _ in node.output] == ["things", "label"]


def test_a_body_that_fails_wants_an_error_path_around_it() -> None:
    (found,) = diagnostics_of(PART.format(tell="=part.label", error=""))
    assert (found.code, found.node, found.severity) == (
        "FLOW_FAILURE_UNHANDLED",
        "broken",
        "warning",
    )
    handled = "- {from: part, to: done, on: error, reasons: [BROKEN]}"
    assert codes_of(PART.format(tell="=part.label", error=handled)) == []


@pytest.mark.parametrize(
    "error",
    [
        "- {from: part, to: done, on: error, reasons: [BROKEN, LOST]}",
        "- {from: part, to: done, on: error, reasons: [BROKEN]}\n"
        "      - {from: part, to: tell, on: error}",
    ],
)
def test_an_error_path_for_which_no_end_fails_is_refused(error: str) -> None:
    body = PART.format(tell="x", error=error)
    assert codes_of(body) == ["FLOW_ERROR_PATH_NEVER"]


def test_a_failed_body_leaves_nothing_behind() -> None:
    error = "- {from: part, to: tell, on: error}"
    assert codes_of(PART.format(tell='=part.label + "!"', error=error)) == ["FLOW_VARIABLE_UNSET"]


def test_an_end_that_fails_need_not_have_set_what_the_body_leaves() -> None:
    body = PART.format(tell="=part.label", error="- {from: part, to: done, on: error}")
    late = body.replace("start: make\n", "start: choose\n").replace(
        "            - {id: enough,",
        "            - {id: choose, kind: decision, name: 选}\n            - {id: enough,",
    )
    late = late.replace(
        "            - {from: make, to: enough}\n",
        "            - {from: choose, to: make, when: case.started_by == 'x'}\n"
        "            - {from: choose, to: broken, otherwise: true}\n"
        "            - {from: make, to: enough}\n",
    )
    assert codes_of(late) == []


def test_bodies_nest_and_the_inner_one_reads_both_elements() -> None:
    body = """
        start: outer
        nodes:
          - id: outer
            kind: for_each
            name: 外
            items: =[["a"], ["b", "c"]]
            element: line
            collect: inner.results
            body:
              start: inner
              nodes:
                - id: inner
                  kind: for_each
                  name: 内
                  items: =line
                  element: cell
                  mode: one_by_one
                  collect: make.thing_id + cell
                  body:
                    start: make
                    nodes:
                      - {id: make, kind: service, name: 做, rpc: test.v1.Things/Make, input: {label: =cell + string(size(line))}}
                      - {id: made, kind: end, name: 成}
                    edges: [{from: make, to: made}]
                - {id: rowed, kind: end, name: 行成}
              edges: [{from: inner, to: rowed}]
          - {id: tell, kind: service, name: 告, rpc: test.v1.Things/Make, input: {label: "=outer.results[0][0]"}}
          - {id: done, kind: end, name: 完}
        edges: [{from: outer, to: tell}, {from: tell, to: done}]
    """
    plan = plan_of(body)
    outer = plan.by_id["outer"]
    assert isinstance(outer, ForEachNode)
    inner = outer.body.by_id["inner"]
    assert isinstance(inner, ForEachNode)
    assert inner.mode == "one_by_one"
    assert "FLOW_ID_DUPLICATE" in codes_of(body.replace("element: cell", "element: line"))


LOOPED = """
    start: first
    nodes:
      - id: first
        kind: subflow
        name: 一
        output: {{x: {x}}}
        body: {{start: a, nodes: [{{id: a, kind: end, name: 甲}}]}}
      - {{id: rest, kind: wait, name: 歇, duration: 1h}}
      - id: second
        kind: subflow
        name: 二
        output: {{y: "first.x + 1"}}
        body: {{start: b, nodes: [{{id: b, kind: end, name: 乙}}]}}
      - {{id: again, kind: decision, name: 再}}
      - {{id: done, kind: end, name: 完}}
    edges:
      - {{from: first, to: rest}}
      - {{from: rest, to: second}}
      - {{from: second, to: again}}
      - {{from: again, to: first, when: second.y < 9}}
      - {{from: again, to: done, otherwise: true}}
"""


def test_types_of_outputs_follow_the_order_of_the_case() -> None:
    assert codes_of(LOOPED.format(x="'1'")) == []


def test_an_output_that_reads_what_comes_later_has_no_type_yet() -> None:
    found = diagnostics_of(LOOPED.format(x='"has(second.y) ? second.y : 0"'))[0]
    assert (found.code, found.node, found.field) == ("FLOW_EXPRESSION_TYPE", "first", "output.x")
    assert "only later" in found.message


def test_a_loop_whose_body_does_nothing_turns_at_once() -> None:
    body = LOOPED.format(x="'1'").replace(
        "      - {from: first, to: rest}\n", "      - {from: first, to: second}\n"
    )
    body = body.replace("      - {from: rest, to: second}\n", "")
    body = body.replace("      - {id: rest, kind: wait, name: 歇, duration: 1h}\n", "")
    assert codes_of(body) == ["FLOW_LOOP_INSTANT"]


def test_a_form_in_a_body_may_choose_who_checks_there() -> None:
    body = (
        rooms()
        .replace(
            "{id: make, kind: service, name: 做, rpc: test.v1.Things/Make, input: {label: '=room + data.colour'}, assign: {label: make.thing_id}}",
            "{id: make, kind: form, name: 登, assignee: {role: sales}, form: [{id: count, kind: integer, name: 数, required: true}]}",
        )
        .replace("assignee: {role: boss}", "assignee: {chosen_at: make}")
    )
    each = plan_of(body).by_id["each"]
    assert isinstance(each, ForEachNode)
    make = each.body.by_id["make"]
    assert isinstance(make, FormNode)
    assert [part.field.id for part in make.form] == ["count", "for_check"]
