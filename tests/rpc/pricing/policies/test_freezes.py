"""Special policies are put aside where orders are cancelled too often."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from google.protobuf.any_pb2 import Any as AnyMessage

from kit.authn import Actor
from kit.clock import FixedClock
from kit.errors import (
    FailedPrecondition,
    PermissionDenied,
    Unavailable,
)
from protos.common.v1.place_pb2 import Place
from protos.events.v1 import events_pb2
from protos.pricing.v1 import book_pb2, policy_pb2_grpc
from protos.pricing.v1 import policy_pb2 as pb
from protos.workorder.v1 import workorder_pb2
from tests.rpc.conftest import Served
from tests.rpc.pricing.policies.asking import (
    BEIJING,
    DAY,
    GUANGZHOU,
    NEXT_DOOR,
    asked,
    events_of,
    key,
    percent_off,
    preview,
    refused,
    stamp,
    total,
    yuan,
)

if TYPE_CHECKING:
    from protos.pricing.v1.policy_pb2_grpc import PolicyServiceAsyncStub as Policies
    from protos.pricing.v1.pricing_pb2_grpc import PricingServiceAsyncStub as Quotes


def cancelled(number: int, at: datetime, address_id: str, place: Place) -> events_pb2.DomainEvent:
    changed = workorder_pb2.WorkOrderChanged(
        work_order=workorder_pb2.WorkOrder(
            work_order_id=f"wo_{address_id}_{number}",
            state=workorder_pb2.WORK_ORDER_STATE_CANCELLED,
            address_id=address_id,
            place=place,
        )
    )
    payload = AnyMessage()
    payload.Pack(changed)
    return events_pb2.DomainEvent(
        event_id=f"ev_{address_id}_{number}", occurred_at=stamp(at), payload=payload
    )


async def apply(pricing: Served, *events: events_pb2.DomainEvent) -> int:
    answer = await pricing.as_().call(
        "events.v1.ProjectionService/ApplyEvents",
        events_pb2.ApplyEventsRequest(source="workorder", events=events),
    )
    assert isinstance(answer, events_pb2.ApplyEventsResponse)
    return answer.applied_count


async def freezes_of(policies: "Policies", place_code: str, at: datetime) -> list[pb.Freeze]:
    request = pb.ListFreezesRequest(place_code=place_code, holding_at=stamp(at))
    return list((await policies.ListFreezes(request)).freezes)


async def test_v16_repeated_cancellations_freeze_the_special_policy_and_it_thaws_by_itself(
    pricing: Served, stub: "Quotes", policies: "Policies", publish: Any, clock: FixedClock
) -> None:
    book = await publish(
        "v16",
        promotions=[
            percent_off("SPECIAL", "0.8", place_code="110000", special=True),
            percent_off("ORDINARY", "0.9", place_code="110000", priority=1),
        ],
        modifiers=[
            book_pb2.Modifier(
                modifier_code="SUBSIDY", label="区域补贴", phase="premium", automatic=True,
                combine_mode=book_pb2.COMBINE_MODE_ADD_AMOUNT, amount=yuan(-10),
                place_code="110000", special=True,
            )
        ],
    )  # fmt: skip
    facts, ordinary = asked(book), 15000 * 9 // 10
    special = (15000 - 1000) * 8 // 10 * 9 // 10
    assert await total(stub, facts) == special

    now = clock.now()
    events = [cancelled(n, now - (3 - n) * DAY, "ad_rough", BEIJING) for n in range(3)]
    assert await apply(pricing, *events[:2]) == 2
    assert not await freezes_of(policies, "110105", now)
    # The same event again, and an event of the same work order again, count once.
    assert await apply(pricing, events[1]) == 0
    assert not await freezes_of(policies, "110105", now)

    assert await apply(pricing, events[2]) == 1
    (frozen,) = await freezes_of(policies, "110105", now)
    thaws_at = events[2].occurred_at.ToDatetime(tzinfo=UTC) + 7 * DAY
    assert frozen.thaws_at.ToDatetime(tzinfo=UTC) == thaws_at
    assert frozen.frozen_by_person_id == "system"
    assert frozen.protection_policy_version == 1
    assert frozen.reason == "同一地址 30 天内取消 3 单，自动冻结"
    (told,) = await events_of(pricing, pb.RegionPolicyFrozen, frozen.freeze_id)
    assert told.freeze == frozen
    assert await apply(pricing, *events) == 0  # delivered again after a crash: still one freeze
    assert len(await freezes_of(policies, "110105", now)) == 1

    # The standard price still works, the ordinary promotion too; what is put aside says why.
    result = await preview(stub, facts)
    assert result.total.amount_minor == ordinary
    assert list(result.inputs.frozen_place_codes) == ["110105"]
    missed = {each.rule_id: each.reason for each in result.missed_promotions}
    assert "冻结" in missed["SPECIAL"]
    kept_out = {each.rule_id: each.reason for each in result.lines[0].rejected}
    assert "冻结" in kept_out["SUBSIDY"]
    assert await total(stub, asked(book, place=NEXT_DOOR)) == special

    # Thawed by itself: at its time, though nobody has done anything.
    facts.priced_at.CopyFrom(stamp(thaws_at - timedelta(microseconds=1)))
    assert await total(stub, facts) == ordinary
    facts.priced_at.CopyFrom(stamp(thaws_at))
    assert await total(stub, facts) == special

    # The audit row of the thaw, once, when it is told.
    async def tell() -> pb.Freeze:
        request = pb.RecordThawRequest(idempotency_key=key(), freeze_id=frozen.freeze_id)
        return await policies.RecordThaw(request)

    assert (await refused(tell(), Unavailable)).reason == "PRICING_NOT_DUE"
    clock.advance(thaws_at - clock.now())
    thawed = await tell()
    assert thawed.thawed_at.ToDatetime(tzinfo=UTC) == thaws_at
    assert (thawed.thawed_by_person_id, thawed.thaw_reason) == ("system", "到期自动解冻")
    assert await tell() == thawed
    assert len(await events_of(pricing, pb.RegionPolicyThawed, frozen.freeze_id)) == 1


async def test_cancellations_at_other_addresses_or_of_long_ago_freeze_nothing(
    pricing: Served, policies: "Policies", clock: FixedClock
) -> None:
    now = clock.now()
    await apply(pricing, *(cancelled(1, now, f"ad_other{n}", GUANGZHOU) for n in range(5)))
    await apply(
        pricing, *(cancelled(n, now - n * 16 * DAY, "ad_slow", GUANGZHOU) for n in (2, 1, 0))
    )
    await apply(pricing, *(cancelled(n, now - 20 * DAY, "ad_old", GUANGZHOU) for n in range(4)))
    await apply(pricing, *(cancelled(n, now, "", GUANGZHOU) for n in range(4)))
    assert not await freezes_of(policies, "440106", now)


async def test_a_freeze_takes_three_more_cancellations_to_be_followed_by_another(
    pricing: Served, policies: "Policies", clock: FixedClock
) -> None:
    place = Place(adcode="330106", adcode_path=["330106", "330100", "330000", "CN-EAST", "CN"])
    now = clock.now()
    for number in range(7):
        await apply(pricing, cancelled(number, now, "ad_again", place))
    assert len(await freezes_of(policies, "330106", now)) == 2


async def test_an_edited_protection_freezes_a_city_at_the_second_cancellation(
    pricing: Served, policies: "Policies", clock: FixedClock
) -> None:
    place = Place(adcode="510104", adcode_path=["510104", "510100", "510000", "CN-WEST", "CN"])
    wanted = pb.ProtectionPolicy(
        cancellation_count=2, within_days=10, freeze_days=3, reach=pb.FREEZE_REACH_CITY
    )
    put = await policies.PutProtectionPolicy(
        pb.PutProtectionPolicyRequest(idempotency_key=key(), protection_policy=wanted)
    )
    now = clock.now()
    await apply(pricing, *(cancelled(n, now, "ad_city", place) for n in range(2)))
    (frozen,) = await freezes_of(policies, "510100", now)
    assert frozen.protection_policy_version == put.version
    assert frozen.thaws_at.ToDatetime(tzinfo=UTC) == now + 3 * DAY
    back = pb.ProtectionPolicy(cancellation_count=3, within_days=30, freeze_days=7)
    await policies.PutProtectionPolicy(
        pb.PutProtectionPolicyRequest(idempotency_key=key(), protection_policy=back)
    )
    listed = await policies.ListProtectionPolicies(pb.ListProtectionPoliciesRequest())
    counts = [each.cancellation_count for each in listed.protection_policies]
    assert counts == [3, 2, 3]
    assert listed.protection_policies[0].version == put.version + 1


async def test_a_region_is_thawed_by_hand_with_who_and_why(
    pricing: Served, policies: "Policies", clock: FixedClock
) -> None:
    frozen = await policies.FreezeRegionPolicy(
        pb.FreezeRegionPolicyRequest(
            idempotency_key=key(), place_code="320100", reason="窜货调查", hours=48
        )
    )
    assert frozen.thaws_at.ToDatetime(tzinfo=UTC) == clock.now() + 2 * DAY
    clock.advance(timedelta(hours=1))
    keeper = pricing.stub(
        policy_pb2_grpc.PolicyServiceStub, Actor("pe_qian", frozenset({"pricing_manager"}))
    )

    def thaw() -> Any:
        return keeper.ThawRegionPolicy(
            pb.ThawRegionPolicyRequest(idempotency_key=key(), place_code="320100", reason="查清了")
        )

    (thawed,) = (await thaw()).freezes
    assert (thawed.thawed_by_person_id, thawed.thaw_reason) == ("pe_qian", "查清了")
    assert not await freezes_of(policies, "320100", clock.now())
    (told,) = await events_of(pricing, pb.RegionPolicyThawed, frozen.freeze_id)
    assert told.freeze == thawed
    assert (await refused(thaw(), FailedPrecondition)).reason == "PRICING_NOT_FROZEN"


async def test_who_does_not_keep_prices_neither_switches_nor_freezes(pricing: Served) -> None:
    clerk = pricing.stub(policy_pb2_grpc.PolicyServiceStub, Actor("pe_1", frozenset({"sales"})))
    for call in (
        clerk.SwitchPriceMode(pb.SwitchPriceModeRequest(idempotency_key=key())),
        clerk.FreezeRegionPolicy(pb.FreezeRegionPolicyRequest(idempotency_key=key())),
        clerk.ThawRegionPolicy(pb.ThawRegionPolicyRequest(idempotency_key=key())),
        clerk.CreateCouponBatch(pb.CreateCouponBatchRequest(idempotency_key=key())),
        clerk.PutExchangeRate(pb.PutExchangeRateRequest(idempotency_key=key())),
        clerk.PutRegionPolicy(pb.PutRegionPolicyRequest(idempotency_key=key())),
        clerk.ListCoupons(pb.ListCouponsRequest()),
        clerk.RecordThaw(pb.RecordThawRequest(idempotency_key=key())),
    ):
        assert (await refused(call, PermissionDenied)).reason == "ROLE_REQUIRED"
