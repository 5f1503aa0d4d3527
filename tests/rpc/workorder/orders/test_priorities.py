"""How urgent work is and whose: rules, people, and what changes afterwards."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from protos.workorder.v1 import orders_pb2
from protos.workorder.v1 import workorder_pb2 as pb
from tests.rpc.workorder.conftest import CUSTOMER, CUSTOMER_SERVICE, Desk
from tests.rpc.workorder.orders.conftest import SUPERVISOR, at, team


async def put_rules(desk: Desk, *rules: orders_pb2.IntakeRule) -> orders_pb2.IntakeRules:
    """These rules and no others."""
    newest = await desk.call(at("GetIntakeRules"))
    given = orders_pb2.IntakeRules(rules_version=newest.rules_version, rules=rules, reason="雨季")
    return await desk.call(at("PutIntakeRules"), SUPERVISOR, rules=given)  # type: ignore[no-any-return]


@pytest.fixture(autouse=True)
async def no_rules_afterwards(desk: Desk) -> AsyncIterator[None]:
    yield
    await put_rules(desk)


def rule(code: str, **fields: Any) -> orders_pb2.IntakeRule:
    condition = orders_pb2.IntakeCondition(**fields.pop("condition", {}))
    return orders_pb2.IntakeRule(rule_code=code, reason=f"为 {code}", condition=condition, **fields)


LEAK = rule("leak", condition={"keywords": ["漏水"]}, priority=1)
GOLD = rule("gold", condition={"customer_levels": ["gold"]}, priority=2)
OLD = rule("old", condition={"least_age_minutes": 60}, priority=2)


async def test_the_first_rule_that_fits_says_the_priority_and_why(desk: Desk) -> None:
    await put_rules(desk, LEAK, GOLD)
    order = await desk.order(notes="厨房漏水", customer_level="gold")
    assert (order.priority, order.priority_rule, order.priority_reason) == (1, "leak", "为 leak")
    other = await desk.order(customer_level="gold")
    assert (other.priority, other.priority_rule) == (2, "gold")
    assert (await desk.order()).priority == 3


async def test_a_priority_that_is_given_wins(desk: Desk) -> None:
    await put_rules(desk, LEAK)
    order = await desk.order(notes="漏水", priority=4, priority_reason="客户不急")
    assert (order.priority, order.priority_rule, order.priority_reason) == (4, "", "客户不急")


async def test_a_need_goes_to_its_team_by_itself(desk: Desk) -> None:
    repairs, designers = await team(desk, "repair"), await team(desk, "design")
    await put_rules(
        desk,
        rule("measure", condition={"keywords": ["量房"]}, team_id=designers),
        rule("install", condition={"stages": ["install"]}, team_id=repairs),
    )
    assert (await desk.order(title="预约量房", stage="presale")).team_id == designers
    order = await desk.order()
    assert (order.team_id, order.owner_id) == (repairs, repairs)


async def test_a_work_order_is_never_without_an_owner(desk: Desk) -> None:
    order = await desk.order()
    assert order.owner_id == "system"
    taken = await desk.accepted()
    assert taken.owner_id == taken.technician_id


async def test_rules_count_the_age_when_the_priority_is_evaluated_again(desk: Desk) -> None:
    await put_rules(desk, OLD)
    order = await desk.order()
    same = await desk.call(at("ReevaluatePriority"), work_order_id=order.work_order_id)
    assert same == order
    desk.clock.advance(timedelta(minutes=61))
    older = await desk.call(at("ReevaluatePriority"), work_order_id=order.work_order_id)
    assert (older.priority, older.priority_rule, older.revision) == (2, "old", 2)


async def test_what_a_person_set_no_rule_changes(desk: Desk) -> None:
    order = await desk.order()
    set_by_hand = await desk.call(
        at("SetPriority"),
        CUSTOMER_SERVICE,
        work_order_id=order.work_order_id,
        priority=1,
        reason="老人独居",
    )
    assert (set_by_hand.priority, set_by_hand.priority_reason) == (1, "老人独居")
    await put_rules(desk, rule("all", priority=5))
    same = await desk.call(at("ReevaluatePriority"), work_order_id=order.work_order_id)
    assert same.priority == 1


async def test_who_read_an_older_revision_is_told_so(desk: Desk) -> None:
    order = await desk.order()
    given: dict[str, Any] = {
        "work_order_id": order.work_order_id,
        "expected_revision": 1,
        "reason": "急",
    }
    await desk.call(at("SetPriority"), priority=1, **given)
    refusal = await desk.refused(at("SetPriority"), priority=2, **given)
    assert refusal.reason == "WORK_ORDER_REVISION_STALE"
    assert refusal.details["revision"] == "2"
    refusal = await desk.refused("CancelWorkOrder", **given)
    assert refusal.reason == "WORK_ORDER_REVISION_STALE"
    assert (await desk.get(order.work_order_id)).priority == 1


async def test_rules_are_put_on_top_of_the_newest(desk: Desk) -> None:
    await put_rules(desk, LEAK)
    given = orders_pb2.IntakeRules(rules_version=0, rules=[GOLD], reason="x")
    refusal = await desk.refused(at("PutIntakeRules"), SUPERVISOR, rules=given)
    assert refusal.reason == "INTAKE_RULES_STALE"


async def test_a_rule_for_a_team_that_is_not_there_is_refused(desk: Desk) -> None:
    newest = await desk.call(at("GetIntakeRules"))
    given = orders_pb2.IntakeRules(
        rules_version=newest.rules_version, rules=[rule("x", team_id="tm_nobody")], reason="x"
    )
    refusal = await desk.refused(at("PutIntakeRules"), SUPERVISOR, rules=given)
    assert refusal.reason == "TEAM_UNKNOWN"


async def test_what_is_said_of_the_work_can_be_put_right_until_it_is_done(desk: Desk) -> None:
    order = await desk.order()
    changed = await desk.call(
        at("ChangeWorkOrder"),
        CUSTOMER_SERVICE,
        work_order_id=order.work_order_id,
        expected_revision=1,
        floor=9,
        reason="客户更正",
    )
    assert (changed.floor, changed.title, changed.revision) == (9, order.title, 2)
    done = await desk.completed()
    refusal = await desk.refused(
        at("ChangeWorkOrder"), work_order_id=done.work_order_id, floor=9, reason="晚了"
    )
    assert refusal.reason == "WORK_ORDER_STATE_FORBIDS"


async def test_customers_see_nothing_of_what_is_the_companys_own(desk: Desk) -> None:
    order = await desk.order(customer_level="gold", priority=1, priority_reason="大客户")
    seen = await desk.get(order.work_order_id, CUSTOMER)
    assert (seen.customer_level, seen.priority_reason, seen.owner_id) == ("", "", "")


async def test_one_shop_order_makes_one_work_order(desk: Desk) -> None:
    number = f"SO-{next(desk.numbers)}"
    given = desk.creation(source=pb.WORK_ORDER_SOURCE_SHOP, source_ref=number)
    order = await desk.call("CreateWorkOrder", **given)
    refusal = await desk.refused("CreateWorkOrder", **given)
    assert refusal.reason == "WORK_ORDER_SOURCE_TAKEN"
    assert refusal.details["work_order_id"] == order.work_order_id
    other = await desk.call("CreateWorkOrder", **{**given, "source": pb.WORK_ORDER_SOURCE_WECOM})
    assert other.source == pb.WORK_ORDER_SOURCE_WECOM
