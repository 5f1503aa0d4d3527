"""Child cases on the real worker: another flow, started, heard of, cancelled and undone."""

from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict

from protos.cases.v1 import cases_pb2
from protos.flow.v1 import flow_pb2
from tests.workflow.conftest import Office, eventually
from tests.workflow.flows import ORDER, PURCHASE
from workflows.client import Act, StartedCase
from workflows.runtime import workflow as shell


@pytest.fixture(autouse=True)
async def company(office: Office) -> None:
    office.company.people = {
        "designer": ["pe_li"],
        "supervisor": ["pe_chen"],
        "sales": ["pe_wang"],
    }
    request = flow_pb2.PublishFlowRequest(idempotency_key="publish-order", source=ORDER)
    await office.caller.call("flow.v1.FlowService/PublishFlow", request)


async def child_of(office: Office, case: StartedCase, state: str = "") -> cases_pb2.Case:
    """The child case, once the read model knows it."""

    async def look() -> cases_pb2.Case | None:
        request = cases_pb2.ListCasesRequest(parent_case_id=case.case_id)
        page: Any = await office.caller.call("cases.v1.CaseService/ListCases", request)
        found = [c for c in page.cases if state in ("", cases_pb2.CaseState.Name(c.state))]
        return found[0] if found else None

    return await eventually(look, "the child case is known")


async def ordered(office: Office, case: StartedCase, note: str) -> cases_pb2.Case:
    """The child's approval is given."""
    child = await child_of(office, case)
    mine = StartedCase(child.case_id, child.workflow_id, child.run_id, "order", 1)
    task = await office.task_of("pe_chen", mine)
    assert (await office.act(task, "approve", "pe_chen", form={"note": note})).applied
    return child


async def test_another_flow_is_lived_through_as_a_case_of_its_own(office: Office) -> None:
    case = await office.start(PURCHASE, label="空调")
    child = await ordered(office, case, "good")
    assert (child.flow_code, child.title) == ("order", "采购 · 下单")
    assert child.calendar_hash == "test", "its own calendar, asked for by itself"
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
    child = await child_of(office, case, "CASE_STATE_FAILED")
    assert child.incident == "ORDER_REFUSED"


async def test_a_child_that_cannot_start_fails_and_says_why(office: Office) -> None:
    case = await office.start(PURCHASE, label="名称太长" * 5)
    assert (await office.task_of("pe_wang", case)).node == "by_hand"
    assert (await child_of(office, case, "CASE_STATE_FAILED")).incident == "CASE_FORM_INVALID"


async def test_a_cancelled_case_cancels_its_child_which_undoes_itself(office: Office) -> None:
    case = await office.start(PURCHASE, label="空调")
    child = await child_of(office, case)
    await office.task_of("pe_chen", StartedCase(child.case_id, child.workflow_id, "", "order", 1))
    cancel = Act(act_key="cancel", verb="cancel", person="pe_clerk", comment="退单")
    assert (await office.cases.act(case.workflow_id, cancel)).applied
    assert await office.outcome(case) == "cancelled"
    assert office.company.undone == ["CancelWorkOrder"]
    await child_of(office, case, "CASE_STATE_CANCELLED")


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
    await child_of(office, case)
    monkeypatch.setattr(shell, "_MOST_EVENTS", 10)
    for number in range(4):
        note = Act(act_key=f"note-{number}", verb="comment", person="pe_clerk", comment="?")
        assert (await office.cases.act(case.workflow_id, note)).applied
    await ordered(office, case, "good")
    sign = await office.task_of("pe_li", case)
    assert (await office.act(sign, "complete", "pe_li")).applied
    assert await office.outcome(case) == "completed"
