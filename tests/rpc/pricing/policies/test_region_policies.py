"""What a region goes by, and what kind of day it is there."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from kit.clock import FixedClock
from kit.errors import (
    NotFound,
)
from protos.common.v1.place_pb2 import Place
from protos.pricing.v1 import policy_pb2 as pb
from tests.rpc.pricing.policies.asking import BEIJING, DAY, asked, key, preview, refused, stamp

if TYPE_CHECKING:
    from protos.pricing.v1.policy_pb2_grpc import PolicyServiceAsyncStub as Policies
    from protos.pricing.v1.pricing_pb2_grpc import PricingServiceAsyncStub as Quotes


async def test_a_region_settles_by_the_policy_of_its_finest_place(
    policies: "Policies", clock: FixedClock
) -> None:
    async def put(place_code: str, cycle: pb.SettlementCycle.ValueType) -> None:
        said = pb.RegionPolicy(
            place_code=place_code, settlement_cycle=cycle, discount_note="满减不叠加"
        )
        await policies.PutRegionPolicy(
            pb.PutRegionPolicyRequest(idempotency_key=key(), region_policy=said)
        )

    async def at(place: Place, when: datetime) -> int:
        request = pb.GetRegionPolicyRequest(place=place, at=stamp(when))
        return (await policies.GetRegionPolicy(request)).settlement_cycle

    missing = await refused(at(BEIJING, clock.now()), NotFound)
    assert (missing.reason, missing.field) == ("PRICING_REGION_POLICY_MISSING", "place")
    await put("CN-NORTH", pb.SETTLEMENT_CYCLE_MONTHLY)
    before = clock.now()
    clock.advance(DAY)
    await put("110100", pb.SETTLEMENT_CYCLE_WEEKLY)
    assert await at(BEIJING, before) == pb.SETTLEMENT_CYCLE_MONTHLY
    assert await at(BEIJING, clock.now()) == pb.SETTLEMENT_CYCLE_WEEKLY
    listed = await policies.ListRegionPolicies(pb.ListRegionPoliciesRequest(place_code="110100"))
    assert [each.discount_note for each in listed.region_policies] == ["满减不叠加"]


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        ("2026-05-01", "holiday"),
        ("2026-05-05", "rest_day"),  # a day off in the place of 2026-05-09
        ("2026-05-09", "workday"),  # a Saturday that is worked
        ("2026-05-10", "rest_day"),
    ],
)
async def test_a_quote_knows_holidays_and_weekends_that_are_worked(
    stub: "Quotes", publish: Any, day: str, kind: str
) -> None:
    book = "days"
    at = datetime.fromisoformat(f"{day}T10:00+08:00")
    if day == "2026-05-01":
        await publish(book)
    result = await preview(stub, asked(book, priced_at=stamp(at)))
    assert result.inputs.day_kind == kind
