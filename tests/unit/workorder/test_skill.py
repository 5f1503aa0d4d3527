import pytest

from kit.errors import InvalidArgument
from services.workorder.domain.registry.skill import RequiredSkill, parse_required


def test_a_required_skill_may_name_its_least_level() -> None:
    assert parse_required(["aircon_install", "work_at_height:3"]) == (
        RequiredSkill("aircon_install", 1),
        RequiredSkill("work_at_height", 3),
    )


@pytest.mark.parametrize(
    "text", ["", "Aircon", "work at height", "height:", "height:0", "height:6", "height:3:4", ":3"]
)
def test_what_is_no_skill_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        parse_required(["aircon_install", text])
    assert refused.value.reason == "WORK_ORDER_SKILL_INVALID"
    assert refused.value.field == "required_skills[1]"


def test_a_skill_is_required_once() -> None:
    with pytest.raises(InvalidArgument) as refused:
        parse_required(["height:2", "height:3"])
    assert refused.value.field == "required_skills[1]"
