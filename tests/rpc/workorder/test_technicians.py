"""Technicians: put, read, listed, and what is refused of them."""

from typing import Any

import pytest

from kit.authn import Actor
from protos.common.v1.page_pb2 import PageRequest
from protos.common.v1.place_pb2 import Location
from protos.workorder.v1 import workorder_pb2 as pb
from tests.rpc.workorder.conftest import CUSTOMER, DISPATCHER, HERE, Desk, technician


def profile(technician_id: str, desk: Desk) -> pb.Technician:
    return pb.Technician(
        technician_id=technician_id,
        display_name="张师傅",
        outlet_id="ol_chaoyang",
        cooperation_mode="franchise",
        skills=[
            pb.Skill(
                skill_code="work_at_height", level=3, certificate_expires_at=desk.later(days=300)
            ),
            pb.Skill(skill_code="aircon_install", level=2),
        ],
        territory_codes=["110105", "BJ-RING5"],
        home=HERE,
        daily_capacity=6,
        rating_hundredths=480,
        active=True,
    )


async def test_a_technician_is_kept_as_put_and_wholly_replaced_by_the_next_put(desk: Desk) -> None:
    put = profile("pe_kept", desk)
    await desk.call("PutTechnician", technician=put)
    kept = await desk.call("GetTechnician", technician_id="pe_kept")
    put.skills.sort(key=lambda skill: skill.skill_code)
    put.home.coordinate_system = "GCJ-02"
    assert kept == put

    less = pb.Technician(technician_id="pe_kept", display_name="张", cooperation_mode="direct")
    await desk.call("PutTechnician", technician=less)
    assert await desk.call("GetTechnician", technician_id="pe_kept") == less


async def test_putting_the_same_twice_is_one_put(desk: Desk) -> None:
    put = profile("pe_twice", desk)
    first = await desk.call("PutTechnician", technician=put, idempotency_key="put-twice")
    assert await desk.call("PutTechnician", technician=put, idempotency_key="put-twice") == first
    put.daily_capacity = 1
    refusal = await desk.refused("PutTechnician", technician=put, idempotency_key="put-twice")
    assert refusal.reason == "IDEMPOTENCY_KEY_CONFLICT"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"technician_id": ""}, "technician_id"),
        ({"display_name": " "}, "display_name"),
        ({"cooperation_mode": "partner"}, "cooperation_mode"),
        ({"daily_capacity": -1}, "daily_capacity"),
        ({"daily_capacity": 101}, "daily_capacity"),
        ({"rating_hundredths": 99}, "rating_hundredths"),
        ({"rating_hundredths": 501}, "rating_hundredths"),
        ({"skills": [pb.Skill(skill_code="height", level=6)]}, "skills[0].level"),
        ({"skills": [pb.Skill(skill_code="height", level=0)]}, "skills[0].level"),
        ({"skills": [pb.Skill(skill_code="Height!", level=1)]}, "skills[0].skill_code"),
        ({"skills": [pb.Skill(skill_code="h", level=1)] * 2}, "skills[1].skill_code"),
    ],
)
async def test_a_technician_who_makes_no_sense_is_refused(
    desk: Desk, change: dict[str, Any], field: str
) -> None:
    given = {"technician_id": "pe_bad", "display_name": "x", "cooperation_mode": "direct", **change}
    refusal = await desk.refused("PutTechnician", technician=pb.Technician(**given))
    assert (refusal.reason, refusal.field) == ("TECHNICIAN_INVALID", f"technician.{field}")
    assert desk.rows("SELECT * FROM technician WHERE technician_id = 'pe_bad'") == []


async def test_a_home_must_be_somewhere_in_our_coordinate_system(desk: Desk) -> None:
    put = profile("pe_bad", desk)
    put.home.CopyFrom(Location(longitude=116, latitude=39, coordinate_system="WGS-84"))
    refusal = await desk.refused("PutTechnician", technician=put)
    assert refusal.reason == "LOCATION_SYSTEM_UNSUPPORTED"
    assert refusal.field == "technician.home.coordinate_system"


async def test_technicians_read_themselves_and_the_office_reads_all(desk: Desk) -> None:
    zhang, wang = await desk.technician(), await desk.technician()
    assert (await desk.call("GetTechnician", technician(zhang), technician_id=zhang)).active
    assert (await desk.call("GetTechnician", DISPATCHER, technician_id=wang)).active
    for actor, reason in ((technician(zhang), "WORK_ORDER_NOT_YOURS"), (CUSTOMER, "ROLE_REQUIRED")):
        refusal = await desk.refused("GetTechnician", actor, technician_id=wang)
        assert refusal.reason == reason
    assert (await desk.refused("ListTechnicians", technician(zhang))).reason == "ROLE_REQUIRED"


async def test_an_unknown_technician_is_not_found(desk: Desk) -> None:
    refusal = await desk.refused("GetTechnician", technician_id="pe_nobody")
    assert (refusal.reason, refusal.field) == ("TECHNICIAN_UNKNOWN", "technician_id")


async def test_only_who_keeps_the_staff_puts_technicians(desk: Desk) -> None:
    for role in ("technician", "finance", "customer_service"):
        refusal = await desk.refused(
            "PutTechnician",
            Actor("pe_x", frozenset({role})),
            technician=profile("pe_x", desk),
        )
        assert refusal.reason == "ROLE_REQUIRED"


async def test_a_list_of_technicians_goes_on_where_it_ended(desk: Desk) -> None:
    made = {await desk.technician() for _ in range(3)}
    seen: list[str] = []
    token = ""
    while True:
        answer = await desk.call("ListTechnicians", page=PageRequest(page_size=2, page_token=token))
        seen += [one.technician_id for one in answer.technicians]
        token = answer.page.next_page_token
        if not token:
            break
    assert seen == sorted(set(seen))
    assert made <= set(seen)
