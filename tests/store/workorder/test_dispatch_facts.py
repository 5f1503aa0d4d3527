"""What dispatch knows of technicians: written by the database itself, as things are at that moment."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from services.workorder.domain.dispatch import matching
from services.workorder.domain.dispatch.decision import Decision, Known
from services.workorder.domain.dispatch.facts import Facts, Skill, Workload
from services.workorder.domain.dispatch.hours import day_of, micros_of
from services.workorder.domain.dispatch.need import Need
from services.workorder.domain.dispatch.policy import Factor
from services.workorder.domain.dispatch.roster import Roster
from services.workorder.domain.dispatch.scoring import EVALUATOR
from services.workorder.domain.geo import Point
from services.workorder.domain.orders import work_order
from services.workorder.domain.registry.skill import RequiredSkill
from services.workorder.store.dispatch import decisions, facts, policies
from services.workorder.store.orders.work_orders import Change, progress_of, save
from services.workorder.store.registry import technicians
from services.workorder.tables.work_orders import WorkOrderRow
from tests.store.workorder.conftest import MORNING, add_offered, add_work_order, put_technician

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
TODAY = day_of(micros_of(MORNING))


async def told(session: AsyncSession) -> Known:
    """What is known as if the transaction had committed."""
    await session.flush()
    await session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    await session.execute(text("SET CONSTRAINTS ALL DEFERRED"))
    return await facts.known_now(session)


async def about(session: AsyncSession, technician_id: str = "zhang") -> Facts:
    found = await facts.of_technician(session, technician_id, await told(session))
    assert found is not None
    return found


async def accept(session: AsyncSession, row: WorkOrderRow, at: datetime = MORNING) -> None:
    after = work_order.accept(progress_of(row), row.technician_id(), at)
    await save(session, row, after, Change("accept", at, "zhang"))


async def taken(session: AsyncSession, at: datetime) -> int:
    """What counts against the day, by the technician's row."""
    return (await technicians.lock_workday(session, "zhang", at)).taken


async def test_a_profile_is_told_as_it_was_put(session: AsyncSession) -> None:
    await put_technician(session, "zhang", install=2, height=3)
    known = await about(session)
    assert known.profile.skills == {"install": Skill(2), "height": Skill(3)}
    assert known.profile.home == Point(116.46, 39.92)
    assert known.profile.territory_codes == {"110105"}
    assert known.workload == Workload()
    assert known.outlet is None


async def test_what_has_not_changed_is_not_told_again(session: AsyncSession) -> None:
    await put_technician(session, "zhang", install=2)
    once = await told(session)
    await put_technician(session, "zhang", install=2)
    assert await told(session) == once


async def test_an_open_offer_is_told_with_its_end(session: AsyncSession) -> None:
    await put_technician(session)
    await add_offered(session, "wo_1")
    span = (micros_of(MORNING), micros_of(MORNING + 30 * MINUTE))
    assert (await about(session)).workload == Workload(open_offers=(span,))
    assert await taken(session, MORNING + 29 * MINUTE) == 1
    assert await taken(session, MORNING + 30 * MINUTE) == 0


async def test_work_is_open_until_completed_and_counts_for_the_day_it_was_accepted(
    session: AsyncSession,
) -> None:
    await put_technician(session)
    row = await add_offered(session, "wo_1")
    await accept(session, row)
    accepted = Workload(
        accepted_day=TODAY, accepted_count=1, open_work=1, earnings=((TODAY, 16_800),)
    )
    assert (await about(session)).workload == accepted
    await session.execute(
        text(
            "UPDATE work_order SET revision = revision + 1, state = 'scheduled',"
            " window_start = :at, window_end = :at + interval '1h'"
        ),
        {"at": MORNING},
    )
    span = (micros_of(MORNING), micros_of(MORNING + HOUR))
    assert (await about(session)).workload.commitments == (span,)
    await session.execute(
        text(
            "UPDATE work_order SET revision = revision + 1, state = 'completed',"
            " checked_in_at = :at, completed_at = :at"
        ),
        {"at": MORNING},
    )
    done = (await about(session)).workload
    assert (done.open_work, done.commitments, done.accepted_count) == (0, (), 1)


async def test_cancelled_work_counts_for_nothing(session: AsyncSession) -> None:
    await put_technician(session)
    row = await add_offered(session, "wo_1")
    await accept(session, row)
    row.cancel_reason = "客户退单"
    await save(session, row, work_order.cancel(progress_of(row)), Change("cancel", MORNING, "x"))
    assert (await about(session)).workload == Workload()
    assert await taken(session, MORNING) == 0


async def test_a_declined_offer_counts_for_nothing_and_is_no_longer_the_work_orders(
    session: AsyncSession,
) -> None:
    await put_technician(session)
    row = await add_offered(session, "wo_1")
    after = work_order.decline(progress_of(row), "zhang")
    await save(session, row, after, Change("decline", MORNING, "zhang", "太远"))
    assert row.live_offers == []
    assert (await about(session)).workload == Workload()


