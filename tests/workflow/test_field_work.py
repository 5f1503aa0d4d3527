"""A work order lived through: offers, answers, the visit, and what is undone on the way."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.json_format import MessageToDict

from protos.cases.v1 import cases_pb2
from protos.settlement.v1 import settlement_pb2
from tests.workflow.company import COMPLETION_CODE
from tests.workflow.conftest import Office, eventually
from tests.workflow.flows import INSTALL
from workflows.client import Act, StartedCase


@pytest.fixture(autouse=True)
def people(office: Office) -> None:
    office.company.people = {"sales": ["pe_wang"], "supervisor": ["pe_chen"]}
    office.company.technicians = ["pe_tian", "pe_guo"]


async def begun(office: Office) -> StartedCase:
    case = await office.start(INSTALL)
    task = await office.task_of("pe_wang", case)
    await office.act(task, "complete", "pe_wang", form={"units": 2})
    return case


def earning(office: Office, case: StartedCase, technician: str) -> settlement_pb2.Earning:
    return office.company.earnings[f"er_wo_{case.case_id}_{technician}"]


async def visit(office: Office, case: StartedCase, *verbs: str) -> cases_pb2.UserTask:
    """The visit's task once it offers these verbs."""

    async def look() -> cases_pb2.UserTask | None:
        tasks = await office.inbox("pe_tian", case)
        return next((task for task in tasks if tuple(task.verbs) == verbs), None)

    return await eventually(look, f"the visit offers {verbs}")


async def on_site(office: Office, case: StartedCase) -> cases_pb2.UserTask:
    """Accepted, scheduled and checked in: the work can be completed."""
    offer = await office.task_of("pe_tian", case, "offer")
    assert (await office.act(offer, "accept", "pe_tian")).applied
    start = datetime.now(UTC) + timedelta(days=1)
    window = {
        "window_start": start.isoformat(),
        "window_end": (start + timedelta(hours=2)).isoformat(),
    }
    accepted = await visit(office, case, "schedule")
    assert (await office.act(accepted, "schedule", "pe_tian", form=window)).applied
    scheduled = await visit(office, case, "schedule", "check_in")
    assert (await office.act(scheduled, "check_in", "pe_tian")).applied
    return await visit(office, case, "complete")


async def test_the_offer_shows_the_earning_line_by_line_and_so_does_the_message(
    office: Office,
) -> None:
    case = await begun(office)
    offer = await office.task_of("pe_tian", case)
    assert (offer.user_task_kind, list(offer.verbs)) == ("offer", ["accept", "decline"])
    assert offer.workflow_id == f"field_work:wo_{case.case_id}"
    context = MessageToDict(offer.context)
    shown = context["earning"]
    assert shown["total"]["amount_minor"] == 24_000
    assert [(line["label"], line["amount"]["amount_minor"]) for line in shown["lines"]] == [
        ("基础费", 19_200),
        ("五环内溢价", 4_800),
    ]
    assert "completion_code" not in context["work_order"]

    async def told() -> bool:
        return bool(office.company.messages_to("pe_tian", "work_order_offer"))

    await eventually(told, "the technician is told")
    message = office.company.messages_to("pe_tian", "work_order_offer")[-1]
    assert message.variables["amount"] == "¥240.00"
    assert message.variables["earning_lines"] == "基础费 ¥192.00\n五环内溢价 ¥48.00"


async def test_work_that_is_accepted_and_completed_with_the_code_locks_the_earning(
    office: Office,
) -> None:
    case = await begun(office)
    task = await on_site(office, case)
    reply = await office.act(
        task, "complete", "pe_tian", form={"completion_code": COMPLETION_CODE, "summary": "好"}
    )
    assert reply.applied
    assert await office.outcome(case) == "completed"
    assert earning(office, case, "pe_tian").state == settlement_pb2.EARNING_STATE_LOCKED
    verbs = ["complete", "accept", "schedule", "check_in", "complete"]

    async def all_told() -> bool:
        return [act.verb for act in await office.acts(case)] == verbs

    await eventually(
        all_told, "the field work tells its last act, perhaps after the case has ended"
    )
    assert COMPLETION_CODE not in str(await office.acts(case))


