"""Hold-backs that fall due are released by themselves, each once, whatever is cut off in between."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from temporalio.client import WorkflowHandle

from kit.errors import Unavailable
from tests.workflow.conftest import Office, eventually
from workflows.client import TASK_QUEUE
from workflows.client.schedules import SCHEDULES
from workflows.system.holdback import HOLDBACK_RELEASE, HoldbackRelease


async def begin(office: Office, name: str, until: datetime) -> WorkflowHandle[object, int]:
    return await office.temporal.start_workflow(
        HOLDBACK_RELEASE,
        HoldbackRelease(until=until.isoformat()),
        id=f"holdbacks:{name}",
        task_queue=TASK_QUEUE,
        result_type=int,
    )


async def test_what_is_kept_for_ninety_days_goes_back_on_its_date_and_once(office: Office) -> None:
    office.company.clock["now"] = office.env.get_current_time
    now = await office.env.get_current_time()
    due = now + timedelta(days=90)
    office.company.held = {"hb_1": due, "hb_2": due + timedelta(days=1), "hb_3": due}
    running = await begin(office, "ninety", now + timedelta(days=100))
    assert await running.result() == 3
    assert office.company.released == ["hb_1", "hb_3", "hb_2"]
    assert await office.env.get_current_time() >= due + timedelta(days=1)


async def test_what_falls_due_after_the_round_is_left_to_another(office: Office) -> None:
    office.company.clock["now"] = office.env.get_current_time
    now = await office.env.get_current_time()
    office.company.held = {
        "hb_soon": now + timedelta(minutes=40),
        "hb_later": now + timedelta(hours=2),
    }
    assert await (await begin(office, "hour", now + timedelta(hours=1))).result() == 1
    assert office.company.released == ["hb_soon"]
    assert office.company.held.keys() == {"hb_later"}


async def test_many_that_are_due_go_back_page_by_page(office: Office) -> None:
    office.company.clock["now"] = office.env.get_current_time
    now = await office.env.get_current_time()
    office.company.held = {f"hb_{number:02}": now for number in range(45)}
    assert await (await begin(office, "many", now)).result() == 45
    assert len(set(office.company.released)) == len(office.company.released) == 45


async def test_a_service_that_is_down_on_the_date_releases_when_it_is_back(office: Office) -> None:
    office.company.clock["now"] = office.env.get_current_time
    now = await office.env.get_current_time()
    office.company.held = {"hb_1": now}
    office.company.refuse["ReleaseDueHoldbacks"] = Unavailable("DOWN", "not now")
    running = await begin(office, "down", now)
    await asyncio.sleep(0.5)
    assert office.company.released == []
    office.company.refuse.clear()
    assert await running.result() == 1


async def test_a_worker_that_is_killed_before_the_date_leaves_it_to_the_next(
    real_office: Office,
) -> None:
    office, now = real_office, datetime.now(UTC)
    office.company.held = {"hb_k": now + timedelta(seconds=3)}
    async with office.worker():
        running = await begin(office, "killed", now + timedelta(minutes=1))
        await eventually(lambda: _asked(office), "it has asked, and waits")
    await asyncio.sleep(max(0.0, (now + timedelta(seconds=3) - datetime.now(UTC)).total_seconds()))
    assert office.company.released == []
    async with office.worker():
        assert await running.result() == 1
    assert office.company.released == ["hb_k"]


def test_a_round_begins_every_hour() -> None:
    timed = SCHEDULES["holdbacks"]
    assert (timed.workflow, timed.cron) == (HOLDBACK_RELEASE, "1 * * * *")


async def _asked(office: Office) -> bool | None:
    return office.company.calls["ReleaseDueHoldbacks"] > 0 or None
