from types import SimpleNamespace

import pytest

from kit.errors import InvalidArgument
from services.directory.domain.assignees import Holder, check_question, rank_assignees

PATH = ("110105", "110100", "110000", "CN-NORTH", "CN")


def ask(**given: object) -> None:
    empty = {"role": "", "region_adcode": "", "outlet_id": "", "leader_of_person_id": ""}
    check_question(SimpleNamespace(**{**empty, "levels": 0, "person_ids": [], **given}))


def test_whoever_is_nearest_to_the_place_comes_first() -> None:
    holders = [
        Holder("pe_everywhere"),
        Holder("pe_north", ("CN-NORTH",)),
        Holder("pe_district", ("310115", "110105")),
        Holder("pe_city", ("110100",)),
    ]
    assert rank_assignees(holders, PATH) == [
        "pe_district", "pe_city", "pe_north", "pe_everywhere",
    ]  # fmt: skip


def test_people_equally_near_come_in_the_order_of_their_ids() -> None:
    assert rank_assignees([Holder("pe_b"), Holder("pe_a")], PATH) == ["pe_a", "pe_b"]


def test_nobody_takes_work_outside_their_regions() -> None:
    assert rank_assignees([Holder("pe_shanghai", ("310000",))], PATH) == []


def test_without_a_place_everybody_is_asked() -> None:
    assert rank_assignees([Holder("pe_b", ("310000",)), Holder("pe_a")], ()) == ["pe_a", "pe_b"]


@pytest.mark.parametrize(
    "rule",
    [
        {"role": "designer", "region_adcode": "110105", "outlet_id": "ou_1"},
        {"leader_of_person_id": "pe_a", "levels": 2},
        {"person_ids": ["pe_a"]},
    ],
)
def test_a_question_goes_by_one_rule(rule: dict[str, object]) -> None:
    ask(**rule)


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ({}, "role"),
        ({"role": "designer", "person_ids": ["pe_a"]}, "person_ids"),
        ({"role": "designer", "leader_of_person_id": "pe_a"}, "leader_of_person_id"),
        ({"person_ids": ["pe_a"], "region_adcode": "110105"}, "region_adcode"),
        ({"leader_of_person_id": "pe_a", "outlet_id": "ou_1"}, "outlet_id"),
        ({"leader_of_person_id": "pe_a", "levels": -1}, "levels"),
    ],
)
def test_a_question_by_no_rule_or_by_two_is_refused(
    question: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidArgument, match="ASSIGNEE_RULE_INVALID") as refusal:
        ask(**question)
    assert refusal.value.field == field
