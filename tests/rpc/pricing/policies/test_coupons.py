"""Coupons: whose they are, and how many there are."""

import asyncio
from typing import TYPE_CHECKING, Any

from kit.clock import FixedClock
from kit.errors import (
    FailedPrecondition,
    ServiceError,
)
from protos.common.v1.place_pb2 import Place
from protos.pricing.v1 import book_pb2, pricing_pb2
from protos.pricing.v1 import policy_pb2 as pb
from tests.rpc.conftest import Served
from tests.rpc.pricing.policies.asking import (
    BEIJING,
    DAY,
    GUANGZHOU,
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


async def new_coupons(
    policies: "Policies", promotion: str, codes: list[str], **batch: Any
) -> pb.CouponBatch:
    said = pb.CouponBatch(promotion_code=promotion, **{"quota_per_code": 1, **batch})
    return await policies.CreateCouponBatch(
        pb.CreateCouponBatchRequest(idempotency_key=key(), batch=said, codes=codes)
    )


def reserve(policies: "Policies", code: str, case_id: str, customer: str = "cu_1") -> Any:
    return policies.ReserveCoupon(
        pb.ReserveCouponRequest(
            idempotency_key=key(), coupon_code=code, case_id=case_id, customer_id=customer
        )
    )


async def test_a_coupon_gives_the_promotion_of_its_region_and_never_the_other(
    stub: "Quotes", policies: "Policies", publish: Any
) -> None:
    """满200减30 in the North and 第二件半价 in the South (V15), each by its own coupon."""
    threshold = book_pb2.Promotion.Threshold(threshold=yuan(200), reduction=yuan(30))
    book = await publish(
        "regional",
        promotions=[
            book_pb2.Promotion(
                promotion_code="NORTH", label="满200减30", place_code="CN-NORTH",
                needs_coupon=True, threshold=threshold,
            ),
            book_pb2.Promotion(
                promotion_code="SOUTH", label="第二件半价", place_code="CN-SOUTH",
                needs_coupon=True, nth_item=book_pb2.Promotion.NthItem(nth=2, ratio="0.5"),
            ),
        ],
    )  # fmt: skip
    await new_coupons(policies, "NORTH", ["NORTH2026"])
    await new_coupons(policies, "SOUTH", ["SOUTH2026"])

    async def yuan_of(place: Place, *codes: str) -> int:
        facts = asked(book, quantity=2, place=place, coupon_codes=codes)
        return await total(stub, facts) // 100

    assert await yuan_of(BEIJING) == 300
    assert await yuan_of(BEIJING, "north-2026") == 270
    assert await yuan_of(GUANGZHOU, "SOUTH2026") == 225
    assert await yuan_of(BEIJING, "NORTH2026", "SOUTH2026") == 270
    assert await yuan_of(GUANGZHOU, "NORTH2026", "SOUTH2026") == 225


async def test_a_coupon_that_cannot_be_used_names_where_it_stands(
    stub: "Quotes", policies: "Policies", publish: Any, clock: FixedClock
) -> None:
    book = await publish("couponed", promotions=[percent_off("TENTH", "0.9", needs_coupon=True)])
    now = clock.now()
    await new_coupons(policies, "TENTH", ["GOOD", "GONE"])
    await new_coupons(policies, "TENTH", ["LATER"], valid_from=stamp(now + DAY))
    await new_coupons(policies, "ELSEWHERE", ["OTHER"])
    ended = await new_coupons(policies, "TENTH", ["ENDED"])
    await policies.EndCouponBatch(
        pb.EndCouponBatchRequest(idempotency_key=key(), batch_id=ended.batch_id)
    )
    await reserve(policies, "GONE", "ca_first")
    for code, reason in {
        "NOSUCH": "PRICING_COUPON_UNKNOWN",
        "GONE": "PRICING_COUPON_EXHAUSTED",
        "LATER": "PRICING_COUPON_NOT_YET",
        "ENDED": "PRICING_COUPON_EXPIRED",
        "OTHER": "PRICING_COUPON_ELSEWHERE",
    }.items():
        facts = asked(book, coupon_codes=["GOOD", code])
        refusal = await refused(preview(stub, facts), ServiceError)
        assert (refusal.reason, refusal.field) == (reason, "facts.coupon_codes[1]")
    assert await total(stub, asked(book, coupon_codes=["GOOD"])) == 13500

    # The case that has reserved it is quoted with it.
    own = pricing_pb2.QuoteRequest(
        idempotency_key=key(), case_id="ca_first", facts=asked(book, coupon_codes=["gone"])
    )
    assert (await stub.Quote(own)).total.amount_minor == 13500


async def test_a_coupon_is_reserved_redeemed_and_given_back_each_once(
    pricing: Served, policies: "Policies"
) -> None:
    await new_coupons(policies, "LIFE", ["LIFE1"], quota_per_code=2)
    use = await reserve(policies, "life1", "ca_1")
    assert (await reserve(policies, "LIFE1", "ca_1")) == use

    async def coupon() -> pb.Coupon:
        (found,) = (await policies.ListCoupons(pb.ListCouponsRequest(coupon_code="LIFE1"))).coupons
        return found

    assert ((await coupon()).taken, (await coupon()).quota) == (1, 2)

    def redeem() -> Any:
        return policies.RedeemCoupon(
            pb.RedeemCouponRequest(idempotency_key=key(), coupon_use_id=use.coupon_use_id)
        )

    def release() -> Any:
        return policies.ReleaseCoupon(
            pb.ReleaseCouponRequest(idempotency_key=key(), coupon_use_id=use.coupon_use_id)
        )

    redeemed = await redeem()
    assert redeemed.state == pb.COUPON_USE_STATE_REDEEMED
    assert await redeem() == redeemed
    released = await release()
    assert released.state == pb.COUPON_USE_STATE_RELEASED
    assert await release() == released
    assert (await coupon()).taken == 0
    assert (await refused(redeem(), FailedPrecondition)).reason == "PRICING_COUPON_RELEASED"
    states = [
        each.coupon_use.state
        for each in await events_of(pricing, pb.CouponUseChanged, use.coupon_use_id)
    ]
    assert states == [1, 2, 3]
    (listed,) = (await policies.ListCouponUses(pb.ListCouponUsesRequest(case_id="ca_1"))).uses
    assert listed == released


async def test_of_fifty_who_want_one_of_five_five_get_it(policies: "Policies") -> None:
    await new_coupons(policies, "RUSH", ["RUSH"], quota_per_code=5)
    won = await asyncio.gather(
        *(reserve(policies, "RUSH", f"ca_rush{n}", f"cu_{n}") for n in range(50)),
        return_exceptions=True,
    )
    got = [each for each in won if isinstance(each, pb.CouponUse)]
    assert len(got) == 5
    assert {each.reason for each in won if isinstance(each, ServiceError)} == {
        "PRICING_COUPON_EXHAUSTED"
    }


async def test_a_customer_who_asks_ten_times_at_once_gets_two(policies: "Policies") -> None:
    codes = [f"EACH{n}" for n in range(10)]
    await new_coupons(policies, "EACH", codes, quota_per_code=9, limit_per_customer=2)
    won = await asyncio.gather(
        *(reserve(policies, code, f"ca_{code}", "cu_greedy") for code in codes),
        return_exceptions=True,
    )
    assert sum(isinstance(each, pb.CouponUse) for each in won) == 2
    assert {each.reason for each in won if isinstance(each, ServiceError)} == {
        "PRICING_COUPON_LIMIT_REACHED"
    }


async def test_made_codes_are_listed_page_by_page(policies: "Policies") -> None:
    batch = await policies.CreateCouponBatch(
        pb.CreateCouponBatchRequest(
            idempotency_key=key(),
            batch=pb.CouponBatch(promotion_code="MADE", quota_per_code=1),
            generated_count=120,
        )
    )
    assert batch.code_count == 120
    request, codes = pb.ListCouponsRequest(batch_id=batch.batch_id), []
    while True:
        page = await policies.ListCoupons(request)
        codes += [coupon.coupon_code for coupon in page.coupons]
        request.page.page_token = page.page.next_page_token
        if not request.page.page_token:
            break
    assert len(set(codes)) == len(codes) == 120
    taken = await refused(new_coupons(policies, "MADE", ["FREE", codes[7]]), ServiceError)
    assert (taken.reason, taken.field) == ("PRICING_COUPON_TAKEN", "codes[1]")
