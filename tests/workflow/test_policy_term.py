"""A price mode or a freeze that ends by itself: told when it begins, recorded and told when it is over."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.client import WorkflowHandle

from kit.clock import SystemClock
from kit.db import events
from kit.errors import Unavailable
from kit.ids import new_id
from protos.pricing.v1 import policy_pb2
from tests.workflow.conftest import Office, eventually
from workflows.client import TASK_QUEUE
from workflows.relay.relay import Relay
from workflows.system.policy_term import POLICY_TERM, PolicyTerm

_numbers = count(1)
_TEMPLATE = "price_policy_changed"


def term(begins_at: datetime, ends_at: datetime | None) -> PolicyTerm:
    return PolicyTerm(
        policy_id=f"fz_{next(_numbers)}",
        what="区域特惠冻结 110105",
        where="110105",
        reason="频繁退单",
        begins_at=begins_at.isoformat(),
        ends_at=ends_at.isoformat() if ends_at else "",
        record_end="pricing.v1.PolicyService/RecordThaw",
        name_of_id="freeze_id",
    )


async def begin(office: Office, said: PolicyTerm) -> WorkflowHandle[object, None]:
    return await office.temporal.start_workflow(
        POLICY_TERM, said, id=f"policy-term:{said.policy_id}", task_queue=TASK_QUEUE
    )


def told(office: Office) -> list[tuple[str, str]]:
    return [
        (message.variables["what"], message.variables["reason"])
        for message in office.company.messages_to("pe_qian", _TEMPLATE)
    ]


BEGUN = ("区域特惠冻结 110105 已生效", "频繁退单")


async def test_a_freeze_is_told_and_after_its_week_recorded_and_told_again(office: Office) -> None:
    office.company.people = {"pricing_manager": ["pe_qian"]}
    now = await office.env.get_current_time()
    running = await begin(office, term(now, now + timedelta(days=7)))
    await running.result()
    assert await office.env.get_current_time() >= now + timedelta(days=7)
    assert office.company.calls["RecordThaw"] == 1
    assert told(office) == [BEGUN, ("区域特惠冻结 110105 已结束", "到期")]


async def test_a_season_that_lasts_for_months_is_waited_for_in_runs_of_a_week(
    office: Office,
) -> None:
    office.company.people = {"pricing_manager": ["pe_qian"]}
    now = await office.env.get_current_time()
    ends_at = now + timedelta(days=60)
    running = await begin(office, term(now + timedelta(days=10), ends_at))
    await running.result()
    assert await office.env.get_current_time() >= ends_at
    assert told(office) == [BEGUN, ("区域特惠冻结 110105 已结束", "到期")]
    last = await office.temporal.get_workflow_handle(running.id).describe()
    assert last.run_id != running.first_execution_run_id


async def test_a_service_whose_clock_is_behind_is_told_again(office: Office) -> None:
    office.company.people = {"pricing_manager": ["pe_qian"]}
    office.company.refuse["RecordThaw"] = Unavailable("PRICING_NOT_DUE", "it has not ended yet")
    now = await office.env.get_current_time()
    running = await begin(office, term(now, now + timedelta(hours=1)))
    await asyncio.sleep(0.5)
    await office.pass_time(hours=2)
    assert office.company.calls["RecordThaw"] == 0
    office.company.refuse.clear()
    await running.result()
    assert office.company.calls["RecordThaw"] == 1


async def test_what_is_ended_by_hand_is_told_with_why_and_recorded_by_nobody_else(
    office: Office,
) -> None:
    office.company.people = {"pricing_manager": ["pe_qian"]}
    now = await office.env.get_current_time()
    running = await begin(office, term(now, now + timedelta(days=7)))
    await running.signal("ended", "查清了")
    await running.result()
    assert office.company.calls["RecordThaw"] == 0
    assert told(office)[-1] == ("区域特惠冻结 110105 已结束", "查清了")


async def test_what_is_undone_before_it_begins_is_never_told(office: Office) -> None:
    office.company.people = {"pricing_manager": ["pe_qian"]}
    now = await office.env.get_current_time()
    running = await begin(office, term(now + timedelta(days=1), now + timedelta(days=2)))
    await running.signal("ended", "取消活动")
    await running.result()
    assert told(office) == []


async def test_what_has_no_end_is_told_and_not_waited_for(office: Office) -> None:
    office.company.people = {"pricing_manager": ["pe_qian"]}
    now = await office.env.get_current_time()
    await (await begin(office, term(now, None))).result()
    assert told(office) == [BEGUN]


async def test_the_thaw_is_recorded_though_nobody_can_be_told(office: Office) -> None:
    office.company.down = {"directory"}
    now = await office.env.get_current_time()
    running = await begin(office, term(now, now + timedelta(days=7)))
    await running.result()
    assert office.company.calls["RecordThaw"] == 1


async def test_a_worker_that_is_gone_at_the_thaw_leaves_it_to_the_next(real_office: Office) -> None:
    office = real_office
    office.company.people = {"pricing_manager": ["pe_qian"]}
    now = datetime.now(UTC)
    async with office.worker():
        running = await begin(office, term(now, now + timedelta(seconds=3)))
        await eventually(lambda: _is(told(office) == [BEGUN]), "its beginning is told")
    await asyncio.sleep(max(0.0, (now + timedelta(seconds=3) - datetime.now(UTC)).total_seconds()))
    assert office.company.calls["RecordThaw"] == 0
    async with office.worker():
        await running.result()
    assert office.company.calls["RecordThaw"] == 1
    assert len(told(office)) == 2


async def _is(so: bool) -> bool | None:
    return so or None


@pytest.fixture
async def relayed(real_office: Office) -> AsyncIterator[Office]:
    relay = Relay(
        real_office.database, real_office.caller, real_office.temporal, SystemClock(), TASK_QUEUE
    )
    running = asyncio.create_task(relay.run())
    async with real_office.worker():
        yield real_office
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def happen(office: Office, payload: Message, policy_id: str) -> None:
    now = datetime.now(UTC)
    event = events.NewEvent(
        event_id=new_id("ev", now),
        aggregate_type="price_policy",
        aggregate_id=policy_id,
        occurred_at=now,
        case_id="",
        acting_person_id="pe_zhao",
        payload_type=payload.DESCRIPTOR.full_name,
        payload=payload.SerializeToString(),
    )
    async with office.database.transaction() as session:
        await events.append(session, event)


def stamp(at: datetime) -> Timestamp:
    made = Timestamp()
    made.FromDatetime(at)
    return made


async def test_a_switch_and_its_return_are_told_whatever_is_delivered_twice(
    relayed: Office,
) -> None:
    office, now, switch_id = relayed, datetime.now(UTC), f"pm_{next(_numbers)}"
    office.company.people = {"pricing_manager": ["pe_qian"]}
    switch = policy_pb2.PriceModeSwitch(
        switch_id=switch_id,
        mode_code="promotion_season",
        scope=policy_pb2.PriceModeScope(place_code="CN-EAST", sales_channel="tmall"),
        begins_at=stamp(now),
        ends_at=stamp(now + timedelta(seconds=2)),
        reason="双十一",
    )
    switched = policy_pb2.PriceModeSwitched(mode_switch=switch, mode_label="大促")
    await happen(office, switched, switch_id)
    await happen(office, switched, switch_id)
    expected = [("价格模式 大促 已生效", "双十一"), ("价格模式 大促 已结束", "到期")]
    await eventually(lambda: _is(told(office) == expected), "its return is told")
    await happen(office, switched, switch_id)
    await happen(office, policy_pb2.PriceModeReturned(mode_switch=switch), switch_id)
    await asyncio.sleep(1)
    assert told(office) == expected
    assert office.company.calls["RecordPriceModeReturn"] == 1
    (first, _) = office.company.messages_to("pe_qian", _TEMPLATE)
    assert first.variables["where"] == "CN-EAST tmall"


async def test_a_freeze_that_is_thawed_by_hand_is_told_at_once(relayed: Office) -> None:
    office, now, freeze_id = relayed, datetime.now(UTC), f"fz_{next(_numbers)}"
    office.company.people = {"pricing_manager": ["pe_qian"]}
    freeze = policy_pb2.Freeze(
        freeze_id=freeze_id,
        place_code="110105",
        reason="频繁退单",
        frozen_at=stamp(now),
        thaws_at=stamp(now + timedelta(days=7)),
    )
    await happen(office, policy_pb2.RegionPolicyFrozen(freeze=freeze), freeze_id)
    await eventually(lambda: _is(told(office) == [BEGUN]), "the freeze is told")
    freeze.thaw_reason = "查清了"
    await happen(office, policy_pb2.RegionPolicyThawed(freeze=freeze), freeze_id)
    ended = ("区域特惠冻结 110105 已结束", "查清了")
    await eventually(lambda: _is(told(office) == [BEGUN, ended]), "the thaw is told")
