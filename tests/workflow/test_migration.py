"""Running cases move to another version on the real server: while they wait, with timers, children and
field work; another worker takes them up; what is not safe stays."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from protos.cases.v1 import cases_pb2, migrations_pb2
from protos.flow.v1 import flow_pb2
from tests.workflow.conftest import Office, eventually
from tests.workflow.flows import INSTALL, MEASURE, ORDER, PURCHASE
from tests.workflow.test_replan import ROUND_THE_WEEK, due_of, lasting, told
from workflows.activities.migrating import CaseMoves
from workflows.client import StartedCase, WantedMigration
from workflows.runtime.migration import MigrationOrder, MigrationReply, Outcome

#: Measured, and then drawn.
THEN_DRAWN = (
    MEASURE.replace("respond: 2h", "respond: 6h")
    .replace(
        "  - {id: done",
        "  - {id: sketch, kind: form, name: 出图, stage: presale, assignee: {role: designer},"
        " form: [{id: link, kind: text, name: 链接}]}\n  - {id: done",
    )
    .replace(
        "{from: measure, to: done}", "{from: measure, to: sketch}\n  - {from: sketch, to: done}"
    )
)
#: Measured under another name of the node.
RENAMED = (
    MEASURE.replace("start: measure", "start: visit")
    .replace("id: measure\n", "id: visit\n")
    .replace("from: measure", "from: visit")
)


@pytest.fixture(autouse=True)
def people(real_office: Office) -> None:
    real_office.company.people = {
        "designer": ["pe_li"],
        "sales": ["pe_wang"],
        "supervisor": ["pe_chen"],
    }
    real_office.company.technicians = ["pe_tian"]


@pytest.fixture
async def office(real_office: Office) -> AsyncIterator[Office]:
    async with real_office.worker():
        yield real_office


def order(flow: flow_pb2.FlowVersion, key: str, **choices: str) -> MigrationOrder:
    return MigrationOrder(key, flow.version, "pe_ops", choices, reason="新版本", origin="cli")


async def move(
    office: Office, case: StartedCase, flow: flow_pb2.FlowVersion, **choices: str
) -> MigrationReply:
    wanted = order(flow, f"mg/{case.case_id}/{flow.version}", **choices)
    return await CaseMoves(office.temporal).move(case.workflow_id, wanted, flow.plan_hash)


async def of_version(office: Office, case: StartedCase, version: int) -> cases_pb2.Case:
    async def look() -> cases_pb2.Case | None:
        found = await office.case(case)
        return found if found.flow_version == version else None

    return await eventually(look, f"the case has version {version}")


async def test_a_case_that_waits_for_a_person_moves_with_its_task_and_its_deadline(
    real_office: Office,
) -> None:
    office = real_office
    async with office.worker():
        case = await office.start(MEASURE)
        task = await office.task_of("pe_li", case)
        flow = await office.publish(THEN_DRAWN)
        assert (await move(office, case, flow)).applied
        moved = await of_version(office, case, flow.version)
        assert moved.plan_hash == flow.plan_hash
        [open_task] = moved.user_tasks
        assert open_task.user_task_id == task.user_task_id
        later = open_task.respond_due_at.ToDatetime() - task.respond_due_at.ToDatetime()
        assert later.total_seconds() == 4 * 3600
    async with office.worker():
        again = await office.task_of("pe_li", case)
        await office.act(again, "complete", "pe_li", form={"note": "好"})

        async def sketch() -> cases_pb2.UserTask | None:
            tasks = await office.inbox("pe_li", case)
            return next((task for task in tasks if task.node == "sketch"), None)

        await office.act(await eventually(sketch, "it is to be drawn"), "complete", "pe_li")
        assert await office.outcome(case) == "completed"
    acts = [act for act in await office.acts(case) if act.verb == "migrate"]
    assert [(act.acting_person_id, act.comment, act.origin) for act in acts] == [
        ("pe_ops", "新版本", "cli")
    ]


async def test_the_same_order_is_carried_out_once(office: Office) -> None:
    case = await office.start(MEASURE)
    await office.task_of("pe_li", case)
    flow = await office.publish(THEN_DRAWN)
    first, second = await move(office, case, flow), await move(office, case, flow)
    assert (first.applied, second.applied) == (True, True)
    await of_version(office, case, flow.version)
    await office.settled(case)
    assert len([act for act in await office.acts(case) if act.verb == "migrate"]) == 1


async def test_a_case_on_a_node_that_is_gone_is_refused_until_it_is_said_where_it_goes_on(
    office: Office,
) -> None:
    case = await office.start(MEASURE)
    await office.task_of("pe_li", case)
    flow = await office.publish(RENAMED)
    reply = await move(office, case, flow)
    assert not reply.applied
    [question] = reply.verdict.questions
    assert [target.node for target in question.targets] == ["visit"]
    assert (await office.case(case)).flow_version == case.flow_version
    assert (await move(office, case, flow, measure="visit")).applied
    await of_version(office, case, flow.version)
    task = await office.task_of("pe_li", case)
    assert task.node == "visit"
    await office.act(task, "complete", "pe_li", form={"note": "好"})
    assert await office.outcome(case) == "completed"


async def test_a_field_work_goes_on_and_reports_to_the_moved_case(real_office: Office) -> None:
    office = real_office
    async with office.worker():
        case = await office.start(INSTALL)
        task = await office.task_of("pe_wang", case)
        await office.act(task, "complete", "pe_wang", form={"units": 1})
        offer = await office.task_of("pe_tian", case)
        flow = await office.publish(INSTALL.replace("name: 安装", "name: 安装与调试", 1))
        assert (await move(office, case, flow)).applied
        await of_version(office, case, flow.version)
    async with office.worker():
        assert (await office.act(offer, "decline", "pe_tian")).applied
        rescue = await office.task_of("pe_chen", case)
        assert rescue.node == "nobody_left"


async def test_a_case_and_its_child_move_each_by_itself_and_the_child_still_reports(
    real_office: Office,
) -> None:
    office = real_office
    async with office.worker():
        await office.publish(ORDER)
        case = await office.start(PURCHASE, label="空调")
        child = await office.child_of(case)
        check = await office.task_of("pe_chen", child)
        parent = await office.publish(PURCHASE.replace("name: 签收", "name: 验收"))
        inner = await office.publish(ORDER.replace("name: 核对工单", "name: 复核工单"))
        assert (await move(office, case, parent)).applied
        assert (await move(office, child, inner)).applied
        await of_version(office, case, parent.version)
        await of_version(office, child, inner.version)
    async with office.worker():
        await office.act(check, "approve", "pe_chen", form={"note": "good"})
        task = await office.task_of("pe_li", case)
        assert (task.node, task.title) == ("sign", "验收")
        await office.act(task, "complete", "pe_li", form={})
        assert await office.outcome(case) == "completed"


async def test_a_case_that_would_miss_a_value_stays_where_it_is(office: Office) -> None:
    case = await office.start(MEASURE)
    await office.task_of("pe_li", case)
    reads = (
        THEN_DRAWN.replace(
            "id: sketch, kind: form, name: 出图, stage: presale, assignee: {role: designer}",
            "id: sketch, kind: form, name: 出图, stage: presale, assignee: {previous: survey}",
        )
        .replace("start: measure", "start: survey")
        .replace(
            "nodes:\n",
            "nodes:\n  - {id: survey, kind: form, name: 勘察, stage: presale,"
            " assignee: {role: designer}, form: [{id: x, kind: text, name: 说明}]}\n",
            1,
        )
        .replace("edges:\n", "edges:\n  - {from: survey, to: measure}\n")
    )
    reply = await move(office, case, await office.publish(reads))
    assert not reply.applied
    assert [finding.code for finding in reply.verdict.findings] == ["MIGRATION_VALUE_UNSET"]
    assert (await office.case(case)).flow_version == case.flow_version


async def test_many_are_asked_and_only_those_that_are_safe_move(office: Office) -> None:
    cases = [await office.start(MEASURE) for _ in range(3)]
    for case in cases:
        await office.task_of("pe_li", case)
    flow = await office.publish(RENAMED)
    wanted = WantedMigration("measure", flow.version, case_ids=tuple(c.case_id for c in cases))
    dry = await migrated(office, wanted, "dry")
    needs = migrations_pb2.MIGRATION_OUTCOME_NEEDS_CHOICE
    assert [(tally.outcome, tally.node, tally.count) for tally in dry.tallies] == [
        (needs, "measure", 3)
    ]
    chosen = WantedMigration(
        "measure",
        flow.version,
        case_ids=tuple(c.case_id for c in cases),
        choices={"measure": "visit"},
        dry_run=False,
    )
    done = await migrated(office, chosen, "run")
    assert [(tally.outcome, tally.count) for tally in done.tallies] == [
        (migrations_pb2.MIGRATION_OUTCOME_MOVED, 3)
    ]
    for case in cases:
        await of_version(office, case, flow.version)


async def test_cases_that_move_to_another_calendar_are_due_by_that_one(real_office: Office) -> None:
    office = real_office
    until_nine = replace(ROUND_THE_WEEK, calendar_code="late", weekly=(((9 * 60, 21 * 60),),) * 7)
    office.company.calendars = [ROUND_THE_WEEK, until_nine]
    source = lasting(36)
    async with office.worker():
        case = await office.start(source)
        before = due_of(await told(office, case, 1))
        flow = await office.publish(source.replace("calendar: replanned", "calendar: late"))
        wanted = WantedMigration(flow.flow_code, flow.version, dry_run=False)
        done = await migrated(office, wanted, "late")
        assert [(tally.outcome, tally.count) for tally in done.tallies] == [
            (migrations_pb2.MIGRATION_OUTCOME_MOVED, 1)
        ]
        moved = await of_version(office, case, flow.version)
        assert moved.business_clock.calendar_code == "late"
        assert due_of(moved) < before
    async with office.worker():
        await office.act(
            await office.task_of("pe_li", case), "complete", "pe_li", form={"note": "好"}
        )
        assert await office.outcome(case) == "completed"
    acts = [(act.verb, act.rule) for act in await office.acts(case)]
    assert acts == [("replan", "calendar/late/1"), ("migrate", ""), ("complete", "")]
    assert len(office.company.messages_to("pe_li", "task_due")) == 1


async def test_a_case_says_that_the_calendar_of_a_version_is_not_there(office: Office) -> None:
    office.company.calendars = [ROUND_THE_WEEK]
    source = lasting(36)
    case = await office.start(source)
    await told(office, case, 1)
    flow = await office.publish(source.replace("calendar: replanned", "calendar: nowhere"))
    dry = await migrated(office, WantedMigration(flow.flow_code, flow.version), "nowhere")
    assert [(tally.code, tally.count) for tally in dry.tallies] == [
        ("MIGRATION_CALENDAR_MISSING", 1)
    ]


async def migrated(office: Office, wanted: WantedMigration, key: str) -> migrations_pb2.Migration:
    migration_id = await office.cases.migrate(wanted, by="pe_ops", key=key)
    await office.temporal.get_workflow_handle(f"migration:{migration_id}").result()
    reply = await office.caller.call(
        "cases.v1.MigrationService/GetMigration",
        migrations_pb2.GetMigrationRequest(migration_id=migration_id),
    )
    assert isinstance(reply, migrations_pb2.Migration)
    return reply


async def test_asking_changes_nothing(office: Office) -> None:
    case = await office.start(MEASURE)
    await office.task_of("pe_li", case)
    await office.settled(case)
    before = len(await office.history(case.workflow_id))
    flow = await office.publish(THEN_DRAWN)
    reply = await CaseMoves(office.temporal).look(
        case.workflow_id, order(flow, "look"), flow.plan_hash
    )
    assert reply.verdict.outcome is Outcome.SAFE
    assert len(await office.history(case.workflow_id)) == before
