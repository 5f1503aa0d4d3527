"""Technicians' hours, absences and what they add up to; and lists of technicians."""

from datetime import timedelta
from typing import Any

import pytest
from google.protobuf.any_pb2 import Any as AnyMessage

from kit.rpc.convert import instant_to_proto
from protos.directory.v1 import directory_pb2
from protos.events.v1 import events_pb2
from protos.workorder.v1 import workorder_pb2 as pb
from tests.rpc.workorder.conftest import CUSTOMER, DISPATCHER, Desk, technician
from tests.rpc.workorder.registry.asking import ask, refused

ALL_WEEK = [
    pb.WorkingHours(weekday=day, start_minute=9 * 60, end_minute=18 * 60) for day in range(1, 8)
]


def told(desk: Desk, absence: directory_pb2.Absence, sequence: int) -> events_pb2.DomainEvent:
    payload = AnyMessage()
    cancelled = absence.HasField("cancelled_at")
    put = directory_pb2.AbsencePut(absence=absence)
    payload.Pack(directory_pb2.AbsenceCancelled(absence=absence) if cancelled else put)
    return events_pb2.DomainEvent(
        event_id=f"ev_{absence.absence_id}_{sequence}",
        aggregate_type="absence",
        aggregate_id=absence.absence_id,
        aggregate_sequence=sequence,
        occurred_at=desk.later(),
        payload=payload,
    )


async def apply(desk: Desk, *events: events_pb2.DomainEvent) -> int:
    stub = desk.served.as_()
    request = events_pb2.ApplyEventsRequest(source="directory", events=events)
    answer: Any = await stub.call("events.v1.ProjectionService/ApplyEvents", request)
    return int(answer.applied_count)


async def test_a_calendar_is_the_hours_without_the_absences(desk: Desk) -> None:
    zhang = await desk.technician(working_hours=ALL_WEEK)
    absence = directory_pb2.Absence(
        absence_id="ab_calendar",
        person_id=zhang,
        starts_at=desk.later(hours=3),
        ends_at=desk.later(hours=24 + 2),
    )
    other = events_pb2.DomainEvent(event_id="ev_other", aggregate_sequence=1)
    other.payload.Pack(directory_pb2.CustomerCreated(customer_id="cu_1"))
    assert await apply(desk, other, told(desk, absence, 1)) == 1
    found = await ask(
        desk,
        "Registry/GetTechnicianCalendar",
        technician(zhang),
        technician_id=zhang,
        ends_at=desk.later(days=2),
    )
    # It is nine in the morning.
    assert [(span.starts_at, span.ends_at) for span in found.available] == [
        (desk.later(), desk.later(hours=3)),
        (desk.later(hours=26), desk.later(hours=33)),
    ]
    assert [one.absence_id for one in found.absences] == ["ab_calendar"]

    absence.cancelled_at.CopyFrom(desk.later())
    assert await apply(desk, told(desk, absence, 2)) == 1
    absence.ClearField("cancelled_at")
    assert await apply(desk, told(desk, absence, 1)) == 0
    found = await ask(
        desk, "Registry/GetTechnicianCalendar", technician_id=zhang, ends_at=desk.later(hours=24)
    )
    assert not found.absences
    assert len(found.available) == 1


async def test_a_calendar_is_of_at_most_two_months_and_of_whom_one_may_know(desk: Desk) -> None:
    zhang, wang = await desk.technician(), await desk.technician()
    refusal = await refused(
        desk, "Registry/GetTechnicianCalendar", technician_id=zhang, ends_at=desk.later(days=63)
    )
    assert (refusal.reason, refusal.field) == ("CALENDAR_RANGE_INVALID", "ends_at")
    for actor in (technician(wang), CUSTOMER):
        await refused(desk, "Registry/GetTechnicianCalendar", actor, technician_id=zhang)
    await ask(desk, "Registry/GetTechnicianCalendar", DISPATCHER, technician_id=zhang)


async def test_events_are_applied_by_the_product_alone(desk: Desk) -> None:
    caller = desk.served.as_(DISPATCHER)
    with pytest.raises(Exception, match="ROLE_REQUIRED"):
        await caller.call(
            "events.v1.ProjectionService/ApplyEvents", events_pb2.ApplyEventsRequest()
        )


async def test_hours_tags_and_vehicle_are_kept_as_put(desk: Desk) -> None:
    zhang = await desk.technician(
        working_hours=list(reversed(ALL_WEEK)),
        tags=["lang_en", "gender_f"],
        vehicle_location_id="sl_van_1",
        most_minutes_per_day=480,
    )
    kept = await desk.call("GetTechnician", technician_id=zhang)
    assert list(kept.working_hours) == ALL_WEEK
    assert list(kept.tags) == ["gender_f", "lang_en"]
    assert (kept.vehicle_location_id, kept.most_minutes_per_day) == ("sl_van_1", 480)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"working_hours": [ALL_WEEK[0], ALL_WEEK[0]]}, "working_hours[1]"),
        ({"tags": ["two words"]}, "tags[0]"),
        ({"most_minutes_per_day": 1441}, "most_minutes_per_day"),
    ],
)
async def test_hours_and_tags_that_make_no_sense_are_refused(
    desk: Desk, said: dict[str, Any], field: str
) -> None:
    given = pb.Technician(
        technician_id="pe_odd", display_name="x", cooperation_mode="direct", **said
    )
    refusal = await desk.refused("PutTechnician", technician=given)
    assert refusal.field == f"technician.{field}"


async def test_technicians_are_found_by_outlet_skill_tag_territory_and_certificate(
    desk: Desk,
) -> None:
    height = pb.Skill(
        skill_code="work_at_height", level=2, certificate_expires_at=desk.later(days=20)
    )
    other = pb.Skill(skill_code="electrics", level=2, certificate_expires_at=desk.later(days=400))
    here: dict[str, Any] = {"outlet_id": "ol_lists"}
    zhang = await desk.technician(skills=[height, other], tags=["lang_en"], **here)
    wang = await desk.technician(skills=[other], territory_codes=["330113"], active=False, **here)

    async def found(**wanted: Any) -> list[str]:
        answer = await desk.call("ListTechnicians", **here, **wanted)
        return [one.technician_id for one in answer.technicians]

    assert await found() == sorted([zhang, wang])
    assert await found(skill_code="work_at_height") == [zhang]
    assert await found(tag="lang_en") == [zhang]
    assert await found(territory_code="330113") == [wang]
    assert await found(active_only=True) == [zhang]
    soon = instant_to_proto(desk.clock.now() + timedelta(days=30))
    assert await found(certificate_expires_by=soon) == [zhang]
    assert await found(certificate_expires_by=soon, skill_code="electrics") == []
