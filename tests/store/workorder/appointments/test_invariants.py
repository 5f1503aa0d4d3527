"""What the database itself refuses, whoever writes: a slot never takes more than it can."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
SLOT = {"territory": "110105", "kind": "any", "start": NOW + timedelta(days=1)}


async def slot(session: AsyncSession, capacity: int) -> None:
    await session.execute(
        text(
            "INSERT INTO slot (territory_code, service_kind, window_start, capacity)"
            " VALUES (:territory, :kind, :start, :capacity)"
        ),
        {**SLOT, "capacity": capacity},
    )


async def hold(session: AsyncSession, number: int, **fields: Any) -> None:
    await session.execute(
        text(
            "INSERT INTO slot_reservation (reservation_id, case_id, customer_id, place_codes,"
            " territory_code, service_kind, window_start, window_end, state, reserved_at,"
            " reserved_by_person_id, expires_at, confirmed_at, confirmed_by_person_id)"
            " VALUES (:id, :case_id, 'cu_1', '{110105}', :territory, :kind, :start, :end, :state,"
            " :now, 'pe_1', :until, :confirmed, :by)"
        ),
        {
            **SLOT,
            "id": f"sr_{number}",
            "case_id": f"ca_{number}",
            "end": NOW + timedelta(days=1, hours=2),
            "state": "held",
            "now": NOW,
            "until": NOW + timedelta(minutes=30),
            "confirmed": None,
            "by": None,
            **fields,
        },
    )


async def end(session: AsyncSession, number: int, state: str) -> None:
    await session.execute(
        text(
            "UPDATE slot_reservation SET state = :state, ended_at = :now, ended_by_person_id = 'pe_1'"
            " WHERE reservation_id = :id"
        ),
        {"state": state, "now": NOW, "id": f"sr_{number}"},
    )


async def taken(session: AsyncSession) -> int:
    found = await session.scalar(text("SELECT taken FROM slot"))
    assert isinstance(found, int)
    return found


async def test_the_database_counts_who_comes_and_who_goes(session: AsyncSession) -> None:
    await slot(session, 3)
    for number in range(3):
        await hold(session, number)
    assert await taken(session) == 3
    await end(session, 0, "released")
    await end(session, 1, "expired")
    assert await taken(session) == 1


async def test_one_visit_too_many_is_refused(session: AsyncSession) -> None:
    await slot(session, 1)
    await hold(session, 1)
    with pytest.raises(IntegrityError, match="takes no more than 1"):
        await hold(session, 2)


async def test_a_capacity_may_be_lowered_below_what_is_taken_and_then_takes_nobody(
    session: AsyncSession,
) -> None:
    await slot(session, 3)
    for number in range(3):
        await hold(session, number)
    await session.execute(text("UPDATE slot SET capacity = 1"))
    await end(session, 0, "released")
    assert await taken(session) == 2
    with pytest.raises(IntegrityError, match="takes no more than 1"):
        await hold(session, 4)


async def test_a_case_holds_one_slot_at_a_time(session: AsyncSession) -> None:
    await slot(session, 3)
    await hold(session, 1)
    with pytest.raises(IntegrityError, match="slot_reservation_one_of_case"):
        await hold(session, 2, case_id="ca_1")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE slot_reservation SET expires_at = expires_at + interval '1 hour'",
        "UPDATE slot_reservation SET window_start = window_start + interval '1 hour'",
        "UPDATE slot_reservation SET customer_id = 'cu_2'",
        "DELETE FROM slot_reservation",
    ],
)
async def test_a_reservation_is_never_rewritten(session: AsyncSession, statement: str) -> None:
    await slot(session, 1)
    await hold(session, 1)
    with pytest.raises(DBAPIError, match="confirmed once and ends once"):
        await session.execute(text(statement))


async def test_what_has_ended_does_not_come_back(session: AsyncSession) -> None:
    await slot(session, 1)
    await hold(session, 1)
    await end(session, 1, "released")
    with pytest.raises(DBAPIError, match="confirmed once and ends once"):
        await session.execute(
            text(
                "UPDATE slot_reservation SET state = 'held', ended_at = NULL,"
                " ended_by_person_id = NULL"
            )
        )


async def test_slots_of_one_day_never_overlap(session: AsyncSession) -> None:
    number = await session.scalar(
        text(
            "INSERT INTO slot_calendar (slot_calendar_id, territory_code, service_kind,"
            " effective_from, opens_days_before, closes_minutes_before, hold_minutes, put_at,"
            " put_by_person_id) VALUES ('sc_1', '110105', 'any', '2026-03-02', 30, 0, 30, :now,"
            " 'pe_1') RETURNING calendar_number"
        ),
        {"now": NOW},
    )
    insert = text("INSERT INTO slot_template VALUES (:number, :weekday, :start, :end, 4)")
    for weekday, start, end_minute in ((1, 540, 660), (1, 660, 780), (2, 540, 780)):
        await session.execute(
            insert, {"number": number, "weekday": weekday, "start": start, "end": end_minute}
        )
    with pytest.raises(IntegrityError, match="slot_template_overlap"):
        await session.execute(insert, {"number": number, "weekday": 1, "start": 600, "end": 700})


async def test_a_visit_of_a_plan_comes_once(session: AsyncSession) -> None:
    await session.execute(
        text(
            "INSERT INTO maintenance_plan (plan_id, revision, state, title, contract_number,"
            " customer_id, address_id, asset_id, adcode, adcode_path, zone_codes, flow_code,"
            " flow_inputs, visit_inputs, every, unit, first_visit_on, window_days, season_months,"
            " lead_days, next_occurrence, next_visit_on, claimed_count, created_at,"
            " created_by_person_id) VALUES ('mp_1', 1, 'active', '保养', '', 'cu_1', '', '',"
            " '110105', '{}', '{}', 'f', '{}', '{}', 1, 'month', '2026-03-31', 1, '{}', 0, 1,"
            " '2026-04-30', 1, :now, 'pe_1')"
        ),
        {"now": NOW},
    )
    insert = text(
        "INSERT INTO maintenance_visit (visit_id, plan_id, occurrence, visit_number, due_on,"
        " last_day, state, claimed_at) VALUES (:id, 'mp_1', :occurrence, :number, '2026-03-31',"
        " '2026-03-31', 'due', :now)"
    )
    await session.execute(insert, {"id": "mv_1", "occurrence": 0, "number": 1, "now": NOW})
    with pytest.raises(IntegrityError, match="maintenance_visit_plan_id_occurrence_key"):
        await session.execute(insert, {"id": "mv_2", "occurrence": 0, "number": 2, "now": NOW})
