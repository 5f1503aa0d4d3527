"""What commands make of a record: time worked, time waited, visits, trips in vain."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.workorder.domain.on_site.commands import (
    ClockAct,
    ClockVerb,
    Command,
    Party,
    PauseReason,
    Retraction,
    require_clock_act,
)
from services.workorder.domain.on_site.fees import FeeKind, fees_of
from services.workorder.domain.on_site.record import ClockState, Outcome, Record, fold
from tests.unit.workorder.on_site.days import (
    ABSENT,
    ARRIVES,
    FACTS,
    RESUME,
    RULE,
    START,
    STOP,
    at,
    command,
    leave,
    pause,
    photo,
)


def folded(*day: Command) -> Record:
    return fold(day, FACTS, RULE)


def test_service_time_is_net_of_every_pause() -> None:
    record = folded(
        command(0, ARRIVES), command(5, START), command(35, pause()), command(55, RESUME),
        command(95, STOP),
    )  # fmt: skip
    assert record.worked_minutes() == 30 + 40
    assert record.waited_minutes() == {Party.CUSTOMER: 20}
    assert record.clock is ClockState.OFF
    assert record.arrived_at == at(0)


@pytest.mark.parametrize(
    ("reason", "party"),
    [
        (PauseReason.CUSTOMER, Party.CUSTOMER),
        (PauseReason.PARTS, Party.WAREHOUSE),
        (PauseReason.DESIGNER, Party.DESIGNER),
        (PauseReason.BUILDING_ACCESS, Party.PROPERTY),
        (PauseReason.UTILITIES, Party.CUSTOMER),
    ],
)
def test_waiting_is_charged_to_whoever_blocks_beyond_what_is_free(
    reason: PauseReason, party: Party
) -> None:
    record = folded(command(0, ARRIVES), command(5, pause(reason)), command(45, START))
    (fee,) = fees_of(record, RULE)
    assert (fee.kind, fee.charged_party, fee.minutes) == (FeeKind.WAITING, party, 40 - 15)
    assert fee.occurred_at == at(5)


@pytest.mark.parametrize("minutes", [15, 10])
def test_waiting_that_is_free_is_no_fee(minutes: int) -> None:
    record = folded(command(0, ARRIVES), command(5, pause()), command(5 + minutes, START))
    assert fees_of(record, RULE) == []


def test_nobody_is_charged_for_a_break_or_for_the_technicians_own_doing() -> None:
    own = require_clock_act(ClockAct(ClockVerb.PAUSE, PauseReason.OTHER, Party.TECHNICIAN))
    record = folded(
        command(0, ARRIVES), command(1, START), command(10, pause(PauseReason.BREAK)),
        command(100, RESUME), command(110, own), command(200, STOP),
    )  # fmt: skip
    assert record.waited_minutes() == {Party.TECHNICIAN: 90, Party.NOBODY: 90}
    assert fees_of(record, RULE) == []


def test_what_does_not_fit_has_no_effect_until_what_was_before_arrives() -> None:
    start, resume = command(5, START), command(20, RESUME)
    pauses = command(10, pause())
    early = folded(command(0, ARRIVES), start, resume)
    assert early.standings[resume.command_id].reason == "WORK_CLOCK_RUNNING"
    late = folded(command(0, ARRIVES), start, resume, pauses)
    assert late.standings[resume.command_id].outcome is Outcome.APPLIED
    assert late.waited_minutes() == {Party.CUSTOMER: 10}


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (RESUME, "WORK_CLOCK_NOT_PAUSED"),
        (STOP, "WORK_CLOCK_NOT_RUNNING"),
    ],
)
def test_a_clock_that_stands_cannot_be_resumed_or_stopped(act: ClockAct, reason: str) -> None:
    idle = command(1, act)
    record = folded(command(0, ARRIVES), idle)
    assert record.standings[idle.command_id].reason == reason


def test_nobody_works_who_has_not_arrived() -> None:
    start = command(5, START)
    standing = folded(start).standings[start.command_id]
    assert (standing.outcome, standing.reason) == (
        Outcome.WITHOUT_EFFECT, "WORK_CLOCK_NOT_ON_SITE",
    )  # fmt: skip


def test_the_check_in_of_the_work_order_is_an_arrival_where_the_device_told_none() -> None:
    checked_in = replace(FACTS, checked_in_at=at(0))
    record = fold([command(5, START), command(65, STOP)], checked_in, RULE)
    assert (record.arrived_at, record.worked_minutes()) == (at(0), 60)


def test_what_goes_on_at_completion_ends_with_it() -> None:
    completed = replace(FACTS, completed_at=at(60))
    late = command(90, STOP)
    record = fold([command(0, ARRIVES), command(10, START), late], completed, RULE)
    assert record.worked_minutes() == 50
    assert record.standings[late.command_id].reason == "WORK_COMPLETED"


def test_evidence_after_completion_still_counts() -> None:
    completed = replace(FACTS, completed_at=at(60))
    shown = command(90, photo())
    record = fold([command(0, ARRIVES), shown], completed, RULE)
    assert record.standings[shown.command_id].outcome is Outcome.APPLIED


def test_a_clock_that_is_two_hours_slow_is_set_right_by_what_was_measured() -> None:
    slow = timedelta(hours=2)
    record = folded(command(0, ARRIVES), command(10, START, offset=slow), command(40, STOP))
    assert record.worked_minutes() == 30


def test_a_clock_that_is_hardly_wrong_is_believed() -> None:
    start = command(10, START, offset=timedelta(seconds=119))
    assert start.at(RULE.clock_tolerance) == start.occurred_at
    wrong = command(10, START, offset=timedelta(seconds=121))
    assert wrong.at(RULE.clock_tolerance) == at(10)


def test_a_second_visit_is_charged_to_whoever_made_it_necessary() -> None:
    again = command(1500, ARRIVES)
    record = folded(
        command(0, ARRIVES), command(5, START), command(30, leave(PauseReason.PARTS)), again
    )
    (fee,) = fees_of(record, RULE)
    assert (fee.kind, fee.charged_party) == (FeeKind.SECOND_VISIT, Party.WAREHOUSE)
    assert fee.fee_key == f"second_visit/{again.command_id}"
    assert record.left_at is None


def test_who_stops_and_goes_on_has_not_left() -> None:
    record = folded(
        command(0, ARRIVES), command(5, START), command(30, STOP), command(40, ARRIVES),
        command(41, START), command(51, STOP),
    )  # fmt: skip
    assert record.second_visits == []
    assert record.worked_minutes() == 35


def test_a_trip_was_in_vain_when_nobody_came_in_spite_of_waiting() -> None:
    absent = command(25, ABSENT)
    record = folded(command(0, ARRIVES), command(10, photo()), absent)
    assert record.standings[absent.command_id].outcome is Outcome.APPLIED
    (fee,) = fees_of(record, RULE)
    assert (fee.kind, fee.charged_party, fee.minutes) == (
        FeeKind.WASTED_TRIP, Party.CUSTOMER, 25,
    )  # fmt: skip
    assert record.left_at == at(25)


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        ([], "WASTED_TRIP_NOT_ON_SITE"),
        ([command(10, ARRIVES), command(11, photo())], "WASTED_TRIP_TOO_EARLY"),
        ([command(0, ARRIVES)], "WASTED_TRIP_NO_EVIDENCE"),
        ([command(0, photo("c")), command(1, ARRIVES)], "WASTED_TRIP_NO_EVIDENCE"),
        ([command(0, ARRIVES), command(1, photo()), command(2, START)], "WASTED_TRIP_WORK_BEGAN"),
    ],
)
def test_a_trip_was_not_in_vain_without_waiting_and_proof(
    before: list[Command], reason: str
) -> None:
    absent = command(25, ABSENT)
    record = folded(*before, absent)
    assert record.standings[absent.command_id].reason == reason
    assert fees_of(record, RULE) == []


def test_coming_again_after_a_trip_in_vain_is_no_second_fee() -> None:
    record = folded(
        command(0, ARRIVES), command(1, photo()), command(30, ABSENT), command(1500, ARRIVES)
    )
    assert [fee.kind for fee in fees_of(record, RULE)] == [FeeKind.WASTED_TRIP]


def test_what_its_technician_takes_back_does_not_count() -> None:
    shown = command(10, photo())
    taken_back = command(12, Retraction(shown.command_id, "拍错了"))
    absent = command(25, ABSENT)
    record = folded(command(0, ARRIVES), shown, taken_back, absent)
    assert record.standings[shown.command_id].outcome is Outcome.RETRACTED
    assert record.standings[taken_back.command_id].outcome is Outcome.APPLIED
    assert record.standings[absent.command_id].reason == "WASTED_TRIP_NO_EVIDENCE"


def test_nobody_takes_back_what_is_anothers_or_accepted_or_no_evidence() -> None:
    arrival, shown = command(0, ARRIVES), command(10, photo())
    anothers = command(12, Retraction(shown.command_id, "x"), technician_id="pe_wang")
    late = command(13, Retraction(shown.command_id, "x"), after_seal=True)
    no_evidence = command(14, Retraction(arrival.command_id, "x"))
    record = folded(arrival, shown, anothers, late, no_evidence)
    assert record.standings[shown.command_id].outcome is Outcome.APPLIED
    for refused in (anothers, late, no_evidence):
        assert record.standings[refused.command_id].reason == "RETRACTION_WITHOUT_TARGET"
