from typing import NamedTuple

import pytest

from kit.errors import InvalidArgument
from services.directory.domain.organisation import (
    Member,
    check_department,
    check_leader,
    check_parent,
    leader_above,
)


class Department(NamedTuple):
    parent_id: str | None = None
    leader_person_id: str | None = None


#: 总部 (he leads) > 服务部 (chen leads) > 安装组 (vacant).
DEPARTMENTS = {
    "dp_company": Department(None, "pe_he"),
    "dp_service": Department("dp_company", "pe_chen"),
    "dp_install": Department("dp_service"),
}
PEOPLE = {
    "pe_he": Member(main_department_id="dp_company"),
    "pe_chen": Member(main_department_id="dp_service"),
    "pe_wang": Member(main_department_id="dp_service"),
    "pe_zhang": Member(main_department_id="dp_install"),
    "pe_free": Member(),
}


def leader(person_id: str, levels: int = 1, **changed: Member) -> str | None:
    return leader_above(person_id, levels, PEOPLE | changed, DEPARTMENTS)


def test_a_person_is_led_by_whoever_leads_their_department() -> None:
    assert leader("pe_wang") == "pe_chen"


def test_whoever_leads_their_own_department_is_led_by_the_one_above() -> None:
    assert leader("pe_chen") == "pe_he"


def test_a_department_without_a_leader_is_led_by_the_one_above() -> None:
    assert leader("pe_zhang") == "pe_chen"


def test_two_levels_up_is_the_leaders_leader() -> None:
    assert leader("pe_zhang", 2) == "pe_he"


def test_where_there_are_fewer_levels_the_topmost_is_meant() -> None:
    assert leader("pe_zhang", 20) == "pe_he"


@pytest.mark.parametrize("nobodys", ["pe_he", "pe_free", "pe_unknown"])
def test_nobody_leads_the_top_or_whoever_is_in_no_department(nobodys: str) -> None:
    assert leader(nobodys) is None


def test_a_leader_named_for_a_person_comes_before_the_departments() -> None:
    named = Member(leader_person_id="pe_wang", main_department_id="dp_install")
    assert leader("pe_zhang", 1, pe_zhang=named) == "pe_wang"
    assert leader("pe_zhang", 2, pe_zhang=named) == "pe_chen"


def test_a_leader_who_left_leads_through_their_successor() -> None:
    gone = Member(left=True, successor_person_id="pe_new", main_department_id="dp_service")
    new = Member(main_department_id="dp_service")
    assert leader("pe_wang", 1, pe_chen=gone, pe_new=new) == "pe_chen"
    assert leader("pe_wang", 2, pe_chen=gone, pe_new=new) == "pe_he"
    assert leader("pe_new", 1, pe_chen=gone, pe_new=new) == "pe_he"


def test_a_leader_who_left_without_a_successor_leads_no_more() -> None:
    gone = Member(left=True, main_department_id="dp_service")
    assert leader("pe_wang", 1, pe_chen=gone) == "pe_he"


def test_when_the_upper_leader_succeeds_the_lower_they_are_one_level() -> None:
    gone = Member(left=True, successor_person_id="pe_he", main_department_id="dp_service")
    assert leader("pe_wang", 2, pe_chen=gone) == "pe_chen"


def test_two_who_would_lead_each_other_do_not_go_round_in_circles() -> None:
    wang = Member(leader_person_id="pe_zhang", main_department_id="dp_service")
    zhang = Member(leader_person_id="pe_wang", main_department_id="dp_install")
    assert leader("pe_wang", 1, pe_wang=wang, pe_zhang=zhang) == "pe_zhang"
    assert leader("pe_wang", 2, pe_wang=wang, pe_zhang=zhang) == "pe_chen"
    assert leader("pe_wang", 9, pe_wang=wang, pe_zhang=zhang) == "pe_he"


def test_a_department_needs_a_name() -> None:
    with pytest.raises(InvalidArgument) as refusal:
        check_department(" ")
    assert refusal.value.field == "department.name"


def test_a_department_is_not_below_itself() -> None:
    check_parent("dp_install", {"dp_service", "dp_company"})
    with pytest.raises(InvalidArgument, match="DEPARTMENT_LOOP") as refusal:
        check_parent("dp_company", {"dp_service", "dp_company"})
    assert refusal.value.field == "department.parent_id"


def test_nobody_leads_themselves() -> None:
    with pytest.raises(InvalidArgument, match="PERSON_LEADER_LOOP") as refusal:
        check_leader("pe_he", {"pe_chen", "pe_he"})
    assert refusal.value.field == "person.leader_person_id"
