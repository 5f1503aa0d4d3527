"""What a case comes through: odd texts, children that die or are not wanted before they live."""

from __future__ import annotations

import asyncio

import pytest

from protos.settlement.v1 import settlement_pb2
from tests.workflow.conftest import Office, eventually
from tests.workflow.flows import INSTALL, MEASURE
from workflows.client import Act, StartedCase
from workflows.runtime.shell import lifetime


async def with_offer(office: Office) -> StartedCase:
    office.company.people = {"sales": ["pe_wang"], "supervisor": ["pe_chen"]}
    office.company.technicians = ["pe_tian"]
    case = await office.start(INSTALL)
    task = await office.task_of("pe_wang", case)
    await office.act(task, "complete", "pe_wang", form={"units": 1})
    await office.task_of("pe_tian", case)
    return case


async def test_a_character_that_no_database_keeps_does_not_keep_the_case_from_its_record(
    office: Office,
) -> None:
    office.company.people = {"designer": ["pe_li"]}
    case = await office.start(MEASURE)
    task = await office.task_of("pe_li", case)
    assert (await office.act(task, "comment", "pe_li", comment="a\0b", revision=None)).applied
    assert (await office.act(task, "complete", "pe_li", form={"note": "好"})).applied
    assert await office.outcome(case) == "completed"
    comments = [act.comment for act in await office.acts(case)]
    assert comments == ["a\ufffdb", ""]


async def test_a_field_work_that_was_terminated_by_hand_is_begun_anew_by_operations(
    real_office: Office,
) -> None:
    office = real_office
    async with office.worker():
        case = await with_offer(office)
        await office.temporal.get_workflow_handle(f"field_work:wo_{case.case_id}").terminate()
        stands = await office.case_in(case, "CASE_STATE_INCIDENT")
        assert "terminated" in stands.incident.lower()
        again = Act(
            act_key="again", verb="retry", person="pe_ops", roles=("ops",), incident_id="install/1"
        )
        assert (await office.cases.act(case.workflow_id, again)).applied

        async def offered_anew() -> bool:
            return "install/2/offer/1" in {
                task.user_task_id for task in await office.inbox("pe_tian", case)
            }

        await eventually(offered_anew, "the technician sees the new offer")


async def test_a_run_that_takes_a_case_over_notices_a_field_work_that_died(
    real_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = real_office
    async with office.worker():
        case = await with_offer(office)
        monkeypatch.setattr(lifetime, "MOST_EVENTS", 20)
        for number in range(2):
            note = Act(act_key=f"note-{number}", verb="comment", person="pe_chen", comment="?")
            assert (await office.cases.act(case.workflow_id, note)).applied

        async def is_new_run() -> bool:
            first = (await office.history(case.workflow_id))[0]
            started = first.workflow_execution_started_event_attributes
            return bool(started.continued_execution_run_id)

        await eventually(is_new_run, "the case takes a new run")
        await office.temporal.get_workflow_handle(f"field_work:wo_{case.case_id}").terminate()
        # Nothing tells this run; the next one asks.
        for number in range(8):
            note = Act(act_key=f"more-{number}", verb="comment", person="pe_chen", comment="?")
            assert (await office.cases.act(case.workflow_id, note)).applied
        stands = await office.case_in(case, "CASE_STATE_INCIDENT")
        assert stands.incident


async def test_a_case_that_is_cancelled_while_its_children_begin_leaves_none_alive(
    real_office: Office,
) -> None:
    office = real_office
    office.company.people = {"sales": ["pe_wang"], "supervisor": ["pe_chen"]}
    office.company.technicians = ["pe_tian"]
    async with office.worker():
        for number in range(4):
            case = await office.start(INSTALL)
            task = await office.task_of("pe_wang", case)
            await office.act(task, "complete", "pe_wang", form={"units": 1})
            cancel = Act(
                act_key=f"cancel-{number}", verb="cancel", person="pe_chen", roles=("supervisor",)
            )
            await office.cases.act(case.workflow_id, cancel)
            assert await office.outcome(case) == "cancelled"
            running = [
                workflow.id
                async for workflow in office.temporal.list_workflows(
                    "ExecutionStatus = 'Running' AND WorkflowType = 'field_work'"
                )
                if case.case_id in workflow.id
            ]
            assert running == []


async def test_an_offer_accepted_at_the_very_moment_of_the_cancellation_owes_nobody_anything(
    real_office: Office,
) -> None:
    office = real_office
    async with office.worker():
        for number in range(3):
            case = await with_offer(office)
            offer = await office.task_of("pe_tian", case)
            cancel = Act(
                act_key=f"cancel-{number}", verb="cancel", person="pe_chen", roles=("supervisor",)
            )
            accepting = asyncio.create_task(office.act(offer, "accept", "pe_tian"))
            cancelling = asyncio.create_task(office.cases.act(case.workflow_id, cancel))
            await accepting
            assert (await cancelling).applied
            assert await office.outcome(case) == "cancelled"
            earning = office.company.earnings[f"er_wo_{case.case_id}_pe_tian"]
            assert earning.state == settlement_pb2.EARNING_STATE_CANCELLED


async def test_an_acceptance_under_way_is_carried_out_once_by_the_worker_that_comes_next(
    real_office: Office,
) -> None:
    office = real_office
    async with office.worker():
        case = await with_offer(office)
        offer = await office.task_of("pe_tian", case)
        office.company.down = {"workorder"}
        pending = await office.act(offer, "accept", "pe_tian", act_key="accept")
        assert pending.refusal is not None
        assert pending.refusal.reason == "CASE_ACT_PENDING"
    office.company.down = set()
    async with office.worker():

        async def accepted() -> bool:
            return (await office.act(offer, "accept", "pe_tian", act_key="accept")).applied

        await eventually(accepted, "the acceptance goes through")
    assert office.company.calls["AcceptOffer"] == 1
