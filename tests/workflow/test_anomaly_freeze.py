"""From returns at one address to a frozen district and back, through the real services and the relay."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from kit.authn import SYSTEM, Actor
from kit.clock import FixedClock, SystemClock
from kit.rpc.client import RpcCaller
from kit.rpc.convert import instant_to_proto
from kit.rpc.methods import find_method, request_class
from protos.common.v1.place_pb2 import Place
from protos.pricing.v1 import (  # noqa: F401 - their descriptors are looked up by name
    book_pb2,
    library_pb2,
    policy_pb2,
    pricing_pb2,
)
from protos.workorder.v1 import anomaly_pb2, workorder_pb2
from services.pricing.main import mounts as pricing_mounts
from services.workorder.main import mounts as workorder_mounts
from tests.conftest import PROGRAMS, START_TIMEOUT
from tests.rpc.conftest import Serve, Served
from tests.rpc.pricing.policies.asking import asked, percent_off, rate
from tests.unit.pricing.conftest import shipped_items
from tests.workflow.company import Company
from tests.workflow.conftest import AREAS, Office, open_office, register_search_attributes
from workflows.client import TASK_QUEUE
from workflows.relay.relay import Relay
from workflows.relay.routes import PROJECTIONS
from workflows.system.sweep import SWEEP, Sweep
from workflows.worker import make_worker

CHAOYANG = Place(
    adcode="110105", adcode_path=["110105", "110100", "110000", "CN-NORTH", "CN"],
    zones_known=True,
)  # fmt: skip
WEEK = timedelta(days=7)
_FREEZES = next(each for each in PROJECTIONS if (each.source, each.target) == (
    "workorder", "pricing"))  # fmt: skip
_keys = count(1)

SUPERVISOR = Actor("pe_chen", frozenset({"supervisor"}))


@dataclass
class Trade:
    """Work orders and prices as they really are; who is told, in memory."""

    office: Office
    workorder: Served
    pricing: Served
    clock: FixedClock
    relay: Relay

    async def call(self, name: str, by: Actor = SYSTEM, **fields: Any) -> Any:
        served = self.workorder if name.startswith("workorder.") else self.pricing
        message = request_class(find_method(name))
        if "idempotency_key" in message.DESCRIPTOR.fields_by_name:
            fields.setdefault("idempotency_key", f"trade-{next(_keys)}")
        return await served.as_(by).call(name, message(**fields))

    async def returned(self, address_id: str) -> None:
        """A work order at an address that is called off."""
        service = "workorder.v1.WorkOrderService"
        made = await self.call(
            f"{service}/CreateWorkOrder",
            case_id=f"ca_{next(_keys)}",
            stage="install",
            title="空调安装",
            customer_id="cu_rough",
            address_id=address_id,
            place=CHAOYANG,
            lines=[workorder_pb2.WorkOrderLine(item_code="AC-INSTALL-STD", quantity=1)],
        )
        which = made.work_order_id
        await self.call(f"{service}/CancelWorkOrder", work_order_id=which, reason="不要了")

    async def swept(self) -> list[anomaly_pb2.Anomaly]:
        """What stands after a round of the schedule's own workflow."""
        sweep = Sweep("workorder.v1.AnomalyService/SweepAnomalies")
        name = f"anomalies-{next(_keys)}"
        await self.office.temporal.execute_workflow(SWEEP, sweep, id=name, task_queue=TASK_QUEUE)
        listed = await self.call("workorder.v1.AnomalyService/ListAnomalies", SUPERVISOR)
        return list(listed.anomalies)

    async def carried(self) -> None:
        """What has happened goes where the relay takes it."""
        while await self.relay.project(_FREEZES):
            pass
        while await self.relay.tell_anomalies():
            pass
        while await self.relay.tell_policy_terms():
            pass

    async def total(self) -> int:
        facts: pricing_pb2.QuoteFacts = asked("home", place=CHAOYANG)
        quoted = await self.call("pricing.v1.PricingService/PreviewQuote", facts=facts)
        return int(quoted.total.amount_minor)

    async def freezes(self) -> list[policy_pb2.Freeze]:
        found = await self.call("pricing.v1.PolicyService/ListFreezes", place_code="110105")
        return list(found.freezes)

    def told(self, person: str, template: str) -> list[str]:
        messages = self.office.company.messages_to(person, template)
        return [message.variables["what"] for message in messages]


