"""Work orders made from templates."""

from datetime import timedelta
from typing import Any

import pytest

from kit.rpc.convert import instant_from_proto
from protos.workorder.v1 import orders_pb2
from protos.workorder.v1 import workorder_pb2 as pb
from tests.rpc.workorder.conftest import CHAOYANG, CUSTOMER_SERVICE, Desk
from tests.rpc.workorder.orders.conftest import SUPERVISOR, at


def template(desk: Desk, **fields: Any) -> orders_pb2.WorkOrderTemplate:
    return orders_pb2.WorkOrderTemplate(
        **{
            "template_code": f"aircon_{next(desk.numbers)}",
            "label": "空调安装",
            "stage": "install",
            "title": "标准空调安装",
            "notes": "先打电话",
            "lines": [pb.WorkOrderLine(item_code="aircon_standard", quantity=1)],
            "required_skills": ["aircon_install"],
            "checklist_code": "aircon_check",
            "due_within_minutes": 60,
            "required_fields": ["address_id", "floor"],
            "questions": [{"question": "包含打孔吗?", "answer": "一个孔免费"}],
            **fields,
        }
    )


async def put(desk: Desk, **fields: Any) -> orders_pb2.WorkOrderTemplate:
    given = template(desk, **fields)
    return await desk.call(at("PutWorkOrderTemplate"), SUPERVISOR, template=given)  # type: ignore[no-any-return]


async def test_one_tap_makes_a_work_order_of_all_that_is_preset(desk: Desk) -> None:
    made_from = await put(desk)
    order = await desk.call(
        "CreateWorkOrder",
        CUSTOMER_SERVICE,
        template_code=made_from.template_code,
        customer_id="cu_li",
        address_id="ad_1",
        place=CHAOYANG,
        floor=7,
    )
    assert (order.stage, order.title, order.notes) == ("install", "标准空调安装", "先打电话")
    assert [line.item_code for line in order.lines] == ["aircon_standard"]
    assert list(order.required_skills) == ["aircon_install"]
    assert (order.template_code, order.template_version) == (made_from.template_code, 1)
    assert order.checklist_code == "aircon_check"
    due = instant_from_proto(order.due_at) - instant_from_proto(order.created_at)
    assert due == timedelta(minutes=60)


async def test_what_is_said_counts_more_than_what_is_preset(desk: Desk) -> None:
    code = (await put(desk)).template_code
    order = await desk.order(template_code=code, title="加急安装", notes="有狗")
    assert (order.title, order.notes) == ("加急安装", "有狗")


async def test_all_that_is_missing_is_named_and_nothing_is_made(desk: Desk) -> None:
    code = (await put(desk)).template_code
    refusal = await desk.refused(
        "CreateWorkOrder", template_code=code, customer_id="cu_nobody", place=CHAOYANG
    )
    assert refusal.reason == "WORK_ORDER_FIELDS_MISSING"
    assert refusal.details["missing"] == "address_id,floor"
    assert desk.rows("SELECT * FROM work_order WHERE customer_id = 'cu_nobody'") == []


async def test_another_version_leaves_what_was_made_as_it_is(desk: Desk) -> None:
    first = await put(desk)
    order = await desk.order(template_code=first.template_code, title="")
    second = await put(desk, template_code=first.template_code, template_version=1, title="新标题")
    assert second.template_version == 2
    kept = await desk.get(order.work_order_id)
    assert (kept.title, kept.template_version) == ("标准空调安装", 1)
    old = await desk.call(
        at("GetWorkOrderTemplate"), template_code=first.template_code, template_version=1
    )
    assert old == first
    assert (await desk.order(template_code=first.template_code, title="")).title == "新标题"


async def test_who_did_not_read_the_newest_version_is_refused(desk: Desk) -> None:
    first = await put(desk)
    given = template(desk, template_code=first.template_code)
    refusal = await desk.refused(at("PutWorkOrderTemplate"), SUPERVISOR, template=given)
    assert refusal.reason == "WORK_ORDER_TEMPLATE_STALE"


async def test_nothing_is_made_from_a_retired_template(desk: Desk) -> None:
    code = (await put(desk)).template_code
    await desk.call(at("RetireWorkOrderTemplate"), SUPERVISOR, template_code=code)
    refusal = await desk.refused("CreateWorkOrder", **desk.creation(template_code=code))
    assert refusal.reason == "WORK_ORDER_TEMPLATE_RETIRED"
    listed = await desk.call(at("ListWorkOrderTemplates"))
    assert code not in [each.template_code for each in listed.templates]
    everything = await desk.call(at("ListWorkOrderTemplates"), include_retired=True)
    assert code in [each.template_code for each in everything.templates]


async def test_an_unknown_template_is_refused(desk: Desk) -> None:
    refusal = await desk.refused("CreateWorkOrder", **desk.creation(template_code="nothing"))
    assert (refusal.reason, refusal.field) == ("WORK_ORDER_TEMPLATE_UNKNOWN", "template_code")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"template_code": "No"}, "WORK_ORDER_TEMPLATE_INVALID"),
        ({"label": ""}, "WORK_ORDER_INVALID"),
        ({"stage": "insale"}, "WORK_ORDER_STAGE_UNKNOWN"),
        ({"required_fields": ["weather"]}, "WORK_ORDER_TEMPLATE_INVALID"),
        ({"lines": [pb.WorkOrderLine(item_code="x")]}, "WORK_ORDER_LINE_INVALID"),
        ({"required_skills": ["no skill"]}, "WORK_ORDER_SKILL_INVALID"),
        ({"team_id": "tm_nobody"}, "TEAM_UNKNOWN"),
    ],
)
async def test_a_template_that_could_make_nothing_is_refused(
    desk: Desk, fields: dict[str, Any], reason: str
) -> None:
    given = template(desk, **fields)
    refusal = await desk.refused(at("PutWorkOrderTemplate"), SUPERVISOR, template=given)
    assert refusal.reason == reason


async def test_only_who_keeps_the_desk_puts_templates(desk: Desk) -> None:
    given = template(desk)
    refusal = await desk.refused(at("PutWorkOrderTemplate"), CUSTOMER_SERVICE, template=given)
    assert refusal.reason == "ROLE_REQUIRED"
