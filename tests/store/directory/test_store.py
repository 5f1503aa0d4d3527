import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import NotFound
from services.directory.store import calendars, customers, people
from services.directory.store.rows import add
from services.directory.tables.calendars import CalendarDefinitionRow
from services.directory.tables.customers import AddressRow, CustomerRow
from services.directory.tables.personal_data import PersonalDataRow, RevealRow
from tests.store.directory.conftest import NOW, person


def customer(customer_id: str) -> CustomerRow:
    return CustomerRow(
        customer_id=customer_id,
        customer_type="person",
        customer_level="standard",
        registered_at=NOW,
        registered_by_person_id="pe_1",
    )


def address(address_id: str, **changes: object) -> AddressRow:
    return AddressRow(
        **{
            "address_id": address_id,
            "customer_id": "cu_1",
            "adcode": "110105",
            "adcode_path": ["110105"],
            "zone_codes": [],
            "city_tier": "",
            "place_name": "",
            "former_adcode": "",
            "floor": 1,
            **changes,
        }
    )


def name_of(holder_id: str, reference: str) -> PersonalDataRow:
    return PersonalDataRow(
        reference=reference, customer_id="cu_1", holder_id=holder_id, kind="name", sealed=b"x"
    )


async def test_only_active_holders_of_the_role_are_found(session: AsyncSession) -> None:
    await add(
        session,
        person("pe_1", "designer", "sales"),
        person("pe_2", "designer", left_at=NOW),
        person("pe_3", "sales"),
    )
    holders = await people.active_holders(session, "designer", "")
    assert [row.person_id for row in holders] == ["pe_1"]


async def test_two_people_are_never_the_same_wecom_member(session: AsyncSession) -> None:
    with pytest.raises(IntegrityError, match="wecom_userid"):
        await add(session, person("pe_1", wecom_userid="li"), person("pe_2", wecom_userid="li"))


async def test_people_without_wecom_are_many(session: AsyncSession) -> None:
    await add(session, person("pe_1"), person("pe_2"))


async def test_addresses_come_in_the_order_they_were_added(session: AsyncSession) -> None:
    await add(session, customer("cu_1"), address("ad_z"), address("ad_a"))
    found = await customers.addresses(session, ["cu_1"])
    assert [row.address_id for row in found] == ["ad_z", "ad_a"]


async def test_half_a_location_is_refused(session: AsyncSession) -> None:
    with pytest.raises(IntegrityError, match="check"):
        await add(session, customer("cu_1"), address("ad_1", longitude=116.4))


async def test_nobody_has_two_names(session: AsyncSession) -> None:
    await add(session, customer("cu_1"), name_of("cu_1", "pd_1"))
    with pytest.raises(IntegrityError, match="holder_id"):
        await add(session, name_of("cu_1", "pd_2"))


async def test_a_reveal_stays_written_down(session: AsyncSession) -> None:
    await add(
        session,
        customer("cu_1"),
        name_of("cu_1", "pd_1"),
        RevealRow(person_id="pe_1", reference="pd_1", purpose="call", revealed_at=NOW),
    )
    connection = await session.connection()
    with pytest.raises(DBAPIError, match="append-only"):
        await connection.exec_driver_sql("UPDATE directory.personal_data_reveal SET purpose = 'x'")


async def test_a_reveal_without_a_purpose_is_refused(session: AsyncSession) -> None:
    await add(session, customer("cu_1"), name_of("cu_1", "pd_1"))
    with pytest.raises(IntegrityError, match="purpose"):
        await add(
            session, RevealRow(person_id="pe_1", reference="pd_1", purpose="", revealed_at=NOW)
        )


async def test_the_last_definition_of_a_calendar_counts(session: AsyncSession) -> None:
    for version, zone in enumerate(("Asia/Tokyo", "Asia/Shanghai"), start=1):
        row = CalendarDefinitionRow(
            calendar_code="office",
            version=version,
            time_zone=zone,
            weekly=[[[540, 1080]]] * 7,
            chinese_holidays=True,
            overrides=[],
            announced_years=[],
            defined_at=NOW,
            defined_by_person_id="pe_1",
        )
        await add(session, row)
    assert (await calendars.calendar(session, "office")).time_zone == "Asia/Shanghai"
    with pytest.raises(NotFound, match="CALENDAR_UNKNOWN"):
        await calendars.calendar(session, "lunar")
