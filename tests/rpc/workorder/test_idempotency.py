"""Every command: the same key gives the same answer once more, another request with it is refused."""

from typing import Any

import pytest

from tests.rpc.workorder.conftest import Desk
from tests.rpc.workorder.test_refusals import commands, trace

#: What state each command finds, and a change to its request that makes it another one.
COMMANDS: dict[str, tuple[str, dict[str, Any]]] = {
    "RankCandidates": ("order", {"limit": 7}),
    "OfferWorkOrder": ("order", {"earning_id": "ea_other"}),
    "AcceptOffer": ("offered", {"technician_id": "pe_other"}),
    "DeclineOffer": ("offered", {"reason": "另一个原因"}),
    "ExpireOffer": ("offered", {"technician_id": "pe_other"}),
    "ScheduleAppointment": ("accepted", {"appointment": None}),
    "CheckIn": ("scheduled", {"technician_id": "pe_other"}),
    "CompleteWork": ("in_progress", {"summary": "另一个总结"}),
    "ReissueCompletionCode": ("order", {"reason": "另一个原因"}),
    "RecordAcceptance": ("completed", {"rating": 1}),
    "CancelWorkOrder": ("accepted", {"reason": "另一个原因"}),
}


@pytest.mark.parametrize("rpc", COMMANDS)
async def test_a_command_is_applied_once(desk: Desk, rpc: str) -> None:
    state, change = COMMANDS[rpc]
    zhang = await desk.technician()
    order = await (desk.order() if state == "order" else getattr(desk, state)(zhang))
    fields = {
        **commands(desk, order, zhang)[rpc],
        "idempotency_key": f"{order.work_order_id}/{rpc}",
    }
    first = await desk.call(rpc, **fields)
    after_first = trace(desk, order.work_order_id)

    assert await desk.call(rpc, **fields) == first
    refusal = await desk.refused(rpc, **{**fields, **change})
    assert (refusal.reason, refusal.field) == ("IDEMPOTENCY_KEY_CONFLICT", "idempotency_key")
    assert trace(desk, order.work_order_id) == after_first


async def test_a_creation_sent_twice_makes_one_work_order(desk: Desk) -> None:
    asked = desk.creation(case_id="ca_twice", idempotency_key="case:ca_twice/create/1")
    first = await desk.call("CreateWorkOrder", **asked)
    assert await desk.call("CreateWorkOrder", **asked) == first
    refusal = await desk.refused("CreateWorkOrder", **{**asked, "floor": 9})
    assert refusal.reason == "IDEMPOTENCY_KEY_CONFLICT"
    assert desk.rows("SELECT work_order_id FROM work_order WHERE case_id = 'ca_twice'") == [
        (first.work_order_id,)
    ]


async def test_a_refused_command_may_be_sent_again_when_it_is_possible(desk: Desk) -> None:
    zhang = await desk.technician()
    order = await desk.order()
    accept: dict[str, Any] = {
        "work_order_id": order.work_order_id,
        "technician_id": zhang,
        "idempotency_key": f"{order.work_order_id}/early",
    }
    assert (await desk.refused("AcceptOffer", **accept)).reason == "WORK_ORDER_STATE_FORBIDS"
    await desk.call("OfferWorkOrder", **desk.offer(order.work_order_id, zhang))
    assert (await desk.call("AcceptOffer", **accept)).technician_id == zhang
