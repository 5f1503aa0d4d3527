"""What the matcher is told of technicians: skills, day and load, as they are at an instant."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import FailedPrecondition
from services.workorder.domain import dispatch, work_order
from services.workorder.domain.candidate import Factor, Need
from services.workorder.domain.dispatch import Decision
from services.workorder.domain.geo import Point
from services.workorder.domain.skill import HeldSkill, RequiredSkill
from services.workorder.store import decisions, technicians
from services.workorder.store.work_orders import Change, progress_of, save
from services.workorder.tables import WorkOrderRow
from tests.store.workorder.conftest import MORNING, add_offered, add_work_order, put_technician

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


async def accept(session: AsyncSession, row: WorkOrderRow, at: datetime = MORNING) -> None:
    after = work_order.accept(progress_of(row), row.technician_id(), at)
    await save(session, row, after, Change("accept", at, "zhang"))


async def load(session: AsyncSession, at: datetime) -> tuple[int, int]:
    """What zhang has taken that day, and has open."""
    pool = await technicians.pool(session, [], at)
    taken = (await technicians.lock_workday(session, "zhang", at)).taken
    assert taken == pool.taken_today[0]
    return taken, pool.open_loads[0]


async def test_a_new_technician_has_an_empty_day(session: AsyncSession) -> None:
    await put_technician(session)
    assert await load(session, MORNING) == (0, 0)


async def test_an_open_offer_counts_until_it_runs_out(session: AsyncSession) -> None:
    await put_technician(session)
    await add_offered(session, "wo_1")
    assert await load(session, MORNING + 29 * MINUTE) == (1, 1)
    assert await load(session, MORNING + 30 * MINUTE) == (0, 0)


async def test_an_accepted_work_order_counts_for_its_day_and_is_open_until_completed(
    session: AsyncSession,
) -> None:
    await put_technician(session)
    row = await add_offered(session, "wo_1")
    await accept(session, row)
    assert await load(session, MORNING) == (1, 1)
    assert await load(session, MORNING + DAY) == (0, 1)

    await session.execute(
        text(
            "UPDATE work_order SET revision = revision + 1, state = 'completed',"
            " window_start = :at, window_end = :at + interval '1h', checked_in_at = :at,"
            " completed_at = :at"
        ),
        {"at": MORNING},
    )
    assert await load(session, MORNING) == (1, 0)


async def test_a_cancelled_work_order_counts_for_nothing(session: AsyncSession) -> None:
    await put_technician(session)
    row = await add_offered(session, "wo_1")
    await accept(session, row)
    row.cancel_reason = "客户退单"
    await save(session, row, work_order.cancel(progress_of(row)), Change("cancel", MORNING, "x"))
    assert await load(session, MORNING) == (0, 0)


async def test_a_declined_offer_counts_for_nothing_and_is_no_longer_the_work_orders(
    session: AsyncSession,
) -> None:
    await put_technician(session)
    row = await add_offered(session, "wo_1")
    after = work_order.decline(progress_of(row), "zhang")
    await save(session, row, after, Change("decline", MORNING, "zhang", "太远"))
    assert row.live_offer is None
    assert await load(session, MORNING) == (0, 0)


async def test_the_pool_holds_the_skills_that_are_asked_for(session: AsyncSession) -> None:
    await put_technician(session, "zhang", install=2, height=3)
    await put_technician(session, "wang", cleaning=5)
    pool = await technicians.pool(session, ["install", "cleaning"], MORNING)
    assert list(pool.technician_ids) == ["wang", "zhang"]
    assert list(pool.skills) == [{"cleaning": HeldSkill(5)}, {"install": HeldSkill(2)}]
    assert pool.homes[0] == Point(116.46, 39.92)


async def test_the_policy_in_force_is_the_newest_that_has_begun(session: AsyncSession) -> None:
    await session.execute(
        text(
            "INSERT INTO dispatch_policy VALUES ('near-1', :at, 10000, 0, 0, 0, 10000, 9000, 300)"
        ),
        {"at": MORNING},
    )
    before = await decisions.policy_at(session, MORNING - MINUTE)
    assert before.version == "default-1"
    assert sum(before.weights.values()) == 10_000
    since = await decisions.policy_at(session, MORNING)
    assert (since.version, since.weights[Factor.DISTANCE]) == ("near-1", 10_000)
    with pytest.raises(FailedPrecondition) as refused:
        await decisions.policy_at(session, MORNING - 10_000 * DAY)
    assert refused.value.reason == "DISPATCH_POLICY_MISSING"


async def test_a_decision_is_read_as_it_was_made(session: AsyncSession) -> None:
    await put_technician(session, "zhang", install=2)
    await put_technician(session, "wang", install=4)
    await put_technician(session, "zhao")
    await add_work_order(session)
    need = Need(
        (RequiredSkill("install"),), frozenset({"110105"}), Point(116, 39), frozenset(), MORNING
    )
    pool = await technicians.pool(session, ["install"], MORNING)
    policy = await decisions.policy_at(session, MORNING)
    made = Decision("dd_1", "wo_1", policy, dispatch.rank(pool, need, policy), MORNING)
    await decisions.add(session, made, [], "system")
    session.expunge_all()
    assert await decisions.read(session, "dd_1") == made
    assert len(made.ranking.candidates) == 2
