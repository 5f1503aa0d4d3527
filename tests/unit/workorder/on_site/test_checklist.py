"""Checklists: put, answered, found good or at fault."""

from dataclasses import replace
from decimal import Decimal

import pytest

from kit.errors import FailedPrecondition, InvalidArgument
from services.workorder.domain.on_site.checklist import (
    Checklist,
    Given,
    Item,
    ItemKind,
    at_fault,
    number,
    require_answer,
    require_checklist,
    require_filled,
)
from services.workorder.domain.on_site.commands import Answer, FileAnswer
from tests.unit.workorder.on_site.days import MORNING

PRESSURE = Item(
    "pressure", "运行压力", ItemKind.NUMBER, True, Decimal("0.8"), Decimal("1.2"), "MPa"
)
DRAIN = Item("drain", "排水顺畅", ItemKind.YES_NO, required=True)
PLATE = Item("plate", "铭牌照片", ItemKind.PHOTO)
LIST = Checklist(
    "aircon", 1, "空调安装自检", "install", "aircon_standard", (PRESSURE, DRAIN, PLATE), True,
    MORNING,
)  # fmt: skip


def given(item: Item, value: bool | Decimal | str | FileAnswer) -> Given:
    return Given(Answer("aircon", item.item_key, value), MORNING)


@pytest.mark.parametrize(
    ("stage", "items", "applies"),
    [
        ("install", ["aircon_standard"], True),
        ("aftersale", ["aircon_standard"], False),
        ("install", ["washer"], False),
    ],
)
def test_a_checklist_is_for_its_stage_and_its_item(
    stage: str, items: list[str], applies: bool
) -> None:
    assert LIST.applies(stage, items) is applies
    assert not replace(LIST, active=False).applies("install", ["aircon_standard"])
    assert replace(LIST, stage="", item_code="").applies(stage, items)
    assert LIST.applies(stage, items, named="aircon")


@pytest.mark.parametrize(
    ("item", "answer", "fault"),
    [
        (PRESSURE, Decimal("0.8"), False),
        (PRESSURE, Decimal("1.2"), False),
        (PRESSURE, Decimal("0.79"), True),
        (PRESSURE, Decimal("1.21"), True),
        (DRAIN, True, False),
        (DRAIN, False, True),
        (PLATE, FileAnswer("fl_1.jpg"), False),
    ],
)
def test_an_answer_is_good_within_its_limits(
    item: Item, answer: bool | Decimal | FileAnswer, fault: bool
) -> None:
    assert at_fault(item, given(item, answer)) is fault


def test_what_is_required_and_missing_is_at_fault() -> None:
    assert at_fault(DRAIN, None)
    assert not at_fault(PLATE, None)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer("aircon", "pressure", "高"), "ON_SITE_COMMAND_INVALID"),
        (Answer("aircon", "drain", Decimal(1)), "ON_SITE_COMMAND_INVALID"),
        (Answer("aircon", "plate", "fl_1.jpg"), "ON_SITE_COMMAND_INVALID"),
        (Answer("aircon", "colour", True), "CHECKLIST_ITEM_UNKNOWN"),
        (Answer("washer", "drain", True), "CHECKLIST_ITEM_UNKNOWN"),
    ],
)
def test_an_answer_is_of_the_kind_that_its_item_asks_for(answer: Answer, reason: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        require_answer([LIST], answer)
    assert refusal.value.reason == reason


def test_completion_waits_for_required_answers_where_the_rule_says_so() -> None:
    with pytest.raises(FailedPrecondition) as refusal:
        require_filled([LIST], {("aircon", "drain"): given(DRAIN, True)})
    assert refusal.value.reason == "WORK_ORDER_CHECKLIST_OPEN"
    assert refusal.value.details == {"aircon/pressure": "运行压力"}
    # An answer that is not good is an answer: the fault is shown, and somebody decides.
    low = given(PRESSURE, Decimal("0.1"))
    require_filled([LIST], {("aircon", "drain"): given(DRAIN, False), ("aircon", "pressure"): low})


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"checklist_code": "Air con"}, "checklist_code"),
        ({"name": ""}, "name"),
        ({"items": ()}, "items"),
        ({"items": (DRAIN, DRAIN)}, "items[1].item_key"),
        ({"items": (replace(DRAIN, text=""),)}, "items[0].text"),
        ({"items": (replace(DRAIN, most=Decimal(1)),)}, "items[0].least"),
        ({"items": (replace(PRESSURE, least=Decimal(2)),)}, "items[0].most"),
    ],
)
def test_a_checklist_that_cannot_be_filled_in_is_refused(
    wrong: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        require_checklist(replace(LIST, **wrong))  # type: ignore[arg-type]  # fields by name
    assert (refusal.value.reason, refusal.value.field) == (
        "CHECKLIST_INVALID", f"checklist.{field}",
    )  # fmt: skip


@pytest.mark.parametrize("written", ["", "abc", "NaN", "Infinity", "1e999999", "0" * 25])
def test_what_is_no_number_is_no_answer(written: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        number(written, "number")
    assert refusal.value.reason == "CHECKLIST_NUMBER_INVALID"


def test_numbers_are_exact() -> None:
    assert number("0.1", "number") + number("0.2", "number") == Decimal("0.3")
