"""What can be promised: calendars, days that differ, what is left."""

import pytest

from kit.authn import Actor
from protos.workorder.v1 import appointment_pb2 as pb
from tests.rpc.workorder.appointments.conftest import Bookings
from tests.rpc.workorder.conftest import CUSTOMER, DISPATCHER

CLOSED, OPEN = pb.SLOT_OVERRIDE_KIND_CLOSED, pb.SLOT_OVERRIDE_KIND_OPEN
WITHDRAWN = pb.SLOT_OVERRIDE_KIND_WITHDRAWN


async def differ(
    bookings: Bookings, kind: pb.SlotOverrideKind.ValueType, territory: str = "", extra: int = 0
) -> pb.SlotOverride:
    said = pb.SlotOverride(
        territory_code=territory or bookings.zone,
        day=bookings.day(),
        kind=kind,
        extra_capacity=extra,
        reason="春节",
    )
    override = await bookings.call("PutSlotOverride", DISPATCHER, slot_override=said)
    assert isinstance(override, pb.SlotOverride)
    return override


async def test_a_calendar_is_kept_version_by_version(bookings: Bookings) -> None:
    first = await bookings.calendar(4, hold_minutes=20)
    second = await bookings.calendar(2, effective_from=bookings.day(2))
    listed = await bookings.call("ListSlotCalendars", DISPATCHER, territory_code=bookings.zone)
    assert list(listed.slot_calendars) == [second, first]
    assert (first.hold_minutes, first.opens_days_before) == (20, 30)
    assert await bookings.left() == [4]
    after = await bookings.slots(starts_from=bookings.at(0, 2), starts_before=bookings.at(24, 2))
    assert [slot.remaining for slot in after] == [2]


async def test_a_work_orders_slots_are_those_of_its_nearest_place_and_its_skills(
    bookings: Bookings,
) -> None:
    order = await bookings.order()
    await bookings.calendar(4)
    await bookings.calendar(1, service_kind="aircon_install")
    slots = await bookings.slots(place_codes=[], work_order_id=order.work_order_id)
    assert [(slot.territory_code, slot.service_kind) for slot in slots] == [
        (bookings.zone, "aircon_install")
    ]
    any_kind = await bookings.slots()
    assert [slot.service_kind for slot in any_kind] == ["any"]


async def test_an_outlets_own_calendar_goes_before_all_places(bookings: Bookings) -> None:
    await bookings.calendar(4)
    await bookings.calendar(9, territory_code=f"ol_{bookings.zone}")
    slots = await bookings.slots(outlet_id=f"ol_{bookings.zone}")
    assert [slot.capacity for slot in slots] == [9]


async def test_slots_that_cannot_be_reserved_are_only_told_to_those_who_ask(
    bookings: Bookings,
) -> None:
    await bookings.calendar(1, 1, 0)
    await bookings.for_case("ca_1")
    assert [slot.remaining for slot in await bookings.slots(include_closed=False)] == [1]
    assert [slot.closed_because for slot in await bookings.slots()] == ["full", "", "full"]
    assert [slot.open for slot in await bookings.slots()] == [False, True, False]


async def test_a_customer_sees_what_is_left_and_not_how_full_it_is(bookings: Bookings) -> None:
    await bookings.calendar(3)
    await bookings.for_case("ca_1")
    (slot,) = await bookings.slots(CUSTOMER)
    assert (slot.remaining, slot.capacity, slot.taken) == (2, 0, 0)


async def test_a_closed_day_takes_nobody_and_what_was_booked_shows(bookings: Bookings) -> None:
    await bookings.calendar(2)
    await bookings.for_case("ca_1")
    await differ(bookings, CLOSED)
    (slot,) = await bookings.slots()
    assert (slot.closed_because, slot.remaining, slot.overbooked) == ("closed", 0, 1)
    refusal = await bookings.refused("ReserveSlot", **bookings.of_case("ca_2"))
    assert (refusal.reason, refusal.details) == ("APPOINTMENT_SLOT_CLOSED", {"because": "closed"})
    overbooked = await bookings.call(
        "ListOverbookedSlots", DISPATCHER, territory_code=bookings.zone
    )
    assert [(slot.taken, slot.overbooked) for slot in overbooked.slots] == [(1, 1)]
    await differ(bookings, WITHDRAWN)
    assert await bookings.left() == [1]
    listed = await bookings.call("ListSlotOverrides", DISPATCHER, territory_code=bookings.zone)
    assert [each.kind for each in listed.slot_overrides] == [WITHDRAWN, CLOSED]


async def overbooked(bookings: Bookings, territory: str) -> list[tuple[str, int, str]]:
    found = await bookings.call("ListOverbookedSlots", DISPATCHER, territory_code=territory)
    return [(each.territory_code, each.overbooked, each.closed_because) for each in found.slots]