async def test_the_answer_as_of_then_is_not_changed_by_what_comes_later(
    session: AsyncSession,
) -> None:
    await put_technician(session, "zhang", install=2)
    before = await told(session)
    await put_technician(session, "zhang", install=5)
    now = await told(session)
    then = await facts.of_technician(session, "zhang", before)
    later = await facts.of_technician(session, "zhang", now)
    assert then is not None
    assert later is not None
    assert (then.profile.skills, later.profile.skills) == (
        {"install": Skill(2)},
        {"install": Skill(5)},
    )
    assert await facts.of_technician(session, "zhang", Known(0)) is None
    without_the_last = Known(now.through, frozenset({now.through}))
    assert await facts.of_technician(session, "zhang", without_the_last) == then
    assert [fact.fact_id for fact in await facts.since(session, without_the_last)] == [now.through]


async def test_the_newest_of_everybody_is_loaded_at_once(session: AsyncSession) -> None:
    for name in ("zhang", "wang"):
        await put_technician(session, name, install=2)
        await told(session)
        await put_technician(session, name, install=4)
    known = await told(session)
    loaded = [fact async for page in facts.newest(session, known) for fact in page]
    profiles = {fact.subject_id: fact.said for fact in loaded}
    assert set(profiles) >= {"zhang", "wang"}
    zhang = await facts.of_technician(session, "zhang", known)
    assert zhang is not None
    assert profiles["zhang"] == zhang.profile


async def test_a_fact_is_never_changed_or_taken_back(session: AsyncSession) -> None:
    await put_technician(session)
    await told(session)
    for statement in (
        "UPDATE dispatch_fact SET facts = '{}'",
        "DELETE FROM dispatch_fact",
    ):
        with pytest.raises(DBAPIError, match="dispatch_fact"):
            async with session.begin_nested():
                await session.execute(text(statement))


async def test_the_policy_in_force_is_the_newest_that_has_begun(session: AsyncSession) -> None:
    await session.execute(
        text(
            "INSERT INTO dispatch_policy (policy_version, effective_from, weights, parameters,"
            " put_at) SELECT 'near-1', :at, '{\"distance\": 10000}', parameters, :at"
            " FROM dispatch_policy WHERE policy_version = 'default-2'"
        ),
        {"at": MORNING},
    )
    before = policies.policy_of(await policies.in_force(session, MORNING - MINUTE))
    assert before.version == "default-2"
    assert sum(before.weights.values()) == 10_000
    since = policies.policy_of(await policies.in_force(session, MORNING))
    assert (since.version, since.weights[Factor.DISTANCE]) == ("near-1", 10_000)


async def test_a_decision_is_read_as_it_was_made(session: AsyncSession) -> None:
    await put_technician(session, "zhang", install=2)
    await put_technician(session, "wang", install=4)
    await put_technician(session, "zhao")
    await add_work_order(session)
    known = await told(session)
    roster = Roster()
    for name in ("zhang", "wang", "zhao"):
        roster.put(await about(session, name))
    need = Need(
        at=micros_of(MORNING),
        window=(micros_of(MORNING), micros_of(MORNING + HOUR)),
        service_minutes=60,
        place_codes=("110105",),
        location=Point(116.0, 39.0),
        required_skills=(RequiredSkill("install"),),
        required_tags=frozenset(),
        preferred_technician_ids=frozenset({"wang"}),
        parts={"filter": 2},
    )
    policy = policies.policy_of(await policies.in_force(session, MORNING))
    ranking = matching.rank(matching.survey(roster, need, policy), need, policy, [1, 0])
    made = Decision("dd_1", "wo_1", policy, ranking, MORNING, need, known, EVALUATOR)
    await decisions.add(session, made, "system")
    session.expunge_all()
    read = await decisions.read(session, "dd_1")
    assert (read.policy, read.need, read.known, read.evaluator) == (policy, need, known, EVALUATOR)
    assert read.ranking.technician_ids == ranking.technician_ids
    assert read.ranking.excluded == ranking.excluded
    assert read.ranking.score.tolist() == ranking.score.tolist()
    for factor in Factor:
        assert read.ranking.scores[factor].tolist() == ranking.scores[factor].tolist()
    before, after = (matching.columns_of(each.values) for each in (ranking, read.ranking))
    assert [column.tolist() for column in after] == [column.tolist() for column in before]


async def test_a_decision_for_which_nobody_was_fit_is_kept_too(session: AsyncSession) -> None:
    await add_work_order(session)
    need = Need(
        at=micros_of(MORNING),
        window=(micros_of(MORNING), micros_of(MORNING + HOUR)),
        service_minutes=60,
        place_codes=("110105",),
    )
    policy = policies.policy_of(await policies.in_force(session, MORNING))
    ranking = matching.rank(matching.survey(Roster(), need, policy), need, policy, [])
    made = Decision("dd_0", "wo_1", policy, ranking, MORNING, need, Known(), EVALUATOR)
    await decisions.add(session, made, "system")
    session.expunge_all()
    assert (await decisions.read(session, "dd_0")).ranking.technician_ids == ()
