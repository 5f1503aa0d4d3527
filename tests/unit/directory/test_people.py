from dataclasses import dataclass

import pytest

from kit.errors import InvalidArgument
from services.directory.domain.people import check_person, rank_assignees

PATH = ("110105", "110100", "110000", "CN-NORTH", "CN")


@dataclass(frozen=True)
class Holder:
    person_id: str
    region_adcodes: tuple[str, ...] = ()


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


def test_a_role_that_does_not_exist_is_named_with_its_place() -> None:
    with pytest.raises(InvalidArgument) as refusal:
        check_person("王芳", ["technician", "wizard"])
    assert refusal.value.reason == "PERSON_ROLE_UNKNOWN"
    assert refusal.value.field == "person.roles[1]"
