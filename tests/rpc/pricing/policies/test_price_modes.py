"""One key changes the season, and it returns by itself."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from kit.clock import FixedClock
from kit.errors import (
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    ServiceError,
    Unavailable,
)
from protos.pricing.v1 import policy_pb2 as pb
from protos.pricing.v1 import pricing_pb2
from tests.rpc.conftest import Served
from tests.rpc.pricing.policies.asking import (
    DAY,
    GUANGZHOU,
    asked,
    by_mode,
    events_of,
    key,
    percent_off,
    preview,
    rate,
    refused,
    stamp,
    total,
)

if TYPE_CHECKING:
    from protos.pricing.v1.policy_pb2_grpc import PolicyServiceAsyncStub as Policies
    from protos.pricing.v1.pricing_pb2_grpc import PricingServiceAsyncStub as Quotes


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
