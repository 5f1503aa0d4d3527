"""Split rules: versions, one a cooperation mode."""

import asyncio

import pytest

from kit.errors import AlreadyExists, FailedPrecondition, InvalidArgument
from protos.settlement.v1 import settlement_pb2 as pb
from tests.rpc.settlement.conftest import Desk, unique
from tests.rpc.settlement.words import portion

HALVES = (portion("technician", "1/2"), portion("platform", remaining=True))


async def newest(desk: Desk, code: str) -> pb.SplitRule:
    reply = await desk.stub.ListSplitRules(pb.ListSplitRulesRequest())
    return next(rule for rule in reply.split_rules if rule.split_rule_code == code)


async def test_a_rule_is_listed_as_it_was_put(settlement: Desk) -> None:
    code = unique("rule")
    put = await settlement.put_rule(code, code, *HALVES)
    assert (put.version, put.cooperation_mode, list(put.portions)) == (1, code, list(HALVES))
    assert await newest(settlement, code) == put


async def test_each_change_is_a_new_version(settlement: Desk) -> None:
    code = unique("rule")
    await settlement.put_rule(code, code, *HALVES)
    assert (
        await settlement.put_rule(code, code, portion("technician", "1"), version=1)
    ).version == 2
    with pytest.raises(FailedPrecondition) as refusal:
        await settlement.put_rule(code, code, *HALVES, version=1)
    assert (refusal.value.reason, refusal.value.field) == (
        "SETTLEMENT_SPLIT_RULE_STALE", "split_rule.version",
    )  # fmt: skip
    assert (await newest(settlement, code)).version == 2


async def test_putting_the_same_rule_again_changes_nothing(settlement: Desk) -> None:
    code = unique("rule")
    first = await settlement.put_rule(code, code, *HALVES)
    assert await settlement.put_rule(code, code, *HALVES) == first
    assert (await newest(settlement, code)).version == 1


async def test_changes_made_at_once_are_counted_one_after_the_other(settlement: Desk) -> None:
    code = unique("rule")
    put = await asyncio.gather(
        *(
            settlement.put_rule(
                code, code, portion("technician", f"0.{count}"), portion("platform", remaining=True)
            )
            for count in range(1, 6)
        )
    )
    assert sorted(rule.version for rule in put) == [1, 2, 3, 4, 5]


async def test_a_cooperation_mode_has_one_rule(settlement: Desk) -> None:
    with pytest.raises(AlreadyExists, match="rule standard splits") as refusal:
        await settlement.put_rule(unique("rule"), "", *HALVES)
    assert (refusal.value.reason, refusal.value.field) == (
        "SETTLEMENT_SPLIT_RULE_EXISTS", "split_rule.cooperation_mode",
    )  # fmt: skip


async def test_a_wrong_rule_is_refused_at_the_portion(settlement: Desk) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        await settlement.put_rule(
            unique("rule"), unique("mode"), portion("technician", "0.7"), portion("outlet", "1.5")
        )
    assert (refusal.value.reason, refusal.value.field) == (
        "SETTLEMENT_SPLIT_RULE_INVALID", "split_rule.portions[1].portion",
    )  # fmt: skip
