"""Child cases on the real worker: another flow, started, heard of, cancelled and undone."""

import pytest
from google.protobuf.json_format import MessageToDict

from tests.workflow.conftest import Office
from tests.workflow.flows import ORDER, PURCHASE
from workflows.client import Act, StartedCase
from workflows.runtime.shell import lifetime


@pytest.fixture(autouse=True)
async def company(office: Office) -> None:
    office.company.people = {
        "designer": ["pe_li"],
        "supervisor": ["pe_chen"],
        "sales": ["pe_wang"],
    }
    await office.publish(ORDER)


async def ordered(office: Office, case: StartedCase, note: str) -> StartedCase:
    """The child's approval is given."""
    child = await office.child_of(case)
    task = await office.task_of("pe_chen", child)
    assert (await office.act(task, "approve", "pe_chen", form={"note": note})).applied
    return child


async def test_another_flow_is_lived_through_as_a_case_of_its_own(office: Office) -> None:
    case = await office.start(PURCHASE, label="空调")
    child = await ordered(office, case, "good")
    known = await office.case(child)
    assert (known.flow_code, known.title) == ("order", "采购 · 下单")
    assert known.calendar_hash == "test", "its own calendar, asked for by itself"
    sign = await office.task_of("pe_li", case)
    assert (await office.act(sign, "complete", "pe_li")).applied
    assert await office.outcome(case) == "completed"
    data = MessageToDict((await office.case(case)).data)
    assert data["order"] == {"work_order_id": f"wo_{child.case_id}", "note": "good"}


async def test_a_child_that_fails_takes_its_parents_error_path(office: Office) -> None:
    case = await office.start(PURCHASE, label="空调")
    await ordered(office, case, "bad")
    by_hand = await office.task_of("pe_wang", case)
    assert by_hand.node == "by_hand"
    child = await office.child_of(case, "CASE_STATE_FAILED")
    assert (await office.case(child)).incident == "ORDER_REFUSED"


async def test_a_child_that_cannot_start_fails_and_says_why(office: Office) -> None:
    case = await office.start(PURCHASE, label="名称太长" * 5)
    assert (await office.task_of("pe_wang", case)).node == "by_hand"
    child = await office.child_of(case, "CASE_STATE_FAILED")
    assert (await office.case(child)).incident == "CASE_FORM_INVALID"


async def test_a_cancelled_case_cancels_its_child_which_undoes_itself(office: Office) -> None:
    case = await office.start(PURCHASE, label="空调")
    await office.task_of("pe_chen", await office.child_of(case))
    cancel = Act(act_key="cancel", verb="cancel", person="pe_clerk", comment="退单")
    assert (await office.cases.act(case.workflow_id, cancel)).applied
    assert await office.outcome(case) == "cancelled"
    assert office.company.undone == ["CancelWorkOrder"]
    await office.child_of(case, "CASE_STATE_CANCELLED")


async def test_what_a_child_has_done_is_undone_when_its_parent_is_cancelled_later(
    office: Office,
) -> None:
    case = await office.start(PURCHASE, label="空调")
    await ordered(office, case, "good")
    await office.task_of("pe_li", case)
    cancel = Act(act_key="cancel", verb="cancel", person="pe_clerk", comment="退单")
    assert (await office.cases.act(case.workflow_id, cancel)).applied
    assert await office.outcome(case) == "cancelled"
    assert office.company.undone == ["CancelWorkOrder"]


async def test_a_child_reports_to_a_parent_that_has_continued_as_new(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await office.start(PURCHASE, label="空调")
    await office.child_of(case)
    monkeypatch.setattr(lifetime, "MOST_EVENTS", 10)
    for number in range(4):
        note = Act(act_key=f"note-{number}", verb="comment", person="pe_clerk", comment="?")
        assert (await office.cases.act(case.workflow_id, note)).applied
    await ordered(office, case, "good")
    sign = await office.task_of("pe_li", case)
    assert (await office.act(sign, "complete", "pe_li")).applied
    assert await office.outcome(case) == "completed"