@pytest.fixture
async def trade(serve: Serve, company_served: tuple[Company, Served]) -> AsyncIterator[Trade]:
    company, served = company_served
    company.reset()
    company.people = {"supervisor": ["pe_chen"], "pricing_manager": ["pe_zhao"]}
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(PROGRAMS / "temporal-test-server"),
        test_server_startup_timeout=START_TIMEOUT,
    ) as env:
        await register_search_attributes(env.client)
        clock = FixedClock(await env.get_current_time())
        workorder = await serve("workorder", workorder_mounts(clock), clock)
        pricing = await serve("pricing", pricing_mounts(clock), clock)
        addresses = dict.fromkeys(AREAS, served.address)
        addresses |= {"workorder": workorder.address, "pricing": pricing.address}
        caller = RpcCaller.connect(addresses, served.signing.minter, SYSTEM)
        async with open_office(env, company, served) as office:
            relay = Relay(office.database, caller, office.temporal, SystemClock(), TASK_QUEUE)
            async with make_worker(office.temporal, caller, build_id="test"):
                yield Trade(office, workorder, pricing, clock, relay)
        await caller.close()
        for each in (workorder, pricing):
            await each.stop()


async def special_book(trade: Trade) -> None:
    """An installation for 150, and a fifth off in Beijing by a special policy."""
    book = book_pb2.PriceBookVersion(
        price_book_code="home",
        currency="CNY",
        resolution_order=["place", "price_mode"],
        phases=["premium"],
        rates=[rate("AC-INSTALL-STD", 150)],
        promotions=[percent_off("SPECIAL", "0.8", place_code="110000", special=True)],
    )
    for item in shipped_items():
        await trade.call("pricing.v1.LibraryService/PutItem", item=item)
    await trade.call("pricing.v1.PriceBookService/PublishPriceBook", price_book=book)


async def test_n1_v16_returns_are_raised_confirmed_frozen_quoted_at_the_standard_price_and_thaw(
    trade: Trade,
) -> None:
    await special_book(trade)
    # Two are enough here; pricing's own protection counts three cancellations and stays out of it.
    rule = anomaly_pb2.AnomalyRule(
        kind=anomaly_pb2.ANOMALY_KIND_REPEATED_RETURNS, window_hours=720, threshold=2,
        severity=anomaly_pb2.ANOMALY_SEVERITY_HIGH, freeze_hours=168, enabled=True,
    )  # fmt: skip
    await trade.call("workorder.v1.AnomalyService/PutAnomalyRule", SUPERVISOR, rule=rule)
    assert await trade.total() == 12_000

    await trade.returned("ad_rough")
    assert not await trade.swept()
    await trade.returned("ad_rough")
    (anomaly,) = await trade.swept()
    await trade.carried()
    assert await trade.swept() == [anomaly], "another round raises nothing anew"
    await trade.carried()
    assert not await trade.freezes(), "nobody has confirmed it yet"
    assert await trade.total() == 12_000
    notice = trade.office.temporal.get_workflow_handle(f"anomaly-notice:{anomaly.anomaly_id}")
    await notice.result()
    assert trade.told("pe_chen", "anomaly_raised") == ["反复退单"]

    confirmed = await trade.call(
        "workorder.v1.AnomalyService/ConfirmAnomaly",
        SUPERVISOR,
        anomaly_id=anomaly.anomaly_id,
        reason="样板间骗补",
    )
    thaws_at = instant_to_proto(trade.clock.now() + WEEK)
    assert confirmed.frozen_until == thaws_at
    await trade.carried()
    (frozen,) = await trade.freezes()
    assert (frozen.anomaly_id, frozen.frozen_by_person_id) == (anomaly.anomaly_id, "pe_chen")
    assert frozen.thaws_at == thaws_at
    assert not frozen.HasField("thawed_at")
    assert await trade.total() == 15_000, "the standard price goes on"

    term = trade.office.temporal.get_workflow_handle(f"policy-term:{frozen.freeze_id}")
    trade.clock.advance(WEEK)
    await term.result()
    assert await trade.total() == 12_000
    (thawed,) = await trade.freezes()
    assert (thawed.thawed_at, thawed.thawed_by_person_id) == (thaws_at, "system")
    assert [each.rpartition(" ")[2] for each in trade.told("pe_zhao", "price_policy_changed")] == [
        "已生效",
        "已结束",
    ]
