from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from kit.errors import InvalidArgument
from services.workorder.domain.appointments.appointment import require_window
from services.workorder.domain.orders import intake
from services.workorder.domain.orders.intake import Line, Stage
from services.workorder.domain.registry import technician

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("check", "reason", "field"),
    [
        (lambda: intake.require_stage("insale"), "WORK_ORDER_STAGE_UNKNOWN", "stage"),
        (lambda: intake.require_stage(""), "WORK_ORDER_STAGE_UNKNOWN", "stage"),
        (lambda: intake.require_priority(6), "WORK_ORDER_PRIORITY_INVALID", "priority"),
        (lambda: intake.require_priority(-1), "WORK_ORDER_PRIORITY_INVALID", "priority"),
        (lambda: intake.require_floor(201), "WORK_ORDER_FLOOR_INVALID", "floor"),
        (lambda: intake.require_adcode(""), "WORK_ORDER_PLACE_MISSING", "place.adcode"),
        (lambda: intake.require_adcode("11010"), "WORK_ORDER_PLACE_MISSING", "place.adcode"),
        (lambda: intake.require_adcode("CN-EAST"), "WORK_ORDER_PLACE_MISSING", "place.adcode"),
        (lambda: intake.require_lines([]), "WORK_ORDER_LINES_EMPTY", "lines"),
        (lambda: intake.require_short("字" * 4001, "notes"), "WORK_ORDER_INVALID", "notes"),
        (
            lambda: intake.require_text("  ", "title", at_most=9),
            "WORK_ORDER_INVALID",
            "title",
        ),
        (lambda: intake.require_reason(" "), "WORK_ORDER_REASON_MISSING", "reason"),
        (lambda: technician.require_name("", "technician.x"), "TECHNICIAN_INVALID", "technician.x"),
        (
            lambda: technician.require_cooperation_mode("partner", "technician.cooperation_mode"),
            "TECHNICIAN_INVALID",
            "technician.cooperation_mode",
        ),
    ],
)
def test_what_is_missing_or_wrong_is_refused_with_its_field(
    check: Callable[[], object], reason: str, field: str
) -> None:
    with pytest.raises(InvalidArgument) as refused:
        check()
    assert (refused.value.reason, refused.value.field) == (reason, field)


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (Line(2, "", "", 1), "lines[1].item_code"),
        (Line(2, "b", "", 0), "lines[1].quantity"),
        (Line(2, "b", "", -3), "lines[1].quantity"),
        (Line(1, "b", "", 1), "lines[1].line_number"),
        (Line(-1, "b", "", 1), "lines[1].line_number"),
    ],
)
def test_a_faulty_line_is_refused_with_its_place(line: Line, field: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        intake.require_lines([Line(1, "a", "", 1), line])
    assert (refused.value.reason, refused.value.field) == ("WORK_ORDER_LINE_INVALID", field)


def test_no_priority_means_the_ordinary_one() -> None:
    assert [intake.require_priority(given) for given in (0, 1, 5)] == [3, 1, 5]


@pytest.mark.parametrize("stage", list(Stage))
def test_work_can_be_created_at_any_stage(stage: Stage) -> None:
    assert intake.require_stage(stage.value) is stage


def test_a_window_may_have_begun_but_not_be_over() -> None:
    require_window(NOW - HOUR, NOW + HOUR, NOW)
    for start, end in (
        (NOW - 2 * HOUR, NOW - HOUR),
        (NOW - HOUR, NOW),
        (NOW + HOUR, NOW + HOUR),
        (NOW + 2 * HOUR, NOW + HOUR),
    ):
        with pytest.raises(InvalidArgument) as refused:
            require_window(start, end, NOW)
        assert refused.value.reason == "WORK_ORDER_APPOINTMENT_INVALID"
        assert refused.value.field == "appointment.window_end"
