"""Deadlines on the real worker: exactly one alert, or none."""

from datetime import UTC, timedelta

import pytest

from kit.clock import SHANGHAI
from tests.workflow.conftest import Office, eventually
from tests.workflow.flows import MEASURE
from workflows.client import StartedCase


@pytest.fixture(autouse=True)
def people(office: Office) -> None:
    office.company.people = {"designer": ["pe_li"], "supervisor": ["pe_chen"]}


def alerts(office: Office, case: StartedCase) -> int:
    told = office.company.messages_to("pe_chen", "sla_alert")
    return sum(message.case_id == case.case_id for message in told)


async def alerted(office: Office, case: StartedCase) -> None:
    async def look() -> bool:
        return alerts(office, case) > 0

    await eventually(look, "the supervisor is alerted")


async def test_a_designer_silent_for_two_hours_brings_exactly_one_alert(office: Office) -> None:
    case = await office.start(MEASURE)
    task = await office.task_of("pe_li", case)
    due = task.respond_due_at.ToDatetime(tzinfo=UTC)
    await office.wait_until(due - timedelta(seconds=1))
    await office.settled(case)
    assert alerts(office, case) == 0
    await office.wait_until(due)
    await alerted(office, case)
    await office.pass_time(days=30)
    await office.settled(case)
    assert alerts(office, case) == 1


async def test_an_answer_a_second_before_two_hours_are_over_brings_none(office: Office) -> None:
    case = await office.start(MEASURE)
    task = await office.task_of("pe_li", case)
    due = task.respond_due_at.ToDatetime(tzinfo=UTC)
    await office.wait_until(due - timedelta(seconds=1))
    reply = await office.act(task, "complete", "pe_li", form={"note": "周六量房"})
    assert reply.applied
    assert await office.outcome(case) == "completed"
    await office.pass_time(days=30)
    assert alerts(office, case) == 0


async def test_working_time_is_counted_by_the_calendar_that_the_case_started_with(
    office: Office,
) -> None:
    working = (
        MEASURE.replace("code: measure", "code: working")
        .replace("roles:\n", "calendar: office\nroles:\n", 1)
        .replace("calendar: natural", "calendar: business")
        .replace("respond: 2h", "respond: 9h")
    )
    case = await office.start(working)
    task = await office.task_of("pe_li", case)
    opened = task.opened_at.ToDatetime(tzinfo=SHANGHAI)
    due = task.respond_due_at.ToDatetime(tzinfo=SHANGHAI)
    assert due.weekday() < 5
    assert 9 <= due.hour <= 18
    assert due - opened >= timedelta(hours=9)
    assert (await office.case(case)).calendar_hash == "test"


async def test_who_answers_a_moment_after_a_deadline_that_many_share_finds_that_it_has_rung(
    office: Office,
) -> None:
    """What opens at night is due at one instant everywhere, and rings within a minute after it."""
    shared = (
        MEASURE.replace("code: measure", "code: shared")
        .replace("roles:\n", "calendar: office\nroles:\n", 1)
        .replace("calendar: natural", "calendar: business")
    )
    now = (await office.env.get_current_time()).astimezone(SHANGHAI)
    await office.wait_until((now + timedelta(days=1)).replace(hour=3))
    case = await office.start(shared)
    task = await office.task_of("pe_li", case)
    due = task.respond_due_at.ToDatetime(tzinfo=SHANGHAI)
    assert (due.hour, due.minute, due.second) == (11, 0, 0)
    await office.wait_until(due + timedelta(milliseconds=1))
    assert alerts(office, case) == 0
    assert (await office.act(task, "claim", "pe_li", revision=None)).applied
    await alerted(office, case)
    await office.pass_time(days=30)
    await office.settled(case)
    assert alerts(office, case) == 1