async def test_what_was_booked_by_narrower_calendars_shows_when_a_wider_place_is_closed(
    bookings: Bookings,
) -> None:
    country, shop = f"C-{bookings.zone}", f"ol_{bookings.zone}"
    await bookings.calendar(4, territory_code=shop)
    for number, places in enumerate(([shop, bookings.zone, country], [shop, country], [shop])):
        asked = {**bookings.of_case(f"ca_{number}"), "place_codes": places}
        await bookings.call("ReserveSlot", **asked)
    assert not await overbooked(bookings, country)
    await differ(bookings, CLOSED, territory=country)
    seen = [(shop, 2, "closed")]
    assert await overbooked(bookings, country) == seen
    assert await overbooked(bookings, shop) == seen
    assert not await overbooked(bookings, f"X-{bookings.zone}")
    await differ(bookings, OPEN)
    assert await overbooked(bookings, country) == [(shop, 1, "closed")], (
        "the zone works all the same"
    )
    await differ(bookings, WITHDRAWN, territory=country)
    assert not await overbooked(bookings, country)


async def test_a_holiday_of_the_country_closes_the_zone_unless_that_is_open(
    bookings: Bookings,
) -> None:
    country = f"C-{bookings.zone}"
    await bookings.calendar(4)
    await differ(bookings, CLOSED, territory=country)
    places = [bookings.zone, country]
    assert [slot.open for slot in await bookings.slots(place_codes=places)] == [False]
    await differ(bookings, OPEN, extra=-3)
    slots = await bookings.slots(place_codes=places)
    assert [(slot.open, slot.remaining) for slot in slots] == [(True, 1)]


async def test_extra_hands_are_extra_visits(bookings: Bookings) -> None:
    await bookings.calendar(1)
    await bookings.for_case("ca_1")
    assert (await bookings.refused("ReserveSlot", **bookings.of_case("ca_2"))).reason == (
        "APPOINTMENT_SLOT_FULL"
    )
    await differ(bookings, OPEN, extra=1)
    await bookings.for_case("ca_2")
    assert bookings.counted() == [(2, 2)]


async def test_a_slot_that_the_calendar_has_no_more_keeps_who_is_in_it(bookings: Bookings) -> None:
    await bookings.calendar(2, 2)
    await bookings.for_case("ca_1", 11)
    await bookings.calendar(2)
    overbooked = await bookings.call("ListOverbookedSlots", territory_code=bookings.zone)
    assert [(slot.window_start, slot.capacity, slot.taken) for slot in overbooked.slots] == [
        (bookings.at(11), 0, 1)
    ]


async def test_overbooked_slots_come_by_pages(bookings: Bookings) -> None:
    await bookings.calendar(1, 1, 1)
    for number, hour in enumerate((9, 11, 13)):
        await bookings.for_case(f"ca_{number}", hour)
    await bookings.calendar(0, 0, 0)
    found, token = [], ""
    while True:
        page = await bookings.call(
            "ListOverbookedSlots",
            territory_code=bookings.zone,
            page={"page_size": 2, "page_token": token},
        )
        found += [slot.window_start for slot in page.slots]
        token = page.page.next_page_token
        if not token:
            break
    assert found == [bookings.at(hour) for hour in (9, 11, 13)]


async def test_slots_open_and_close_by_the_clock(bookings: Bookings) -> None:
    await bookings.calendar(1, opens_days_before=3, closes_minutes_before=24 * 60)
    # It is nine in the morning: a day before tomorrow's slot, to the minute.
    assert [slot.open for slot in await bookings.slots()] == [True]
    refusal = await bookings.refused("ReserveSlot", **bookings.of_case("ca_1") | {
        "window_start": bookings.at(9, 4)
    })  # fmt: skip
    assert refusal.details == {"because": "too_early"}
    refusal = await bookings.refused("ReserveSlot", **bookings.of_case("ca_1") | {
        "window_start": bookings.at(9, 0)
    })  # fmt: skip
    assert refusal.details == {"because": "too_late"}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"territory_code": " "}, "territory_code"),
        ({"service_kind": "Aircon"}, "service_kind"),
        ({"effective_from": "2026-02-30"}, "effective_from"),
        ({"opens_days_before": 400}, "opens_days_before"),
        ({"closes_minutes_before": -1}, "closes_minutes_before"),
        ({"hold_minutes": 99_999}, "hold_minutes"),
        ({"slots": [pb.SlotTemplate(weekday=8, start_minute=0, end_minute=60)]}, "slots[0].weekday"),
        ({"slots": [pb.SlotTemplate(weekday=1, start_minute=60, end_minute=60)]},
         "slots[0].end_minute"),
        ({"slots": [pb.SlotTemplate(weekday=1, start_minute=540, end_minute=660),
                    pb.SlotTemplate(weekday=1, start_minute=600, end_minute=700)]},
         "slots[1].start_minute"),
    ],
)  # fmt: skip
async def test_a_calendar_that_says_nonsense_is_refused_by_its_field(
    bookings: Bookings, fields: dict[str, object], field: str
) -> None:
    given = {"territory_code": bookings.zone, "service_kind": "any", **fields}
    refusal = await bookings.refused("PutSlotCalendar", slot_calendar=given)
    assert (refusal.reason, refusal.field) == ("APPOINTMENT_CALENDAR_INVALID", field)


async def test_only_those_who_plan_keep_calendars(bookings: Bookings) -> None:
    for role in ("customer", "technician", "sales"):
        stranger = Actor("pe_x", frozenset({role}))
        refusal = await bookings.refused("PutSlotCalendar", stranger, slot_calendar={})
        assert refusal.reason == "ROLE_REQUIRED"


async def test_a_place_must_be_named(bookings: Bookings) -> None:
    assert (await bookings.refused("ListSlots")).reason == "APPOINTMENT_PLACE_MISSING"
