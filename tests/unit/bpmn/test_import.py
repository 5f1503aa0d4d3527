"""What a company's processes become: variables, people, calls and repetition."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from workflows.bpmn.read import Imported, read_bpmn
from workflows.catalog import load_catalog
from workflows.compiler.compile import compile_flow
from workflows.language.writing import write_yaml

_SPACES = (
    'xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" '
    'xmlns:flowable="http://flowable.org/bpmn" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
    'xmlns:gongdan="urn:gongdan:flow:1.0"'
)


def flow(source: str, target: str, condition: str = "") -> str:
    inside = f"<conditionExpression>{condition}</conditionExpression>" if condition else ""
    name = f"{source}_{target}_{len(condition)}"
    return f'<sequenceFlow id="{name}" sourceRef="{source}" targetRef="{target}">{inside}</sequenceFlow>'


def chain(*names: str) -> str:
    return "".join(flow(a, b) for a, b in pairwise(names))


def imported(*parts: str, shared: str = "") -> Imported:
    body = "".join(parts)
    text = (
        f'<definitions {_SPACES}>{shared}<process id="p" name="流程">{body}</process></definitions>'
    )
    return read_bpmn(text, load_catalog())


def flow_of(*parts: str, shared: str = "", compiles: bool = True) -> dict[str, Any]:
    found = imported(*parts, shared=shared).flow
    assert found is not None
    if compiles:
        compiled = compile_flow(write_yaml(found), load_catalog())
        assert compiled.plan is not None, [str(each) for each in compiled.diagnostics]
    return found


def node(found: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in found["nodes"] if each["id"] == name)


def edge(found: dict[str, Any], source: str, target: str) -> dict[str, Any]:
    return next(e for e in found["edges"] if (e["from"], e["to"]) == (source, target))


def form(*fields: str) -> str:
    inside = "".join(fields)
    return f"<extensionElements><camunda:formData>{inside}</camunda:formData></extensionElements>"


def field(name: str, kind: str, *, required: bool = True) -> str:
    rule = '<camunda:constraint name="required"/>' if required else ""
    return (
        f'<camunda:formField id="{name}" type="{kind}">'
        f"<camunda:validation>{rule}</camunda:validation></camunda:formField>"
    )


START, END = '<startEvent id="s"/>', '<endEvent id="e"/>'


def test_a_variable_of_one_form_is_read_as_its_field() -> None:
    found = flow_of(
        START,
        f'<userTask id="ask">{form(field("amount", "long"))}</userTask>',
        '<exclusiveGateway id="g"/><userTask id="big"/>',
        END,
        chain("s", "ask", "g"),
        flow("g", "big", "${amount > 5}"),
        flow("g", "e"),
        flow("big", "e"),
    )
    assert edge(found, "g", "big")["when"] == "ask.amount > 5"
    assert edge(found, "g", "e")["otherwise"] is True


def test_a_variable_that_two_forms_fill_is_one_of_the_flow() -> None:
    found = flow_of(
        START,
        f'<userTask id="first">{form(field("ok", "boolean"))}</userTask>',
        f'<userTask id="second">{form(field("ok", "boolean", required=False))}</userTask>',
        '<exclusiveGateway id="g"/>',
        END,
        chain("s", "first", "g"),
        flow("g", "e", "${ok}"),
        flow("g", "second"),
        flow("second", "g"),
    )
    assert found["data"] == [{"id": "ok", "type": "bool", "default": "false"}]
    assert node(found, "first")["assign"] == {"ok": "first.ok"}
    assert node(found, "second")["assign"] == {"ok": "coalesce(second.ok, false)"}
    assert edge(found, "g", "e")["when"] == "data.ok"


def test_what_a_sub_process_fills_is_read_after_it() -> None:
    inner = f'<userTask id="ask">{form(field("ok", "boolean"))}</userTask>'
    found = flow_of(
        START,
        f'<subProcess id="part"><startEvent id="ps"/>{inner}<endEvent id="pe"/>',
        chain("ps", "ask", "pe"),
        '</subProcess><exclusiveGateway id="g"/><userTask id="again"/>',
        END,
        chain("s", "part", "g"),
        flow("g", "e", "${ok}"),
        flow("g", "again"),
        flow("again", "e"),
    )
    part = node(found, "part")
    assert part["output"] == {"ok": "data.ok"}
    assert part["assign"] == {"ok": "part.ok"}
    assert node(part["body"], "ask")["assign"] == {"ok": "ask.ok"}


def test_what_is_skipped_on_some_way_counts_as_nothing() -> None:
    found = flow_of(
        START,
        '<exclusiveGateway id="g"/>',
        f'<userTask id="ask">{form(field("ok", "boolean"))}</userTask>',
        '<exclusiveGateway id="h"/><userTask id="more"/>',
        END,
        chain("s", "g", "ask", "h"),
        flow("g", "h", "${price &gt; 3}"),
        flow("h", "more", "${ok}"),
        flow("h", "e"),
        flow("more", "e"),
    )
    assert edge(found, "h", "more")["when"] == "coalesce(ask.ok, false)"
    assert found["inputs"] == [{"id": "price", "kind": "number", "name": "price", "required": True}]


def test_each_review_is_asked_for_the_answer_that_is_read_after_it() -> None:
    found = flow_of(
        START,
        '<userTask id="leader"/><exclusiveGateway id="g"/>',
        '<userTask id="director"/><exclusiveGateway id="h"/><endEvent id="no"/>',
        END,
        chain("s", "leader", "g"),
        flow("g", "director", "${approved}"),
        flow("g", "no", "${!approved}"),
        flow("director", "h"),
        flow("h", "e", "${approved}"),
        flow("h", "no", "${!approved}"),
    )
    for name in ("leader", "director"):
        assert node(found, name)["form"][0]["id"] == "approved"
        assert node(found, name)["assign"] == {"approved": f"{name}.approved"}
    assert "inputs" not in found


def test_a_choice_in_chinese_gets_values_for_machines() -> None:
    options = '<camunda:value id="同意" name="同意"/><camunda:value id="不同意" name="不同意"/>'
    asked = f'<camunda:formField id="结论" label="结论" type="enum">{options}</camunda:formField>'
    found = flow_of(
        START,
        f'<userTask id="ask">{form(asked)}</userTask><exclusiveGateway id="g"/><userTask id="more"/>',
        END,
        chain("s", "ask", "g"),
        flow("g", "more", "${结论 == '不同意'}"),
        flow("g", "e"),
        flow("more", "e"),
    )
    field_id = node(found, "ask")["form"][0]["id"]
    values = [option["value"] for option in node(found, "ask")["form"][0]["options"]]
    assert edge(found, "g", "more")["when"] == f'coalesce(ask.{field_id}, "") == "{values[1]}"'


def test_a_field_that_is_only_shown_is_that_of_the_earlier_form() -> None:
    shown = '<flowable:formProperty id="fault" type="string" writable="false"/>'
    found = flow_of(
        START,
        f'<userTask id="first">{form(field("fault", "string"))}</userTask>',
        f'<userTask id="then"><extensionElements>{shown}</extensionElements></userTask>',
        END,
        chain("s", "first", "then", "e"),
    )
    assert node(found, "then")["form"] == [{"field": "first.fault", "id": "fault"}]


def test_scripts_that_only_assign_are_computed() -> None:
    found = flow_of(
        START,
        f'<userTask id="ask">{form(field("price", "long"))}</userTask>',
        '<scriptTask id="sum"><script>total = price * 2; execution.setVariable("big", total > 10)'
        '</script></scriptTask><exclusiveGateway id="g"/><userTask id="more"/>'.replace(
            "> 10", "&gt; 10"
        ),
        END,
        chain("s", "ask", "sum", "g"),
        flow("g", "more", "${big}"),
        flow("g", "e"),
        flow("more", "e"),
    )
    assert node(found, "sum")["assign"] == {"total": "ask.price * 2", "big": "data.total > 10"}
    assert {each["id"]: each["type"] for each in found["data"]} == {
        "total": "decimal",
        "big": "bool",
    }


@pytest.mark.parametrize("script", ["var x = f(1)", "x = 1; if (x) {}", "", "println(1)", "x == 1"])
def test_any_other_script_is_done_by_hand(script: str) -> None:
    found = flow_of(
        START,
        f'<scriptTask id="run"><script>{script}</script></scriptTask>',
        END,
        chain("s", "run", "e"),
    )
    assert node(found, "run")["kind"] == "form"


def test_whoever_does_by_hand_what_a_machine_did_says_what_came_of_it() -> None:
    found = flow_of(
        START,
        '<businessRuleTask id="rate" camunda:decisionRef="rates" camunda:resultVariable="tier"/>',
        '<exclusiveGateway id="g"/><userTask id="more"/>',
        END,
        chain("s", "rate", "g"),
        flow("g", "more", "${tier == 'A'}"),
        flow("g", "e"),
        flow("more", "e"),
    )
    assert node(found, "rate")["form"] == [
        {"id": "tier", "kind": "text", "name": "tier", "required": True}
    ]
    assert edge(found, "g", "more")["when"] == 'rate.tier == "A"'


@pytest.mark.parametrize(
    "written",
    [
        '<camunda:inputOutput><camunda:inputParameter name="template_code">hello'
        '</camunda:inputParameter><camunda:inputParameter name="recipient_person_ids"><camunda:list>'
        "<camunda:value>lily</camunda:value></camunda:list></camunda:inputParameter>"
        '<camunda:inputParameter name="variables"><camunda:map><camunda:entry key="case">${caseId}'
        "</camunda:entry></camunda:map></camunda:inputParameter></camunda:inputOutput>",
        '<camunda:inputOutput><camunda:inputParameter name="template_code">hello'
        '</camunda:inputParameter><camunda:inputParameter name="recipient_person_ids"><camunda:list>'
        "<camunda:value>lily</camunda:value></camunda:list></camunda:inputParameter>"
        '<camunda:inputParameter name="variables.case">${caseId}</camunda:inputParameter>'
        "</camunda:inputOutput>",
    ],
)
def test_input_parameters_become_the_request(written: str) -> None:
    found = flow_of(
        START,
        '<sendTask id="tell" gongdan:rpc="notify.v1.NotifyService/Send">'
        f"<extensionElements>{written}</extensionElements></sendTask>",
        END,
        chain("s", "tell", "e"),
    )
    assert node(found, "tell")["input"] == {
        "template_code": "hello",
        "recipient_person_ids": ["lily"],
        "variables": {"case": "=inputs.case_id"},
    }


def test_flowables_fields_become_the_request() -> None:
    fields = (
        '<flowable:field name="quote_id"><flowable:expression>${quoteId}</flowable:expression>'
        "</flowable:field>"
    )
    found = flow_of(
        START,
        '<serviceTask id="quote" gongdan:rpc="pricing.v1.PricingService/GetQuote">'
        f"<extensionElements>{fields}</extensionElements></serviceTask>",
        END,
        chain("s", "quote", "e"),
    )
    assert node(found, "quote")["input"] == {"quote_id": "=inputs.quote_id"}


def test_a_reply_is_read_by_the_name_of_the_result() -> None:
    mapping = (
        '<zeebe:taskDefinition type="pricing.v1.PricingService/GetQuote"/><zeebe:ioMapping>'
        '<zeebe:input source="=quoteId" target="quote_id"/>'
        '<zeebe:output source="=quote_id" target="found"/></zeebe:ioMapping>'
    )
    found = flow_of(
        START,
        f'<serviceTask id="quote"><extensionElements>{mapping}</extensionElements></serviceTask>',
        '<exclusiveGateway id="g"/><userTask id="more"/>',
        END,
        chain("s", "quote", "g"),
        flow("g", "more", '=found = "x"'),
        flow("g", "e"),
        flow("more", "e"),
    )
    assert edge(found, "g", "more")["when"] == 'quote.quote_id == "x"'


def test_a_called_process_is_given_and_gives_variables() -> None:
    mapping = (
        '<camunda:in source="order" target="orderId"/><camunda:in sourceExpression="${1 + 2}" target="n"/>'
        '<camunda:out source="approved" target="agreed"/>'
    )
    found = flow_of(
        START,
        '<callActivity id="sub" calledElement="approvalFlow">'
        f"<extensionElements>{mapping}</extensionElements></callActivity>",
        '<exclusiveGateway id="g"/><userTask id="more"/>',
        END,
        chain("s", "sub", "g"),
        flow("g", "more", "${agreed}"),
        flow("g", "e"),
        flow("more", "e"),
        compiles=False,  # the other flow is not published
    )
    sub = node(found, "sub")
    assert sub["flow"] == "approval_flow"
    assert sub["input"] == {"order_id": "=inputs.order", "n": "=1 + 2"}
    assert edge(found, "g", "more")["when"] == "sub.approved"


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ('camunda:assignee="lily"', {"person": "lily"}),
        ('camunda:assignee="${boss}"', {"person": "=inputs.boss"}),
        ('flowable:candidateUsers="lily, tom"', {"person": ["lily", "tom"]}),
        ('camunda:candidateGroups="sales"', {"role": "sales"}),
        (
            'camunda:candidateGroups="sales,finance"',
            {"role": "sales", "nobody": {"role": "finance"}},
        ),
        ('camunda:candidateGroups="销售部"', {"role": "role"}),
        ("", {"role": "unassigned"}),
    ],
)
def test_people_and_groups_become_the_assignee(written: str, rule: dict[str, Any]) -> None:
    found = flow_of(START, f'<userTask id="a" {written}/>', END, chain("s", "a", "e"))
    assert node(found, "a")["assignee"] == rule


def test_a_lane_around_a_sub_process_names_the_role_of_what_is_inside() -> None:
    lanes = (
        '<laneSet id="l"><lane id="l1" name="outer"><childLaneSet id="c"><lane id="l2" name="sales">'
        "<flowNodeRef>part</flowNodeRef></lane></childLaneSet></lane></laneSet>"
    )
    found = flow_of(
        lanes,
        START,
        '<subProcess id="part"><startEvent id="ps"/><task id="t"/><endEvent id="pe"/>',
        chain("ps", "t", "pe"),
        "</subProcess>",
        END,
        chain("s", "part", "e"),
    )
    assert node(node(found, "part")["body"], "t")["assignee"] == {"role": "sales"}


def test_a_task_for_each_of_some_people_with_a_form_is_no_countersign() -> None:
    found = flow_of(
        START,
        f'<userTask id="vote" camunda:assignee="${{voter}}">{form(field("yes", "boolean"))}',
        '<multiInstanceLoopCharacteristics camunda:collection="voters" camunda:elementVariable="voter"/>',
        "</userTask>",
        END,
        chain("s", "vote", "e"),
    )
    vote = node(found, "vote")
    assert (vote["kind"], vote["items"], vote["element"]) == ("for_each", "=inputs.voters", "voter")
    assert vote["body"]["nodes"][0]["assignee"] == {"person": "=voter"}


def test_work_by_hand_that_may_fail_for_each_ends_its_body_with_the_failure() -> None:
    found = flow_of(
        START,
        '<serviceTask id="call"><multiInstanceLoopCharacteristics>',
        "<loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics></serviceTask>",
        '<boundaryEvent id="b" attachedToRef="call"><errorEventDefinition errorRef="E"/></boundaryEvent>',
        '<userTask id="mend"/>',
        END,
        chain("s", "call", "e"),
        chain("b", "mend", "e"),
        shared='<error id="E" errorCode="bad-code"/>',
    )
    assert edge(found, "call", "mend") == {
        "from": "call", "to": "mend", "on": "error", "reasons": ["BAD_CODE"],
    }  # fmt: skip


def test_an_escalation_that_interrupts_leaves_as_a_failure() -> None:
    found = flow_of(
        START,
        '<subProcess id="part"><startEvent id="ps"/><task id="t"/><exclusiveGateway id="pg"/>',
        '<endEvent id="pe"/><endEvent id="up"><escalationEventDefinition escalationRef="X"/></endEvent>',
        chain("ps", "t", "pg"),
        flow("pg", "pe", "${fine}"),
        flow("pg", "up"),
        "</subProcess>",
        '<boundaryEvent id="b" attachedToRef="part"><escalationEventDefinition/></boundaryEvent>',
        '<userTask id="help"/>',
        END,
        chain("s", "part", "e"),
        chain("b", "help", "e"),
        shared='<escalation id="X" escalationCode="up"/>',
    )
    assert node(node(found, "part")["body"], "up")["fails"] == "ESCALATION_UP"
    assert edge(found, "part", "help")["reasons"] == ["ESCALATION_UP"]


def test_a_loop_that_asks_before_it_begins_may_not_begin_at_all() -> None:
    found = flow_of(
        START,
        '<userTask id="t"><standardLoopCharacteristics testBefore="true">',
        "<loopCondition>${more}</loopCondition></standardLoopCharacteristics></userTask>",
        END,
        chain("s", "t", "e"),
    )
    assert found["start"] == "t_again"
    assert edge(found, "t_again", "t")["when"] == "inputs.more"


def test_a_message_of_the_catalogue_ends_a_wait_by_itself() -> None:
    found = flow_of(
        START,
        '<userTask id="t"/><boundaryEvent id="b" attachedToRef="t" cancelActivity="false" ',
        'gongdan:event="workorder.v1.WorkOrderChanged" gongdan:key="${order}">',
        '<messageEventDefinition/></boundaryEvent><endEvent id="told"/>',
        END,
        chain("s", "t", "e"),
        chain("b", "told"),
    )
    assert edge(found, "t", "told") == {
        "from": "t",
        "to": "told",
        "on": "event",
        "event": "workorder.v1.WorkOrderChanged",
        "key": "=inputs.order",
        "alongside": True,
    }


def test_the_nodes_of_the_elements_are_told() -> None:
    found = imported(START, '<userTask id="fillIn"/>', END, chain("s", "fillIn", "e"))
    assert found.nodes == {"fillIn": "fill_in", "e": "e"}
