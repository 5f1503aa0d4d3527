"""The workorder schema on a real PostgreSQL; every test is rolled back."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from kit.db.migrate import migrate
from kit.db.session import Database
from services.workorder.domain.orders.work_order import Offer, offer
from services.workorder.store.orders import work_orders
from services.workorder.store.orders.work_orders import Change, progress_of, save
from services.workorder.store.registry import technicians
from services.workorder.tables.technicians import TechnicianRow, TechnicianSkillRow
from services.workorder.tables.work_orders import OfferRow, WorkOrderLineRow, WorkOrderRow
from tests.conftest import NewDatabase

#: Nine in the morning in Shanghai.
MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
async def _database(new_database: NewDatabase) -> AsyncIterator[Database]:
    url = new_database("workorder_store")
    migrate(url, "workorder")
    database = Database.connect(url, "workorder")
    yield database
    await database.close()


@pytest.fixture
async def session(_database: Database) -> AsyncIterator[AsyncSession]:
    async with _database.engine.connect() as connection, connection.begin() as transaction:
        async with AsyncSession(
            connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        ) as opened:
            yield opened
        await transaction.rollback()


async def put_technician(
    session: AsyncSession, technician_id: str = "zhang", **skills: int
) -> TechnicianRow:
    row = TechnicianRow(
        technician_id=technician_id,
        display_name="张师傅",
        outlet_id="ol_1",
        cooperation_mode="direct",
        territory_codes=["110105"],
        home_longitude=116.46,
        home_latitude=39.92,
        daily_capacity=4,
        rating_hundredths=0,
        active=True,
        working_hours=[],
        tags=[],
        vehicle_location_id="",
        put_at=MORNING,
        put_by_person_id="pe_dispatcher",
        skills=[
            TechnicianSkillRow(technician_id=technician_id, skill_code=code, level=level)
            for code, level in skills.items()
        ],
    )
    await technicians.put(session, row)
    return row


async def add_work_order(session: AsyncSession, work_order_id: str = "wo_1") -> WorkOrderRow:
    row = WorkOrderRow(
        work_order_id=work_order_id,
        revision=1,
        case_id="ca_1",
        stage="install",
        title="标准空调安装",
        state="created",
        customer_id="cu_li",
        address_id="ad_1",
        adcode="110105",
        adcode_path=["110105", "110000"],
        zone_codes=[],
        city_tier="tier1",
        place_name="北京市朝阳区",
        zones_known=True,
        former_adcode="",
        floor=3,
        notes="",
        quote_id="qt_1",
        required_skills=[],
        priority=3,
        created_at=MORNING,
        created_by_person_id="system",
        completion_code="123456",
        lines=[WorkOrderLineRow(line_number=1, item_code="aircon", name="", quantity=1)],
    )
    await work_orders.add(session, row, Change("create", MORNING, "system"))
    return row


def offer_row(
    work_order_id: str = "wo_1", technician_id: str = "zhang", offer_id: str = "of_1"
) -> OfferRow:
    return OfferRow(
        offer_id=offer_id,
        work_order_id=work_order_id,
        technician_id=technician_id,
        earning_id="ea_1",
        earning_currency="CNY",
        earning_minor=16800,
        offered_at=MORNING,
        offered_by_person_id="system",
        expires_at=MORNING + timedelta(minutes=30),
    )


async def add_offered(
    session: AsyncSession, work_order_id: str, technician_id: str = "zhang"
) -> WorkOrderRow:
    row = await add_work_order(session, work_order_id)
    made = offer_row(work_order_id, technician_id, f"of_{work_order_id}")
    after = offer(progress_of(row), Offer(made.offer_id, technician_id, made.expires_at), MORNING)
    work_orders.add_offer(session, row, made)
    await save(session, row, after, Change("offer", MORNING, "system"))
    return row
