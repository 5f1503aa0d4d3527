"""Builds of workers on the real server: which one cases begin on, and how they move to the next."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.common import VersioningBehavior
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from kit.errors import FailedPrecondition, NotFound
from stack.temporal import QUICK_FLAGS, SEARCH_ATTRIBUTE_FLAGS
from tests.conftest import PROGRAMS, START_TIMEOUT
from tests.rpc.conftest import Served
from tests.workflow.account import failed_tasks, histories, replay_failures
from tests.workflow.company import Company
from tests.workflow.conftest import Office, eventually, open_office
from tests.workflow.flows import INSTALL, MEASURE
from workflows.activities.deployment import Build, Deployment, insist
from workflows.client import StartedCase
from workflows.runtime.shell import lifetime
from workflows.system.nudge import NUDGE, Nudges

_TASK_COMPLETED = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
AT_ONCE = Nudges(per_second=50, rest_seconds=0)


@pytest.fixture
async def office(company_served: tuple[Company, Served]) -> AsyncIterator[Office]:
    """On a server of its own: which build is present holds for all that runs on one."""
    company, served = company_served
    company.reset()
    company.people = {"designer": ["pe_li"], "sales": ["pe_wang"], "supervisor": ["pe_chen"]}
    company.technicians = ["pe_tian"]
    async with (
        await WorkflowEnvironment.start_local(
            dev_server_existing_path=str(PROGRAMS / "temporal"),
            dev_server_log_level="error",
            dev_server_startup_timeout=START_TIMEOUT,
            dev_server_extra_args=[*QUICK_FLAGS, *SEARCH_ATTRIBUTE_FLAGS],
        ) as env,
        open_office(env, company, served) as office,
    ):
        yield office


def beside(office: Office, build_id: str) -> Worker:
    return office.worker(build_id=build_id, behaviour=VersioningBehavior.PINNED)


def instead(office: Office, build_id: str) -> Worker:
    return office.worker(build_id=build_id, behaviour=VersioningBehavior.AUTO_UPGRADE)


async def promote(office: Office, build_id: str) -> Deployment:
    deployment = Deployment(office.temporal)
    await insist(lambda: deployment.promote(build_id))
    return deployment


async def build_of(office: Office, workflow_id: str) -> str:
    description = await office.temporal.get_workflow_handle(workflow_id).describe()
    info = description.raw_description.workflow_execution_info.versioning_info
    return info.deployment_version.build_id


async def urge(office: Office, case: StartedCase) -> None:
    task = await office.task_of("pe_li", case)
    assert (await office.act(task, "urge", "pe_li", revision=None)).applied


async def urged_until_moved(office: Office, case: StartedCase, build_id: str) -> None:
    """Temporal tells a case of another build a moment after it was promoted."""

    async def look() -> bool:
        await urge(office, case)
        return await build_of(office, case.workflow_id) == build_id

    await eventually(look, f"the case runs on {build_id}")


async def asks(office: Office, case: StartedCase) -> bool:
    """Whether the case, urged, sees that another build is present, and asks which."""
    await urge(office, case)
    history = await office.history(case.workflow_id)
    markers = [event.marker_recorded_event_attributes for event in history]
    return any(lifetime.PRESENT_INTERPRETER in str(marker.details) for marker in markers)


async def go_round(office: Office, order: Nudges = AT_ONCE) -> int:
    nudged: int = await office.temporal.execute_workflow(
        NUDGE, order, id="nudge", task_queue="cases", result_type=int
    )
    return nudged


async def go_round_until_moved(office: Office, workflow_id: str, build_id: str) -> None:
    async def look() -> bool:
        await go_round(office)
        return await build_of(office, workflow_id) == build_id

    await eventually(look, f"{workflow_id} runs on {build_id}")


async def waiting(office: Office) -> StartedCase:
    case = await office.start(MEASURE)
    await office.task_of("pe_li", case)
    await office.settled(case)
    return case


async def finish(office: Office, case: StartedCase) -> None:
    task = await office.task_of("pe_li", case)
    assert (await office.act(task, "complete", "pe_li", form={"note": "好"})).applied
    assert await office.outcome(case) == "completed"


async def test_no_build_is_present_before_one_is_promoted(office: Office) -> None:
    deployment = Deployment(office.temporal)
    with pytest.raises(NotFound):
        await deployment.promote("1-never")
    async with beside(office, "1-first"):
        with pytest.raises(FailedPrecondition, match="no build is present"):
            await deployment.check_present()
        case = await office.start(MEASURE)
        await asyncio.gather(*(promote(office, "1-first") for _ in range(3)))
        await deployment.check_present()
        await finish(office, case)


async def test_an_idle_case_stays_on_its_build_until_it_is_nudged_onto_the_present_one(
    office: Office,
) -> None:
    async with beside(office, "1-old"), beside(office, "1-new"):
        await promote(office, "1-old")
        case = await waiting(office)
        deployment = await promote(office, "1-new")
        assert await build_of(office, case.workflow_id) == "1-old"
        assert await go_round(office, Nudges(rest_seconds=3600)) == 0
        await go_round_until_moved(office, case.workflow_id, "1-new")
        await finish(office, case)

        async def left() -> list[Build]:
            builds = await deployment.builds()
            return builds if not any(build.runs for build in builds) else []

        builds = await eventually(left, "nothing runs any more")
        assert {build.build_id: build.present for build in builds} == {
            "1-new": True,
            "1-old": False,
        }


async def test_a_busy_case_moves_by_itself_and_back_again_after_a_roll_back(office: Office) -> None:
    async with beside(office, "1-old"), beside(office, "1-new"):
        await promote(office, "1-old")
        case = await waiting(office)
        for build_id in ("1-new", "1-old"):
            await promote(office, build_id)
            await urged_until_moved(office, case, build_id)
        await finish(office, case)


async def test_a_case_never_moves_to_a_build_with_an_older_interpreter(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifetime, "_ASK_AGAIN_AFTER", timedelta(seconds=1))
    async with beside(office, "1-same"), beside(office, "0-older"):
        await promote(office, "1-same")
        case = await waiting(office)
        await promote(office, "0-older")
        await eventually(lambda: asks(office, case), "the case sees another build")
        await office.settled(case)
        assert await build_of(office, case.workflow_id) == "1-same"
        async with beside(office, "1-newer"):
            await promote(office, "1-newer")
            await urged_until_moved(office, case, "1-newer")
            await finish(office, case)


async def test_where_a_new_build_takes_the_place_of_the_old_one_it_takes_up_its_cases(
    office: Office,
) -> None:
    async with instead(office, "1-old"):
        await promote(office, "1-old")
        idle, busy = await waiting(office), await waiting(office)
    async with instead(office, "1-new"):
        await promote(office, "1-new")
        await finish(office, busy)
        await go_round_until_moved(office, idle.workflow_id, "1-new")
        started = (await office.history(idle.workflow_id))[0]
        assert started.workflow_execution_started_event_attributes.continued_execution_run_id
        await finish(office, idle)


async def test_a_new_run_replays_though_another_worker_took_it_up_for_its_second_task(
    office: Office,
) -> None:
    """A first task that gave nothing would be one with the second for the worker that takes it up, and
    a task of its own in a replay: the act would be taken before the run has begun, or after."""
    async with office.worker(build_id="early"):
        case = await office.start(MEASURE)
        await urge(office, case)
    handle = office.temporal.get_workflow_handle(case.workflow_id)
    for build_id in ("late", "early", "late"):

        async def has_begun(build_id: str = build_id) -> bool:
            """The present run began with a task on this build."""
            events = (await handle.fetch_history()).events
            first = next((e for e in events if e.event_type == _TASK_COMPLETED), None)
            return first is not None and (
                first.workflow_task_completed_event_attributes.worker_version.build_id == build_id
            )

        async with office.worker(build_id=build_id):
            await urge(office, case)
            await eventually(has_begun, f"a run has begun on {build_id}")
    runs = [history async for history in histories(office.temporal, [case.workflow_id])]
    assert len(runs) == 4, "each began on another build"
    assert [failed for history in runs for failed in failed_tasks(history)] == []
    assert (
        await replay_failures(office.temporal, histories(office.temporal, [case.workflow_id])) == []
    )


async def test_field_work_moves_with_its_case(office: Office) -> None:
    async with beside(office, "1-old"), beside(office, "1-new"):
        await promote(office, "1-old")
        case = await office.start(INSTALL)
        task = await office.task_of("pe_wang", case)
        await office.act(task, "complete", "pe_wang", form={"units": 1})
        await office.task_of("pe_tian", case)
        await office.settled(case)
        await promote(office, "1-new")
        await go_round_until_moved(office, case.workflow_id, "1-new")
        await go_round_until_moved(office, f"field_work:wo_{case.case_id}", "1-new")
        offer = await office.task_of("pe_tian", case)
        assert (await office.act(offer, "decline", "pe_tian")).applied
        rescue = await office.task_of("pe_chen", case)
        assert (await office.act(rescue, "complete", "pe_chen")).applied
        assert await office.outcome(case) == "completed"
