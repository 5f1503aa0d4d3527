"""What the database itself refuses of outlets, teams, rules and assets, whoever writes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from services.workorder.convert.assets.assets import new_row
from services.workorder.domain.assets.asset import Machine
from services.workorder.store.assets import assets
from services.workorder.store.registry import absences
from services.workorder.tables.registry import TechnicianAbsenceRow
from tests.store.workorder.conftest import MORNING, put_technician


@contextmanager
def refused(said: str) -> Iterator[None]:
    with pytest.raises(DBAPIError, match=said):
        yield


async def add_asset(session: AsyncSession, asset_id: str, **said: str) -> None:
    machine = Machine(**{"name": asset_id, **said})  # type: ignore[arg-type]  # texts of a machine
    await assets.add(session, new_row(asset_id, machine, ("cu_li", "ad_1"), MORNING, "pe_x"))


@pytest.mark.parametrize(
    "hours",
    [
        '{"weekday": 1}',
        '[{"weekday": 8, "start_minute": 0, "end_minute": 60}]',
        '[{"weekday": 1, "start_minute": 60, "end_minute": 60}]',
        '[{"weekday": 1, "start_minute": 60}]',
        '[{"weekday": 1, "start_minute": 0, "end_minute": 61},'
        ' {"weekday": 1, "start_minute": 60, "end_minute": 90}]',
    ],
)
async def test_hours_that_are_none_are_refused(session: AsyncSession, hours: str) -> None:
    await put_technician(session, "zhang")
    with refused("technician_working_hours"):
        await session.execute(
            text("UPDATE technician SET working_hours = CAST(:hours AS jsonb)"), {"hours": hours}
        )


async def test_an_older_event_never_overwrites_a_newer_one(session: AsyncSession) -> None:
    def absence(revision: int, *, cancelled: bool = False) -> TechnicianAbsenceRow:
        return TechnicianAbsenceRow(
            absence_id="ab_1",
            technician_id="zhang",
            starts_at=MORNING,
            ends_at=MORNING + timedelta(days=revision),
            cancelled=cancelled,
            revision=revision,
        )

    applied = [
        await absences.apply(session, absence(revision, cancelled=revision == 3))
        for revision in (2, 1, 2, 3, 2)
    ]
    assert applied == [True, False, False, True, False]
    week = (MORNING - timedelta(days=1), MORNING + timedelta(days=7))
    assert await absences.between(session, "zhang", *week) == []


async def test_a_serial_of_a_brand_and_model_stands_once(session: AsyncSession) -> None:
    await add_asset(session, "as_1", brand="美的", model="KFR-35GW", serial="SN1")
    await add_asset(session, "as_2", brand="美的", model="KFR-26GW", serial="SN1")
    await add_asset(session, "as_3", brand="美的", model="KFR-35GW")
    await add_asset(session, "as_4", brand="美的", model="KFR-35GW")
    with refused("asset_serial_once"):
        await add_asset(session, "as_5", brand="美的", model="KFR-35GW", serial="SN1")


async def test_no_machine_is_a_part_of_itself(session: AsyncSession) -> None:
    await add_asset(session, "as_1")
    await add_asset(session, "as_2", parent_asset_id="as_1")
    await session.execute(text("UPDATE asset SET parent_asset_id = 'as_2' WHERE asset_id = 'as_1'"))
    with refused("a part of itself"):
        await session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))


async def test_assets_and_where_they_were_are_never_taken_away(session: AsyncSession) -> None:
    await add_asset(session, "as_1")
    await session.commit()
    for statement in (
        "DELETE FROM asset",
        "DELETE FROM asset_move",
        "UPDATE asset_move SET customer_id = 'cu_other'",
    ):
        with refused("never deleted|append-only"):
            await session.execute(text(statement))
        await session.rollback()


_RULE = (
    "INSERT INTO dispatch_exclusion (exclusion_id, technician_id, outlet_id, customer_id,"
    " address_id, reason, from_at, recorded_at, recorded_by_person_id)"
    " VALUES ('dx_1', {technician}, {outlet}, {customer}, {address}, 'r', now(), now(), 'pe_x')"
)


@pytest.mark.parametrize(
    ("technician", "outlet", "customer", "address", "constraint"),
    [
        ("''", "''", "''", "''", "dispatch_exclusion_of_one"),
        ("'a'", "'b'", "''", "''", "dispatch_exclusion_of_one"),
        ("'a'", "''", "'c'", "'d'", "dispatch_exclusion_from_one"),
    ],
)
async def test_an_exclusion_is_of_one_and_from_one(
    session: AsyncSession,
    technician: str,
    outlet: str,
    customer: str,
    address: str,
    constraint: str,
) -> None:
    with refused(constraint):
        await session.execute(
            text(
                _RULE.format(
                    technician=technician, outlet=outlet, customer=customer, address=address
                )
            )
        )


async def test_a_rule_is_ended_once_and_never_changed(session: AsyncSession) -> None:
    await session.execute(
        text(_RULE.format(technician="'a'", outlet="''", customer="''", address="''"))
    )
    end = (
        "UPDATE dispatch_exclusion SET ended_at = now(), ended_by_person_id = 'p', end_reason = 'r'"
    )
    await session.execute(text(end))
    await session.commit()
    for statement in (
        end,
        "UPDATE dispatch_exclusion SET reason = 'x'",
        "DELETE FROM dispatch_exclusion",
    ):
        with refused("ended once"):
            await session.execute(text(statement))
        await session.rollback()


async def test_one_code_of_an_asset_is_good_at_a_time(session: AsyncSession) -> None:
    await add_asset(session, "as_1")
    insert = text(
        "INSERT INTO scan_code (scan_code, asset_id, customer_id, address_id, place_name, flow_code,"
        " issued_at, issued_by_person_id)"
        " VALUES (repeat(:letter, 25), 'as_1', '', '', '', 'repair', now(), 'pe_x')"
    )
    await session.execute(insert, {"letter": "a"})
    with refused("scan_code_one_of_asset"):
        await session.execute(insert, {"letter": "b"})
