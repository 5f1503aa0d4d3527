"""A region that is frozen, by hand and by itself, thaws by itself though processes die meanwhile."""

import secrets
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from kit.authn import SYSTEM, TokenMinter
from kit.clock import SHANGHAI, SystemClock
from kit.rpc.client import RpcCaller
from protos.common.v1.place_pb2 import Place
from protos.workorder.v1 import workorder_pb2
from tests.e2e.conftest import Product, until

DALIAN = Place(adcode="210202", adcode_path=["210202", "210200", "210000", "CN-NORTHEAST", "CN"])


@pytest.fixture
async def caller(product: Product) -> AsyncIterator[RpcCaller]:
    keys = product.layout.keys
    minter = TokenMinter.from_file(keys / "worker.key", "worker", SystemClock())
    caller = RpcCaller.connect({"workorder": product.address("workorder")}, minter, SYSTEM)
    yield caller
    await caller.close()


async def cancel_one(caller: RpcCaller, address_id: str) -> None:
    """A work order at an address, and its end."""
    made = await caller.call(
        "workorder.v1.WorkOrderService/CreateWorkOrder",
        workorder_pb2.CreateWorkOrderRequest(
            idempotency_key=secrets.token_hex(8),
            case_id=f"ca_{secrets.token_hex(4)}",
            stage="install",
            title="空调安装",
            customer_id="cu_rough",
            address_id=address_id,
            place=DALIAN,
            lines=[workorder_pb2.WorkOrderLine(item_code="AC-INSTALL-STD", quantity=1)],
        ),
    )
    assert isinstance(made, workorder_pb2.WorkOrder)
    await caller.call(
        "workorder.v1.WorkOrderService/CancelWorkOrder",
        workorder_pb2.CancelWorkOrderRequest(
            idempotency_key=secrets.token_hex(8), work_order_id=made.work_order_id, reason="不要了"
        ),
    )


async def test_three_cancellations_at_one_address_freeze_its_district(
    product: Product, caller: RpcCaller
) -> None:
    address_id = f"ad_{secrets.token_hex(6)}"
    for _ in range(3):
        await cancel_one(caller, address_id)

    async def frozen() -> Any:
        found = await product.told("price-policy", "freezes", "--place", "210202")
        return found["freezes"] or None

    (freeze,) = await until(frozen, "the district is frozen")
    assert freeze["frozen_by_person_id"] == "system"
    assert freeze["reason"] == "同一地址 30 天内取消 3 单，自动冻结"
    preview = await product.told("quote", "preview", "AC-INSTALL-STD", "--adcode", "210202")
    assert preview["inputs"]["frozen_place_codes"] == ["210202"]
    assert int(preview["total"]["amount_minor"]) > 0


async def test_a_freeze_thaws_at_its_time_though_worker_and_pricing_were_killed(
    product: Product,
) -> None:
    until_then = datetime.now(SHANGHAI) + timedelta(seconds=12)
    frozen = await product.told(
        "price-policy", "freeze", "210203", "--until", until_then.isoformat(), "--reason", "核查"
    )
    killed = {name: product.kill(name) for name in ("workflows", "pricing")}
    for name, process_id in killed.items():
        await product.ready_again(name, process_id)

    async def thawed() -> Any:
        found = await product.told("price-policy", "freezes", "--place", "210203")
        (freeze,) = found["freezes"]
        return freeze if freeze.get("thawed_at") else None

    freeze = await until(thawed, "the thaw is in the audit", seconds=90)
    assert freeze["thawed_at"] == frozen["thaws_at"]
    assert (freeze["thawed_by_person_id"], freeze["thaw_reason"]) == ("system", "到期自动解冻")
