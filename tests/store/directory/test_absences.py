from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.directory.domain.substitution import Colleague
from services.directory.store import absences, people
from services.directory.store.rows import add
from services.directory.tables.people import AbsenceRow
from tests.store.directory.conftest import NOW, person


def absence(
    person_id: str,
    first: float,
    last: float | None = None,
    *,
    proxy: str | None = None,
    cancelled: bool = False,
) -> AbsenceRow:
    return AbsenceRow(
        absence_id=f"ab_{person_id}_{first}",
        person_id=person_id,
        starts_at=NOW + timedelta(days=first),
        ends_at=None if last is None else NOW + timedelta(days=last),
        proxy_person_id=proxy,
        reason="年假",
        cancelled_at=NOW if cancelled else None,
    )


async def test_a_persons_absences_do_not_overlap(session: AsyncSession) -> None:
    await add(session, person("pe_1"), absence("pe_1", 0, 2))
    with pytest.raises(IntegrityError, match="absence_overlap"):
        await add(session, absence("pe_1", 1))


async def test_one_absence_may_follow_another_and_others_have_theirs(session: AsyncSession) -> None:
    await add(session, person("pe_1"), person("pe_2"))
    await add(session, absence("pe_1", 0, 2), absence("pe_1", 2), absence("pe_2", 1, 3))


async def test_a_cancelled_absence_leaves_its_time_free(session: AsyncSession) -> None:
    await add(session, person("pe_1"), absence("pe_1", 0, 2, cancelled=True))
    await add(session, absence("pe_1", 1))
    found = await absences.lasting_beyond(session, "pe_1", NOW)
    assert [row.absence_id for row in found] == ["ab_pe_1_1"]


@pytest.mark.parametrize(("first", "last"), [(1, 1), (2, 1)])
async def test_an_absence_has_a_length(session: AsyncSession, first: int, last: int) -> None:
    await add(session, person("pe_1"))
    with pytest.raises(IntegrityError, match="absence"):
        await add(session, absence("pe_1", first, last))


async def test_nobody_is_their_own_proxy(session: AsyncSession) -> None:
    await add(session, person("pe_1"))
    with pytest.raises(IntegrityError, match="check"):
        await add(session, absence("pe_1", 0, 1, proxy="pe_1"))


@pytest.mark.parametrize(
    ("first", "last", "absent"),
    [(0, 1, True), (-1, None, True), (-1, 0, False), (1, 2, False), (1, None, False)],
)
async def test_an_absence_holds_from_its_beginning_up_to_its_end(
    session: AsyncSession, first: int, last: int | None, absent: bool
) -> None:
    await add(session, person("pe_1"), absence("pe_1", first, last))
    found = await people.colleagues(session, ["pe_1"], NOW)
    assert found == {"pe_1": Colleague(absent=absent)}


async def test_chains_of_successors_and_proxies_are_read_to_their_ends(
    session: AsyncSession,
) -> None:
    await add(
        session,
        person("pe_5"),
        person("pe_4", left_at=NOW, successor_person_id="pe_5"),
        person("pe_3"),
        person("pe_2", left_at=NOW, successor_person_id="pe_3"),
        person("pe_1", left_at=NOW, successor_person_id="pe_2"),
        person("pe_other"),
        absence("pe_3", 0, proxy="pe_4"),
        absence("pe_5", 1, proxy="pe_other"),
    )
    assert await people.colleagues(session, ["pe_1", "pe_unknown"], NOW) == {
        "pe_1": Colleague(left=True, successor_person_id="pe_2"),
        "pe_2": Colleague(left=True, successor_person_id="pe_3"),
        "pe_3": Colleague(absent=True, proxy_person_id="pe_4"),
        "pe_4": Colleague(left=True, successor_person_id="pe_5"),
        "pe_5": Colleague(),
    }


async def test_two_who_are_each_others_proxies_are_read_once(session: AsyncSession) -> None:
    await add(session, person("pe_1"), person("pe_2"))
    await add(session, absence("pe_1", 0, proxy="pe_2"), absence("pe_2", 0, proxy="pe_1"))
    assert set(await people.colleagues(session, ["pe_1"], NOW)) == {"pe_1", "pe_2"}


async def test_absences_that_are_past_are_listed_only_when_asked_for(session: AsyncSession) -> None:
    await add(session, person("pe_1"), person("pe_2"))
    await add(session, absence("pe_1", -2, -1), absence("pe_1", 1), absence("pe_2", 3))
    everything = await absences.page(session, "", None, "", 10)
    assert len(everything) == 3
    to_come = await absences.page(session, "pe_1", NOW, "", 10)
    assert [row.absence_id for row in to_come] == ["ab_pe_1_1"]
