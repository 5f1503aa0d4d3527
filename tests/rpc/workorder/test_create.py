"""What CreateWorkOrder takes, and what it refuses."""

from typing import Any

import pytest

from kit.authn import Actor
from protos.common.v1.place_pb2 import Location, Place
from protos.workorder.v1 import workorder_pb2 as pb
from tests.rpc.workorder.conftest import CUSTOMER, CUSTOMER_SERVICE, Desk, technician

LINE = pb.WorkOrderLine(item_code="aircon_standard", quantity=1)


async def test_what_was_asked_for_is_what_is_kept(desk: Desk) -> None:
    asked = desk.creation(
        notes="家里有狗,先打电话",
        floor=17,
        priority=1,
        lines=[LINE, pb.WorkOrderLine(item_code="bracket", name="支架", quantity=2)],
        required_skills=["aircon_install", "work_at_height:3"],
    )
    created = await desk.call("CreateWorkOrder", **asked)
    kept = await desk.get(created.work_order_id)
    assert kept == created
    for field in ("case_id", "stage", "title", "customer_id", "address_id", "floor", "notes",
                  "quote_id", "priority", "place"):  # fmt: skip
        assert getattr(kept, field) == asked[field]
    assert list(kept.required_skills) == asked["required_skills"]
    assert [(line.item_code, line.quantity) for line in kept.lines] == [
        ("aircon_standard", 1),
        ("bracket", 2),
    ]
    assert kept.location.coordinate_system == "GCJ-02"


@pytest.mark.parametrize("stage", ["presale", "install", "aftersale"])
async def test_a_work_order_is_created_at_any_stage(desk: Desk, stage: str) -> None:
    assert (await desk.order(stage=stage)).stage == stage


async def test_a_place_without_coordinates_is_enough(desk: Desk) -> None:
    order = await desk.order(location=None)
    assert not order.HasField("location")


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        ({"stage": "insale"}, "WORK_ORDER_STAGE_UNKNOWN", "stage"),
        ({"title": " "}, "WORK_ORDER_INVALID", "title"),
        ({"customer_id": ""}, "WORK_ORDER_INVALID", "customer_id"),
        ({"place": None}, "WORK_ORDER_PLACE_MISSING", "place.adcode"),
        ({"place": Place(adcode="1101")}, "WORK_ORDER_PLACE_MISSING", "place.adcode"),
        ({"location": Location(longitude=200)}, "LOCATION_INVALID", "location"),
        (
            {"location": Location(coordinate_system="WGS-84")},
            "LOCATION_SYSTEM_UNSUPPORTED",
            "location.coordinate_system",
        ),
        ({"floor": 999}, "WORK_ORDER_FLOOR_INVALID", "floor"),
        ({"notes": "字" * 4001}, "WORK_ORDER_INVALID", "notes"),
        ({"priority": 6}, "WORK_ORDER_PRIORITY_INVALID", "priority"),
        ({"lines": []}, "WORK_ORDER_LINES_EMPTY", "lines"),
        (
            {"lines": [LINE, pb.WorkOrderLine(item_code="x", quantity=0)]},
            "WORK_ORDER_LINE_INVALID",
            "lines[1].quantity",
        ),
        (
            {"lines": [pb.WorkOrderLine(quantity=1)]},
            "WORK_ORDER_LINE_INVALID",
            "lines[0].item_code",
        ),
        ({"required_skills": ["no skill"]}, "WORK_ORDER_SKILL_INVALID", "required_skills[0]"),
        ({"idempotency_key": ""}, "IDEMPOTENCY_KEY_MISSING", "idempotency_key"),
    ],
)
async def test_what_is_missing_or_wrong_is_refused_and_nothing_is_kept(
    desk: Desk, fields: dict[str, Any], reason: str, field: str
) -> None:
    asked = {**desk.creation(case_id="ca_refused"), **fields}
    refusal = await desk.refused("CreateWorkOrder", **asked)
    assert (refusal.reason, refusal.field) == (reason, field)
    assert desk.rows("SELECT * FROM work_order WHERE case_id = 'ca_refused'") == []
    assert desk.rows("SELECT * FROM domain_event WHERE case_id = 'ca_refused'") == []


@pytest.mark.parametrize(
    "actor", [technician("pe_zhang"), CUSTOMER, Actor("pe_fang", frozenset({"finance"}))]
)
async def test_only_who_takes_work_in_creates_work_orders(desk: Desk, actor: Actor) -> None:
    refusal = await desk.refused("CreateWorkOrder", actor, **desk.creation())
    assert refusal.reason == "ROLE_REQUIRED"
    assert (await desk.call("CreateWorkOrder", CUSTOMER_SERVICE, **desk.creation())).work_order_id
