"""What holds beside the price books, and what quotes make of it."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.timestamp_pb2 import Timestamp

from kit.authn import Actor
from kit.clock import FixedClock
from kit.errors import (
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ServiceError,
    Unavailable,
)
from protos.common.v1.money_pb2 import Money
from protos.common.v1.place_pb2 import Place
from protos.events.v1 import events_pb2
from protos.pricing.v1 import book_pb2, policy_pb2_grpc, pricing_pb2
from protos.pricing.v1 import policy_pb2 as pb
from protos.workorder.v1 import workorder_pb2
from tests.rpc.conftest import Served

if TYPE_CHECKING:
    from protos.pricing.v1.book_pb2_grpc import PriceBookServiceAsyncStub as Books
    from protos.pricing.v1.policy_pb2_grpc import PolicyServiceAsyncStub as Policies
    from protos.pricing.v1.pricing_pb2_grpc import PricingServiceAsyncStub as Quotes

DAY = timedelta(days=1)
BEIJING = Place(
    adcode="110105", adcode_path=["110105", "110100", "110000", "CN-NORTH", "CN"], city_tier="tier1"
)
NEXT_DOOR = Place(
    adcode="110106", adcode_path=["110106", "110100", "110000", "CN-NORTH", "CN"], city_tier="tier1"
)
GUANGZHOU = Place(
    adcode="440106", adcode_path=["440106", "440100", "440000", "CN-SOUTH", "CN"], city_tier="tier1"
)
_keys = count(1)


def key() -> str:
    return f"policies {next(_keys)}"


def stamp(at: datetime) -> Timestamp:
    made = Timestamp()
    made.FromDatetime(at)
    return made


def yuan(amount: int, currency: str = "CNY") -> Money:
    return Money(currency=currency, amount_minor=amount * 100)


@pytest.fixture(scope="module")
async def policies(pricing: Served) -> "Policies":
    return pricing.stub(policy_pb2_grpc.PolicyServiceStub)  # type: ignore[return-value]  # aio


@pytest.fixture(scope="module")
async def publish(books: "Books", standard: book_pb2.PriceBookVersion) -> Callable[..., Any]:
    """A book of an installation for 150 and a visit for 100, with these rules."""

    async def make(code: str, **rules: Any) -> str:
        book = book_pb2.PriceBookVersion(
            price_book_code=code,
            currency="CNY",
            resolution_order=["place", "price_mode"],
            phases=["premium"],
            rates=[
                rate("AC-INSTALL-STD", 150),
                rate("DEVICE-TUNING", 100),
                *rules.pop("rates", ()),
            ],
            **rules,
        )
        request = book_pb2.PublishPriceBookRequest(idempotency_key=key(), price_book=book)
        await books.PublishPriceBook(request)
        return code

    return make


def rate(item_code: str, price: int, **changes: Any) -> book_pb2.Rate:
    return book_pb2.Rate(
        item_code=item_code, list_price=yuan(price), settlement_price=yuan(price // 2), **changes
    )


def by_mode(mode: str) -> book_pb2.Conditions:
    return book_pb2.Conditions(price_mode=mode)


def percent_off(code: str, ratio: str, **changes: Any) -> book_pb2.Promotion:
    return book_pb2.Promotion(
        promotion_code=code, label=code, percent=book_pb2.Promotion.Percent(ratio=ratio), **changes
    )


def asked(book: str, item: str = "AC-INSTALL-STD", **facts: Any) -> pricing_pb2.QuoteFacts:
    line = pricing_pb2.QuoteLineRequest(
        item_code=item, quantity=facts.pop("quantity", 1), measures=facts.pop("measures", [])
    )
    facts.setdefault("place", BEIJING)
    return pricing_pb2.QuoteFacts(lines=[line], price_book_code=book, **facts)


async def preview(quotes: "Quotes", facts: pricing_pb2.QuoteFacts) -> pricing_pb2.QuoteResult:
    return await quotes.PreviewQuote(pricing_pb2.PreviewQuoteRequest(facts=facts))


async def total(quotes: "Quotes", facts: pricing_pb2.QuoteFacts) -> int:
    return (await preview(quotes, facts)).total.amount_minor


async def events_of(pricing: Served, payload: type[Any], aggregate_id: str) -> list[Any]:
    answer = await pricing.as_().call(
        "events.v1.EventService/ReadEvents", events_pb2.ReadEventsRequest(limit=1000)
    )
    assert isinstance(answer, events_pb2.ReadEventsResponse)
    found = []
    for event in answer.events:
        told = payload()
        if event.aggregate_id == aggregate_id and event.payload.Unpack(told):
            found.append(told)
    return found


async def refused(call: Any, error: type[ServiceError]) -> ServiceError:
    with pytest.raises(error) as refusal:
        await call
    return refusal.value


# -- price modes


async def test_one_key_changes_the_season_and_it_returns_by_itself(
    pricing: Served, stub: "Quotes", policies: "Policies", publish: Any, clock: FixedClock
) -> None:
    book = await publish(
        "season", rates=[rate("AC-INSTALL-STD", 99, conditions=by_mode("promotion_season"))]
    )
    facts = asked(book, sales_channel="season")
    assert await total(stub, facts) == 15000
    begins, ends = clock.now() + DAY, clock.now() + 3 * DAY
    switch = await policies.SwitchPriceMode(
        pb.SwitchPriceModeRequest(
            idempotency_key=key(), mode_code="promotion_season",
            scope=pb.PriceModeScope(place_code="110000", sales_channel="season"),
            begins_at=stamp(begins),
            ends_at=stamp(ends), reason="双十一",
        )
    )  # fmt: skip
    assert await total(stub, facts) == 15000
    facts.priced_at.CopyFrom(stamp(begins))
    result = await preview(stub, facts)
    assert (result.total.amount_minor, result.inputs.price_mode) == (9900, "promotion_season")
    for others in (
        asked(book, place=GUANGZHOU, sales_channel="season", priced_at=stamp(begins)),
        asked(book, priced_at=stamp(begins)),
    ):
        assert await total(stub, others) == 15000
    facts.priced_at.CopyFrom(stamp(ends))
    assert await total(stub, facts) == 15000  # nobody had to do anything
    (told,) = await events_of(pricing, pb.PriceModeSwitched, switch.switch_id)
    assert told.mode_switch == switch
    assert switch.switched_by_person_id == "system"


async def test_the_return_is_told_once_and_not_before_its_time(
    pricing: Served, policies: "Policies", clock: FixedClock
) -> None:
    switch = await policies.SwitchPriceMode(
        pb.SwitchPriceModeRequest(
            idempotency_key=key(), mode_code="daily", ends_at=stamp(clock.now() + DAY),
            scope=pb.PriceModeScope(place_code="530000"), reason="试行",
        )
    )  # fmt: skip

    async def tell() -> pb.PriceModeSwitch:
        request = pb.RecordPriceModeReturnRequest(idempotency_key=key(), switch_id=switch.switch_id)
        return await policies.RecordPriceModeReturn(request)

    assert (await refused(tell(), Unavailable)).reason == "PRICING_NOT_DUE"
    clock.advance(DAY)
    returned = await tell()
    assert returned.ended_at == switch.ends_at
    assert await tell() == returned
    assert len(await events_of(pricing, pb.PriceModeReturned, switch.switch_id)) == 1
    undo = pb.UndoPriceModeSwitchRequest(
        idempotency_key=key(), switch_id=switch.switch_id, reason="x"
    )
    assert (
        await refused(policies.UndoPriceModeSwitch(undo), FailedPrecondition)
    ).reason == "PRICING_SWITCH_OVER"


async def test_a_switch_is_undone_at_once_and_what_was_quoted_stays(
    pricing: Served, stub: "Quotes", policies: "Policies", publish: Any, clock: FixedClock
) -> None:
    book = await publish(
        "undone", rates=[rate("AC-INSTALL-STD", 99, conditions=by_mode("promotion_season"))]
    )
    before = clock.now()
    switch = await policies.SwitchPriceMode(
        pb.SwitchPriceModeRequest(
            idempotency_key=key(), mode_code="promotion_season", reason="误操作",
            scope=pb.PriceModeScope(cooperation_mode="undone_test"),
        )
    )  # fmt: skip
    facts = asked(book, cooperation_mode="undone_test")
    given = await stub.Quote(
        pricing_pb2.QuoteRequest(idempotency_key=key(), case_id="ca_mode", facts=facts)
    )
    assert given.total.amount_minor == 9900
    clock.advance(timedelta(minutes=5))
    undone = await policies.UndoPriceModeSwitch(
        pb.UndoPriceModeSwitchRequest(
            idempotency_key=key(), switch_id=switch.switch_id, reason="按错了"
        )
    )
    assert (undone.end_reason, undone.ended_by_person_id) == ("按错了", "system")
    assert await total(stub, facts) == 15000
    assert await stub.GetQuote(pricing_pb2.GetQuoteRequest(quote_id=given.quote_id)) == given
    # What held then, as known then.
    facts.priced_at.CopyFrom(stamp(before))
    assert await total(stub, facts) == 9900
    assert len(await events_of(pricing, pb.PriceModeReturned, switch.switch_id)) == 1


async def test_a_preview_of_a_switch_counts_what_it_would_touch(
    policies: "Policies", publish: Any
) -> None:
    await policies.PutPriceMode(
        pb.PutPriceModeRequest(
            idempotency_key=key(), price_mode=pb.PriceMode(mode_code="spring", label="开春")
        )
    )
    await publish(
        "reach",
        rates=[
            rate("AC-INSTALL-STD", 90, conditions=by_mode("spring")),
            rate("AC-INSTALL-STD", 80, conditions=by_mode("spring"), place_code="110000"),
            rate("DEVICE-TUNING", 70, conditions=by_mode("spring")),
        ],
        promotions=[percent_off("SPRING", "0.9", conditions=by_mode("spring"))],
    )
    found = await policies.PreviewPriceModeSwitch(
        pb.PreviewPriceModeSwitchRequest(
            mode_code="spring", scope=pb.PriceModeScope(place_code="440000")
        )
    )
    assert found.present_mode_code == ""
    (book,) = found.books
    assert (book.price_book_code, book.item_count, book.rate_count, book.rule_count) == (
        "reach", 2, 3, 1,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "error", "reason", "field"),
    [
        ({"mode_code": "nothing"}, NotFound, "PRICING_MODE_UNKNOWN", "mode_code"),
        ({"reason": " "}, InvalidArgument, "PRICING_REASON_MISSING", "reason"),
        (
            {"begins_at": stamp(datetime(2026, 1, 1, tzinfo=UTC))},
            InvalidArgument,
            "PRICING_SWITCH_IN_PAST",
            "begins_at",
        ),
        (
            {"ends_at": stamp(datetime(2026, 1, 1, tzinfo=UTC))},
            InvalidArgument,
            "PRICING_SWITCH_ENDS_FIRST",
            "ends_at",
        ),
    ],
)
async def test_a_switch_that_cannot_be_names_its_field(
    policies: "Policies", changes: Any, error: type[ServiceError], reason: str, field: str
) -> None:
    said = {"idempotency_key": key(), "mode_code": "daily", "reason": "x"} | changes
    refusal = await refused(policies.SwitchPriceMode(pb.SwitchPriceModeRequest(**said)), error)
    assert (refusal.reason, refusal.field) == (reason, field)


# -- V16


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


# -- coupons


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


# -- V20


def put_rate(policies: "Policies", pair: str, ratio: str, **said: Any) -> Any:
    made = pb.ExchangeRate(
        from_currency=pair[:3], to_currency=pair[3:], ratio=ratio, source="中国人民银行", **said
    )
    return policies.PutExchangeRate(
        pb.PutExchangeRateRequest(idempotency_key=key(), exchange_rate=made)
    )


BANGKOK = Place(adcode="TH-10", adcode_path=["TH-10", "TH"])
BERLIN = Place(adcode="DE-BE", adcode_path=["DE-BE", "DE", "EU"])


async def test_v20_per_visit_in_baht_and_an_annual_plan_in_euro_each_with_its_rate_and_its_refund(
    stub: "Quotes", policies: "Policies", publish: Any, clock: FixedClock
) -> None:
    book = await publish(
        "abroad",
        rates=[
            rate(
                "DEVICE-TUNING", 120, place_code="TH",
                charge=book_pb2.Charge(per_visit=book_pb2.Charge.PerVisit()),
            ),
            rate(
                "DEVICE-TUNING", 900, place_code="EU",
                charge=book_pb2.Charge(
                    annual_plan=book_pb2.Charge.AnnualPlan(
                        included_visits=4,
                        extra_visit_list_price=yuan(100),
                        extra_visit_settlement_price=yuan(50),
                    )
                ),
            ),
        ],
        taxes=[
            book_pb2.TaxRule(
                tax_code="VAT-TH", label="泰国增值税", side=book_pb2.SIDE_LIST, ratio="0.07",
                refundable_ratio="1", place_code="TH",
            ),
            book_pb2.TaxRule(
                tax_code="VAT-EU", label="欧盟增值税", side=book_pb2.SIDE_LIST, ratio="0.19",
                refundable_ratio="0.5", place_code="EU",
            ),
        ],
    )  # fmt: skip
    now = clock.now()
    baht = await put_rate(policies, "CNYTHB", "4.8", valid_from=stamp(now - DAY))
    euro = await put_rate(policies, "EURCNY", "8", valid_from=stamp(now), inverse_too=True)
    visits = [pricing_pb2.QuoteMeasure(measure="visits", measured=3)]
    thai = await preview(
        stub, asked(book, "DEVICE-TUNING", place=BANGKOK, currency="THB", measures=visits)
    )
    european = await preview(stub, asked(book, "DEVICE-TUNING", place=BERLIN, currency="EUR"))

    # 120 × 3 visits = ¥360 = ฿1728.00; ¥900 = €112.50
    for result, rate_put, since, line, tax, refund in (
        (thai, baht, "（2026-", 172800, 12096, -12096),
        (european, euro, "（2026-", 11250, 2138, -1069),
    ):
        currency = result.facts.currency
        (only,) = result.lines
        step = only.steps[-1]
        assert (step.phase, step.rule_id) == ("currency", rate_put.exchange_rate_id)
        assert since in step.explanation, "the rate's time stands on the line"
        assert step.amount_before.currency == "CNY"
        assert (only.amount.currency, only.amount.amount_minor) == (currency, line)
        assert result.inputs.exchange_valid_from == rate_put.valid_from
        amounts = [each.amount for each in result.taxes]
        assert [each.amount_minor for each in amounts] == [tax, refund]
        assert {each.currency for each in amounts} == {currency}
        assert result.total.amount_minor == line + tax + refund
    assert european.inputs.exchange_ratio == "1/8"


async def test_without_a_rate_the_currency_is_named(
    stub: "Quotes", publish: Any, policies: "Policies", clock: FixedClock
) -> None:
    book = await publish("rateless")
    await put_rate(policies, "CNYMYR", "0.6", valid_from=stamp(clock.now() + DAY))
    for currency in ("SGD", "XYZ", "MYR"):
        refusal = await refused(preview(stub, asked(book, currency=currency)), FailedPrecondition)
        assert (refusal.reason, refusal.field) == (
            "PRICING_EXCHANGE_RATE_MISSING", "facts.currency",
        )  # fmt: skip


async def test_a_corrected_rate_leaves_what_was_known_before(
    stub: "Quotes", policies: "Policies", publish: Any, clock: FixedClock
) -> None:
    book, since = await publish("corrected_rate"), clock.now()
    wrong = await put_rate(policies, "CNYUSD", "0.41", valid_from=stamp(since))
    clock.advance(DAY)
    right = await put_rate(policies, "CNYUSD", "0.14", valid_from=stamp(since))
    facts = asked(book, currency="USD", priced_at=stamp(since))
    assert await total(stub, facts) == 2100
    facts.known_at.CopyFrom(stamp(since))
    assert await total(stub, facts) == 6150

    async def at(known: datetime) -> str:
        found = await policies.GetExchangeRate(
            pb.GetExchangeRateRequest(
                from_currency="CNY", to_currency="USD", at=stamp(since), known_at=stamp(known)
            )
        )
        return found.exchange_rate_id

    assert await at(since) == wrong.exchange_rate_id
    assert await at(clock.now()) == right.exchange_rate_id
    listed = await policies.ListExchangeRates(pb.ListExchangeRatesRequest(to_currency="USD"))
    assert [each.ratio for each in listed.exchange_rates] == ["0.14", "0.41"]


async def test_open_quotes_are_revalued_at_todays_rate_page_by_page(
    pricing: Served, stub: "Quotes", policies: "Policies", publish: Any, clock: FixedClock
) -> None:
    book = await publish("revalued")
    await put_rate(policies, "CNYGBP", "0.11")
    given = []
    for quantity in (1, 2, 3):
        clock.advance(timedelta(seconds=1))
        request = pricing_pb2.QuoteRequest(
            idempotency_key=key(), case_id="ca_pound",
            facts=asked(book, currency="GBP", quantity=quantity),
        )  # fmt: skip
        given.append(await stub.Quote(request))
    own = pricing_pb2.QuoteRequest(idempotency_key=key(), case_id="ca_pound", facts=asked(book))
    await stub.Quote(own)  # in the book's own currency: no rate moves it
    clock.advance(DAY)
    rate_now = await put_rate(policies, "CNYGBP", "0.12")
    request_ = pb.RevalueQuotesRequest(currency="GBP")
    request_.page.page_size = 2
    first = await policies.RevalueQuotes(request_)
    request_.page.page_token = first.page.next_page_token
    second = await policies.RevalueQuotes(request_)
    found = [*first.quotes, *second.quotes]
    assert [each.quote_id for each in found] == [each.quote_id for each in given[::-1]]
    assert [each.total.amount_minor for each in found] == [4950, 3300, 1650]
    assert [each.difference.amount_minor for each in found] == [450, 300, 150]
    assert [each.settlement_difference.amount_minor for each in found] == [225, 150, 75]
    assert {each.revalued_exchange_rate_id for each in found} == {rate_now.exchange_rate_id}
    assert (found[0].ratio, found[0].revalued_ratio) == ("0.11", "0.12")
    sales = pricing.stub(policy_pb2_grpc.PolicyServiceStub, Actor("pe_1", frozenset({"sales"})))
    seen = await sales.RevalueQuotes(pb.RevalueQuotesRequest(currency="GBP"))  # type: ignore[misc]  # aio
    assert not any(each.HasField("settlement_difference") for each in seen.quotes)
    clock.advance(40 * DAY)
    assert not (await policies.RevalueQuotes(pb.RevalueQuotesRequest(currency="GBP"))).quotes


# -- region policies and days


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
