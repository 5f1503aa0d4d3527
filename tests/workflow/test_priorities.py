"""A case's priority on the real worker: its child cases are as urgent, from the beginning and later."""

from __future__ import annotations

import pytest

from protos.cases.v1 import cases_pb2
from tests.workflow.conftest import Office, eventually
from tests.workflow.flows import ORDER, PURCHASE
from workflows.client import Act, StartedCase

URGENCY = """priorities:
  - {id: urgent, name: 加急, when: inputs.label == "急"}
  - {id: normal, name: 普通, default: true}
roles:"""
URGENT_ORDER = ORDER.replace("code: order", "code: urgent_order").replace("roles:", URGENCY)
URGENT_PURCHASE = (
    PURCHASE.replace("code: purchase", "code: urgent_purchase")
    .replace("roles:", URGENCY)
    .replace(
        "flow: order, input: {label: =inputs.label}", "flow: urgent_order, input: {label: 空调}"
    )
)


@pytest.fixture(autouse=True)
async def company(office: Office) -> None:
    office.company.people = {"supervisor": ["pe_chen"], "sales": ["pe_wang"]}
    await office.publish(URGENT_ORDER)


def order(verb: str, to: str = "", comment: str = "") -> Act:
    roles = ("sales",)
    return Act(verb, verb, person="pe_wang", roles=roles, to=to, comment=comment)


async def becomes_urgent(office: Office, case: StartedCase) -> None:
    async def look() -> bool:
        return (await office.case(case)).priority.priority_id == "urgent"

    await eventually(look, "the case is urgent")


async def test_a_child_case_starts_as_urgent_as_its_parent(office: Office) -> None:
    case = await office.start(URGENT_PURCHASE, label="急")
    child = await office.child_of(case)
    task = await office.task_of("pe_chen", child)
    assert (task.priority.priority_id, task.priority.rank) == ("urgent", -1)


async def test_a_child_case_follows_when_its_parent_becomes_urgent(office: Office) -> None:
    case = await office.start(URGENT_PURCHASE, label="空调")
    child = await office.child_of(case)
    await office.task_of("pe_chen", child)
    assert (await office.case(child)).priority.priority_id == "normal"
    assert (await office.cases.act(case.workflow_id, order("prioritise", to="urgent"))).applied
    await becomes_urgent(office, case)
    await becomes_urgent(office, child)
    [told] = [act for act in await office.acts(child) if act.verb == "prioritise"]
    assert (told.acting_person_id, told.rule) == ("system", "parent")


async def test_what_a_child_case_is_told_before_it_has_its_calendar_is_not_lost(
    office: Office,
) -> None:
    office.company.slow["GetCalendar"] = 3
    prioritised = await office.start(URGENT_PURCHASE, label="空调")
    cancelled = await office.start(URGENT_PURCHASE, label="空调")
    for case, act in (
        (prioritised, order("prioritise", to="urgent")),
        (cancelled, order("cancel", comment="退单")),
    ):
        await office.settled(case)
        assert (await office.cases.act(case.workflow_id, act)).applied
    await becomes_urgent(office, await office.child_of(prioritised))
    assert await office.outcome(cancelled) == "cancelled"
    child = await office.child_of(cancelled)
    assert (await office.case(child)).state == cases_pb2.CASE_STATE_CANCELLED
