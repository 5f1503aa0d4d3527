"""Local pricing: within one's places, items and band, or with headquarters' approval (V17)."""

from typing import Any

import pytest

from kit.authn import Actor
from kit.errors import InvalidArgument, PermissionDenied
from protos.pricing.v1 import book_pb2 as books_pb
from protos.pricing.v1 import draft_pb2 as pb
from tests.rpc.conftest import Served
from tests.rpc.pricing.publishing import (
    HEADQUARTERS,
    a_key,
    draft_on,
    drafts_of,
    put,
    removal,
    review,
    submit,
)
from tests.rpc.pricing.test_drafts import STANDARD, a_rate, founded

pytestmark = pytest.mark.usefixtures("items")
WU = Actor("pe_wu", frozenset({"outlet_manager"}))


async def delegate(pricing: Served, **said: Any) -> pb.PriceDelegation:
    delegation = pb.PriceDelegation(
        person_id="pe_wu",
        places=[pb.DelegatedPlace(place_code="110000", places_above=["CN-NORTH", "CN"])],
        least_ratio="-0.1",
        most_ratio="0.15",
        list_only=True,
    )
    delegation.MergeFrom(pb.PriceDelegation(**said))
    return await drafts_of(pricing, HEADQUARTERS).PutPriceDelegation(
        pb.PutPriceDelegationRequest(idempotency_key=a_key(), delegation=delegation)
    )


def local(list_minor: int, place_code: str = "110105") -> books_pb.Rate:
    rate = a_rate(list_minor, place_code=place_code)
    rate.ClearField("settlement_price")
    return rate


async def edit(
    pricing: Served, draft: pb.PriceDraft, *edits: pb.PriceRuleEdit, needs_approval: bool = False
) -> pb.PriceDraft:
    return await drafts_of(pricing, WU).EditPriceDraft(
        pb.EditPriceDraftRequest(
            idempotency_key=a_key(),
            draft_id=draft.draft_id,
            edits=edits,
            needs_approval=needs_approval,
        )
    )


async def test_v17_a_price_outside_the_band_is_refused_at_its_field(pricing: Served) -> None:
    await founded(pricing, "band")
    await delegate(pricing, price_book_code="band")
    draft = await draft_on(pricing, "band", actor=WU)
    for price in (17999, 23001):
        with pytest.raises(InvalidArgument, match="PRICING_OUTSIDE_BAND") as refused:
            await edit(pricing, draft, put(local(price)))
        assert refused.value.field == "edits[0].put.rate.list_price"
        assert "needs_approval" in refused.value.message
    for price in (18000, 23000):
        assert not (await edit(pricing, draft, put(local(price)))).needs_headquarters
    shown = await drafts_of(pricing, WU).GetPriceDraft(
        pb.GetPriceDraftRequest(draft_id=draft.draft_id, changes_only=True)
    )
    assert not shown.rules[0].rule.rate.HasField("settlement_price")
    seen = await drafts_of(pricing).GetPriceDraft(
        pb.GetPriceDraftRequest(draft_id=draft.draft_id, changes_only=True)
    )
    assert seen.rules[0].rule.rate.settlement_price.amount_minor == 12000


async def test_v17_what_leaves_the_band_needs_headquarters_approval(pricing: Served) -> None:
    await founded(pricing, "beyond")
    await delegate(pricing, price_book_code="beyond")
    draft = await draft_on(pricing, "beyond", actor=WU)
    edited = await edit(pricing, draft, put(local(30000)), needs_approval=True)
    assert edited.needs_headquarters
    await submit(pricing, draft, actor=WU)
    with pytest.raises(PermissionDenied, match="PRICING_NEEDS_HEADQUARTERS"):
        await review(pricing, draft)
    approved = await review(pricing, draft, actor=HEADQUARTERS)
    assert approved.state == pb.PRICE_DRAFT_STATE_APPROVED
    with pytest.raises(PermissionDenied, match="ROLE_REQUIRED"):
        await drafts_of(pricing, WU).PublishPriceDraft(
            pb.PublishPriceDraftRequest(idempotency_key=a_key(), draft_id=draft.draft_id)
        )


async def test_a_delegate_prices_only_their_own_places_items_and_drafts(pricing: Served) -> None:
    await founded(pricing, "own")
    with pytest.raises(PermissionDenied, match="PRICING_NOT_DELEGATED"):
        await draft_on(pricing, "own", actor=Actor("pe_x", frozenset({"outlet_manager"})))
    await delegate(pricing, price_book_code="own", item_codes=[STANDARD])
    draft = await draft_on(pricing, "own", actor=WU)
    for wrong in (
        put(local(20000, "310000")),
        put(local(20000, "")),
        put(a_rate(30000, item_code="AC-INSTALL-HIGH", place_code="110105")),
        removal("rate", STANDARD),
        pb.PriceRuleEdit(put=books_pb.PriceRule(opening=books_pb.Opening(place_code="110105"))),
    ):
        with pytest.raises(PermissionDenied, match="PRICING_NOT_DELEGATED"):
            await edit(pricing, draft, wrong)
    somebody_elses = await draft_on(pricing, "own")
    with pytest.raises(PermissionDenied, match="PRICING_NOT_DELEGATED"):
        await edit(pricing, somebody_elses, put(local(20000)))


async def test_the_band_is_around_the_price_that_wins_there(pricing: Served) -> None:
    await founded(pricing, "around")
    from_city = a_rate(30000, place_code="110100")
    draft = await draft_on(pricing, "around", put(from_city))
    await review(pricing, await submit(pricing, draft))
    await drafts_of(pricing).PublishPriceDraft(
        pb.PublishPriceDraftRequest(idempotency_key=a_key(), draft_id=draft.draft_id)
    )
    await delegate(pricing, price_book_code="around")
    mine = await draft_on(pricing, "around", actor=WU)
    with pytest.raises(InvalidArgument, match="PRICING_OUTSIDE_BAND") as refused:
        await edit(pricing, mine, put(local(20000)))
    assert refused.value.field == "edits[0].put.rate.list_price"
    await edit(pricing, mine, put(local(29000)))


async def test_a_delegation_that_ended_is_none(pricing: Served) -> None:
    await founded(pricing, "ended")
    delegation = await delegate(pricing, price_book_code="ended")
    await draft_on(pricing, "ended", actor=WU)
    delegation.valid_until.FromSeconds(delegation.valid_from.seconds + 1)
    delegation.valid_from.FromSeconds(delegation.valid_from.seconds - 86400)
    delegation.valid_until.FromSeconds(delegation.valid_from.seconds + 1)
    await drafts_of(pricing, HEADQUARTERS).PutPriceDelegation(
        pb.PutPriceDelegationRequest(idempotency_key=a_key(), delegation=delegation)
    )
    with pytest.raises(PermissionDenied, match="PRICING_NOT_DELEGATED"):
        await draft_on(pricing, "ended", actor=WU)


async def test_only_headquarters_delegates_and_a_band_holds_the_price_itself(
    pricing: Served,
) -> None:
    with pytest.raises(InvalidArgument, match="PRICING_BAND_INVALID"):
        await delegate(pricing, least_ratio="0.1")
    with pytest.raises(InvalidArgument, match="PRICING_DELEGATION_INVALID"):
        await delegate(pricing, role="outlet_manager")
    request = pb.PutPriceDelegationRequest(idempotency_key=a_key())
    with pytest.raises(PermissionDenied, match="ROLE_REQUIRED"):
        await drafts_of(pricing).PutPriceDelegation(request)
