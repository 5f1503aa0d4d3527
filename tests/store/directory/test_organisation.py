import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.directory.domain.organisation import Member
from services.directory.store import organisation, people
from services.directory.store.rows import add, put
from services.directory.tables.people import DepartmentRow
from tests.store.directory.conftest import NOW, person


def department(department_id: str, parent: str = "", leader: str = "") -> DepartmentRow:
    return DepartmentRow(
        department_id=department_id,
        name="部门",
        parent_id=parent or None,
        leader_person_id=leader or None,
    )


async def test_departments_make_a_tree(session: AsyncSession) -> None:
    await add(session, department("dp_1"), department("dp_2", "dp_1"), department("dp_3", "dp_2"))
    assert await organisation.departments_above(session, "dp_3") == {"dp_3", "dp_2", "dp_1"}
    with pytest.raises(IntegrityError, match="dp_1 would be above itself"):
        await put(session, department("dp_1", "dp_3"))


async def test_a_department_is_not_its_own_parent(session: AsyncSession) -> None:
    with pytest.raises(IntegrityError, match="above itself"):
        await add(session, department("dp_1", "dp_1"))


async def test_nobody_leads_themselves_through_others(session: AsyncSession) -> None:
    await add(session, person("pe_1"), person("pe_2", leader_person_id="pe_1"))
    assert await organisation.leaders_named_above(session, "pe_2") == {"pe_2", "pe_1"}
    with pytest.raises(IntegrityError, match="pe_1 would be above itself"):
        await put(session, person("pe_1", leader_person_id="pe_2"))


async def test_a_leader_is_somebody_we_know(session: AsyncSession) -> None:
    with pytest.raises(IntegrityError, match="leader_person_id"):
        await add(session, person("pe_1", leader_person_id="pe_nobody"))


async def test_only_whoever_left_has_a_successor(session: AsyncSession) -> None:
    await add(session, person("pe_1"))
    with pytest.raises(IntegrityError, match="check"):
        await add(session, person("pe_2", successor_person_id="pe_1"))


async def test_two_departments_of_a_person_can_change_places(session: AsyncSession) -> None:
    await add(session, department("dp_1"), department("dp_2"), department("dp_3"))
    await add(session, person("pe_1", departments=("dp_1", "dp_2")))
    changed = await put(session, person("pe_1", departments=("dp_2", "dp_1", "dp_3")))
    session.expire(changed)
    await session.refresh(changed)
    found = await people.person(session, "pe_1")
    assert [place.department_id for place in found.memberships] == ["dp_2", "dp_1", "dp_3"]


async def test_people_can_be_listed_by_department(session: AsyncSession) -> None:
    await add(session, department("dp_1"), department("dp_2", "dp_1"))
    await add(
        session,
        person("pe_1", departments=("dp_1",)),
        person("pe_2", departments=("dp_2", "dp_1")),
        person("pe_3", departments=("dp_2",)),
    )
    found = await people.people(session, "", "dp_1", "", 10)
    assert [row.person_id for row in found] == ["pe_1", "pe_2"]


async def test_what_leading_is_decided_by_is_read_whole(session: AsyncSession) -> None:
    await add(session, department("dp_1"), department("dp_2"))
    await add(
        session,
        person("pe_heir"),
        person("pe_named"),
        person("pe_lead", left_at=NOW, successor_person_id="pe_heir", departments=("dp_2", "dp_1")),
        person("pe_asked", leader_person_id="pe_named", departments=("dp_1",)),
        person("pe_other", departments=("dp_1",)),
    )
    await put(session, department("dp_1", leader="pe_lead"))
    assert await organisation.leading_members(session, "pe_asked") == {
        "pe_heir": Member(),
        "pe_named": Member(),
        "pe_lead": Member(True, "pe_heir", None, "dp_2"),
        "pe_asked": Member(False, None, "pe_named", "dp_1"),
    }