async def test_a_technicians_act_asked_for_again_after_the_end_is_answered_as_it_was(
    office: Office,
) -> None:
    """Whoever lost the answer knows the task, and perhaps not which workflow held it."""
    case = await begun(office)
    task = await on_site(office, case)
    form = {"completion_code": COMPLETION_CODE}
    done = Act("visit-done", "complete", "pe_tian", task_id=task.user_task_id, form=form)
    assert (await office.cases.act(task.workflow_id, done, case.case_id)).applied
    assert await office.outcome(case) == "completed"
    field_work = office.temporal.get_workflow_handle(task.workflow_id)
    assert await field_work.result() == "completed"
    for workflow_id in (task.workflow_id, case.workflow_id):
        assert (await office.cases.act(workflow_id, done, case.case_id)).applied
        never = replace(done, act_key="never-done")
        refused = await office.cases.act(workflow_id, never, case.case_id)
        assert refused.refusal is not None
        assert refused.refusal.reason == "CASE_OVER"


async def test_a_declined_offer_asked_for_again_is_answered_by_the_case_as_it_was(
    office: Office,
) -> None:
    case = await begun(office)
    offer = await office.task_of("pe_tian", case)
    declined = Act("offer-declined", "decline", "pe_tian", task_id=offer.user_task_id)
    assert (await office.cases.act(offer.workflow_id, declined)).applied
    await office.task_of("pe_guo", case)
    assert (await office.cases.act(case.workflow_id, declined)).applied
    other = await office.cases.act(case.workflow_id, replace(declined, act_key="never-declined"))
    assert other.refusal is not None
    assert other.refusal.reason == "CASE_VERB_UNKNOWN"


async def test_a_wrong_code_is_refused_to_the_technician_and_the_visit_stays_open(
    office: Office,
) -> None:
    case = await begun(office)
    task = await on_site(office, case)
    wrong = await office.act(task, "complete", "pe_tian", form={"completion_code": "000000"})
    assert not wrong.applied
    assert wrong.refusal is not None
    assert wrong.refusal.reason == "WORK_ORDER_CODE_WRONG"
    right = await office.act(task, "complete", "pe_tian", form={"completion_code": COMPLETION_CODE})
    assert right.applied
    assert await office.outcome(case) == "completed"


async def test_a_declined_offer_goes_to_the_next_and_its_earning_is_cancelled(
    office: Office,
) -> None:
    case = await begun(office)
    offer = await office.task_of("pe_tian", case)
    assert (await office.act(offer, "decline", "pe_tian", comment="太远")).applied
    following = await office.task_of("pe_guo", case)
    assert following.user_task_kind == "offer"
    assert await office.inbox("pe_tian", case) == []
    assert earning(office, case, "pe_tian").state == settlement_pb2.EARNING_STATE_CANCELLED
    assert earning(office, case, "pe_guo").state == settlement_pb2.EARNING_STATE_ESTIMATED


async def test_offers_that_nobody_answers_expire_one_by_one_until_the_case_hears_of_it(
    office: Office,
) -> None:
    case = await begun(office)
    first = await office.task_of("pe_tian", case)
    await office.wait_until(first.respond_due_at.ToDatetime(tzinfo=UTC))
    second = await office.task_of("pe_guo", case)
    late = await office.act(first, "accept", "pe_tian")
    assert late.refusal is not None
    assert late.refusal.reason == "CASE_TASK_CLOSED"
    await office.wait_until(second.respond_due_at.ToDatetime(tzinfo=UTC))
    rescue = await office.task_of("pe_chen", case)
    assert rescue.node == "nobody_left"
    keys = {act.verb for act in await office.acts(case)}
    assert keys == {"complete"}, "nobody but the clock has ended the offers"


async def test_a_cancelled_case_ends_its_field_work_and_undoes_backwards(office: Office) -> None:
    case = await begun(office)
    await office.task_of("pe_tian", case)
    office.company.undone.clear()
    cancel = Act(
        act_key="cancel", verb="cancel", person="pe_chen", roles=("supervisor",), comment="退单"
    )
    assert (await office.cases.act(case.workflow_id, cancel)).applied
    assert await office.outcome(case) == "cancelled"
    assert earning(office, case, "pe_tian").state == settlement_pb2.EARNING_STATE_CANCELLED
    assert office.company.undone == ["CancelWorkOrder"]
    assert (await office.case(case)).state == cases_pb2.CASE_STATE_CANCELLED

    async def gone() -> bool:
        return await office.inbox("pe_tian", case) == []

    await eventually(gone, "the offer is gone from the inbox")


async def test_an_acceptance_waits_for_a_service_that_is_down_and_is_not_lost(
    office: Office,
) -> None:
    case = await begun(office)
    offer = await office.task_of("pe_tian", case)
    office.company.down = {"workorder"}
    try:
        reply = await office.act(offer, "accept", "pe_tian")
    finally:
        office.company.down = set()
    assert not reply.applied
    assert reply.refusal is not None
    assert reply.refusal.reason == "CASE_ACT_PENDING"
    assert (await visit(office, case, "schedule")).assignee_person_id == "pe_tian"
