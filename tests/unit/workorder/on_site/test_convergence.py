"""Late, duplicate and reordered commands make the same record."""

import itertools
from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from services.workorder.domain.on_site.commands import (
    Answer,
    Body,
    Command,
    PauseReason,
    Retraction,
)
from services.workorder.domain.on_site.fees import Decided, decided_anew, fees_of
from services.workorder.domain.on_site.record import Record, fold
from tests.unit.workorder.on_site.days import (
    ABSENT,
    ARRIVES,
    FACTS,
    RESUME,
    RULE,
    START,
    STOP,
    command,
    leave,
    pause,
    photo,
)

IDS = [f"phone-7.{number:04}" for number in range(12)]

bodies: st.SearchStrategy[Body] = st.one_of(
    st.sampled_from([ARRIVES, START, RESUME, STOP, ABSENT, photo("a"), photo("b")]),
    st.sampled_from(list(PauseReason)[:-1]).flatmap(
        lambda reason: st.sampled_from([pause(reason), leave(reason)])
    ),
    st.integers(0, 3).map(lambda measured: Answer("aircon", "pressure", Decimal(measured))),
    st.sampled_from(IDS).map(lambda target: Retraction(target, "按错了")),
)


@st.composite
def days(draw: st.DrawFn) -> list[Command]:
    """A day of commands, several of them at the same instant."""
    told = draw(st.lists(st.tuples(st.integers(0, 120), bodies), max_size=len(IDS)))
    # A phone whose clock is right, one that is wrong, and one that is hardly wrong.
    offset = timedelta(seconds=draw(st.sampled_from([0, 60, -86_400, 7_200])))
    return [
        command(minutes, body, command_id, offset=offset)
        for command_id, (minutes, body) in zip(IDS, told, strict=False)
    ]


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[Command], list[list[Command]]]:
    """A day, and how it arrives: in any order, in parts, some of it again and longer on its way."""
    day = draw(days())
    again = [
        Command(
            each.command_id,
            each.technician_id,
            each.occurred_at,
            each.clock_offset + timedelta(seconds=draw(st.integers(0, 600))),
            each.received_at,
            each.body,
        )
        for each in (draw(st.lists(st.sampled_from(day), max_size=8)) if day else [])
    ]
    mixed = draw(st.permutations([*day, *again]))
    cut = draw(st.integers(0, len(mixed)))
    return day, [mixed[:cut], mixed[cut:]]


def told(record: Record) -> object:
    return (
        record.standings, record.clock, record.spans, record.arrived_at, record.left_at,
        record.answers, record.wasted_trips, record.second_visits,
    )  # fmt: skip


@given(arrivals())
def test_late_duplicate_and_reordered_commands_converge(
    arrived: tuple[list[Command], list[list[Command]]],
) -> None:
    day, parts = arrived
    in_parts = fold([each for part in parts for each in part], FACTS, RULE)
    assert told(in_parts) == told(fold(day, FACTS, RULE))


@given(arrivals())
def test_the_fees_that_count_are_those_of_the_whole_day_however_it_arrived(
    arrived: tuple[list[Command], list[list[Command]]],
) -> None:
    day, parts = arrived
    decided: dict[str, Decided] = {}
    known: list[Command] = []
    for part in parts:
        known += part
        anew = decided_anew(fees_of(fold(known, FACTS, RULE), RULE), decided)
        for each in anew:
            earlier = decided.get(each.fee.fee_key)
            assert each.version == (earlier.version + 1 if earlier else 1)
        decided |= {each.fee.fee_key: each for each in anew}
    counts = {key: each.fee for key, each in decided.items() if not each.void}
    assert counts == {fee.fee_key: fee for fee in fees_of(fold(day, FACTS, RULE), RULE)}


@given(days())
def test_every_command_is_answered_and_none_is_lost(day: list[Command]) -> None:
    assert set(fold(day, FACTS, RULE).standings) == {each.command_id for each in day}


@given(days())
def test_stretches_of_work_and_waiting_follow_one_another(day: list[Command]) -> None:
    spans = fold(day, FACTS, RULE).spans
    for before, after in itertools.pairwise(spans):
        assert before.ends_at is not None
        assert before.starts_at <= before.ends_at <= after.starts_at
