"""Stories of who gets the work: several are asked, a dispatcher decides, the desk takes a hand in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from google.protobuf.json_format import MessageToDict

from protos.workorder.v1 import workorder_pb2
from tests.workflow.company import COMPLETION_CODE
from tests.workflow.conftest import Office
from tests.workflow.flows import GRAB
from workflows.client import Act, StartedCase, field_work_id
from workflows.runtime.field_work.record import ORDER_CHANGED
from workflows.runtime.payloads import Signal


async def grabbed(office: Office) -> StartedCase:
    """Of two the second takes it, the desk releases it, nobody is left, and a dispatcher names one."""
    case = await office.start(GRAB)
    await office.act(await office.task_of("pe_guo", case, "offer"), "accept", "pe_guo")
    await office.task_for("pe_guo", case, "schedule")
    await _released_on_the_desk(office, case)
    await office.act(await office.task_of("pe_tian", case, "offer"), "decline", "pe_tian")
    task = await office.task_of("pe_chen", case, "dispatch")
    await office.act(
        task,
        "assign",
        "pe_chen",
        roles=("dispatcher",),
        to="pe_tian",
        comment="说好了",
    )
    start = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    for verb, form in (
        ("schedule", {"window_start": start, "window_end": start}),
        ("check_in", {}),
        ("complete", {"completion_code": COMPLETION_CODE}),
    ):
        await office.act(await office.task_for("pe_tian", case, verb), verb, "pe_tian", form=form)
    await office.outcome(case)
    return case


async def _released_on_the_desk(office: Office, case: StartedCase) -> None:
    order = office.company.work_orders[f"wo_{case.case_id}"]
    order.state = workorder_pb2.WORK_ORDER_STATE_CREATED
    order.revision = 2
    order.ClearField("technician_id")
    told = Signal(
        type=ORDER_CHANGED,
        key=order.work_order_id,
        aggregate=f"work_order:{order.work_order_id}",
        sequence=2,
        payload={"work_order": MessageToDict(order, preserving_proto_field_name=True)},
    )
    handle = office.temporal.get_workflow_handle(field_work_id(order.work_order_id))
    await handle.signal("event", told)


async def redispatched(office: Office) -> StartedCase:
    """A dispatcher has it dispatched anew, and then it is called off."""
    case = await office.start(GRAB)
    await office.task_of("pe_guo", case, "offer")
    anew = Act("anew", "redispatch", "pe_chen", roles=("dispatcher",), comment="换人")
    await office.send(field_work_id(f"wo_{case.case_id}"), anew)
    await office.task_of("pe_chen", case, "dispatch")
    cancel = Act(act_key="cancel", verb="cancel", person="pe_chen", roles=("dispatcher",))
    await office.cases.act(case.workflow_id, cancel)
    await office.outcome(case)
    return case
