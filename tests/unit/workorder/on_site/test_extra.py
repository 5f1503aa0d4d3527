"""An extra: what it must bring, and when it may be answered."""

from dataclasses import replace
from datetime import timedelta

import pytest

from kit.errors import FailedPrecondition, InvalidArgument
from services.workorder.domain.on_site.extra import (
    ExtraLine,
    ExtraState,
    require_lines,
    require_none_open,
    require_open,
    require_possible,
    standing,
)
from services.workorder.domain.orders.work_order import State
from tests.unit.workorder.on_site.days import MORNING

PIPE = ExtraLine("AC-PIPE", "project_library", 2, 8_000, [], [])
BOARD = ExtraLine("PCB", "spare_part_library", 1, 30_000, ["SN1"], ["fl_1.jpg"])


def test_an_item_of_the_library_or_a_part_that_is_proven_can_be_an_extra() -> None:
    require_lines([PIPE, BOARD], 38_000)


@pytest.mark.parametrize(
    ("lines", "total", "reason", "field"),
    [
        ([], 0, "EXTRA_INVALID", "lines"),
        ([replace(PIPE, item_code="")], 0, "EXTRA_INVALID", "lines[0].item_code"),
        ([replace(PIPE, catalogue="mine")], 0, "EXTRA_INVALID", "lines[0].item_code"),
        ([PIPE, replace(BOARD, serial_numbers=[])], 0, "EXTRA_PART_UNPROVEN",
         "lines[1].serial_numbers"),
        ([replace(BOARD, photo_file_ids=[])], 0, "EXTRA_PART_UNPROVEN", "lines[0].photo_file_ids"),
        ([PIPE], -1, "EXTRA_INVALID", "total"),
    ],
)  # fmt: skip
def test_what_is_neither_priced_nor_proven_is_no_extra(
    lines: list[ExtraLine], total: int, reason: str, field: str
) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        require_lines(lines, total)
    assert (refusal.value.reason, refusal.value.field) == (reason, field)


@pytest.mark.parametrize("state", State)
def test_an_extra_is_proposed_while_somebody_is_at_work(state: State) -> None:
    if state in (State.ACCEPTED, State.SCHEDULED, State.IN_PROGRESS):
        require_possible("wo_1", state)
    else:
        with pytest.raises(FailedPrecondition):
            require_possible("wo_1", state)


def test_an_extra_that_nobody_answers_expires_by_itself() -> None:
    hour = timedelta(hours=1)
    assert standing("proposed", MORNING, MORNING - hour) is ExtraState.PROPOSED
    assert standing("proposed", MORNING, MORNING) is ExtraState.EXPIRED
    assert standing("approved", MORNING, MORNING + hour) is ExtraState.APPROVED


@pytest.mark.parametrize("state", [state for state in ExtraState if state != "proposed"])
def test_an_extra_ends_once(state: ExtraState) -> None:
    with pytest.raises(FailedPrecondition) as refusal:
        require_open("ex_1", state)
    assert refusal.value.reason == "EXTRA_ENDED"


def test_work_is_not_completed_while_an_extra_waits() -> None:
    require_none_open([])
    with pytest.raises(FailedPrecondition) as refusal:
        require_none_open(["ex_1", "ex_2"])
    assert refusal.value.reason == "WORK_ORDER_EXTRA_PENDING"
