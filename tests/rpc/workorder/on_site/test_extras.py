"""The door-price lock: nothing more is charged without a price and the customer's tap."""

import asyncio
from typing import Any

import pytest

from kit.authn import Actor
from kit.errors import ServiceError
from protos.common.v1.money_pb2 import Money
from protos.workorder.v1 import extra_pb2 as pb
from tests.rpc.workorder.conftest import CUSTOMER, CUSTOMER_SERVICE, DISPATCHER, Desk, technician
from tests.rpc.workorder.on_site.conftest import OnSite


async def answer(site: OnSite, extra: pb.Extra, by: Actor = CUSTOMER, **fields: Any) -> pb.Extra:
    told = await site.desk.call("ExtraService/AnswerExtra", by, **{
            "extra_id": extra.extra_id, "approved": True, **fields,
        },
    )  # fmt: skip
    assert isinstance(told, pb.Extra)
    return told


async def test_an_extra_may_be_charged_once_the_customer_has_approved_it(site: OnSite) -> None:
    extra = await site.propose()
    assert extra.state == pb.EXTRA_STATE_PROPOSED
    approved = await answer(site, extra, comment="可以")
    assert (approved.state, approved.ended_by_person_id) == (pb.EXTRA_STATE_APPROVED, "cu_li")
    site.pass_minutes(1)
    declined = await site.propose()
    assert (await answer(site, declined, approved=False)).state == pb.EXTRA_STATE_DECLINED
    listed = await site.desk.call(
        "ExtraService/ListExtras", CUSTOMER, work_order_id=site.work_order_id
    )
    assert [each.extra_id for each in listed.extras] == [extra.extra_id, declined.extra_id]
    assert listed.approved_total == Money(currency="CNY", amount_minor=16000)
    await site.complete()


async def test_work_is_not_completed_while_an_extra_waits_for_its_answer(site: OnSite) -> None:
    extra = await site.propose()
    order = await site.desk.get(site.work_order_id)
    refusal = await site.desk.refused(
        "CompleteWork", work_order_id=site.work_order_id,
        technician_id=site.technician.person_id, completion_code=order.completion_code,
    )  # fmt: skip
    assert refusal.reason == "WORK_ORDER_EXTRA_PENDING"
    assert refusal.details == {"extra_ids": extra.extra_id}
    await site.desk.call("ExtraService/WithdrawExtra", site.technician, extra_id=extra.extra_id,
        reason="现场有余料",
    )  # fmt: skip
    await site.complete()


@pytest.mark.parametrize(
    "by", [CUSTOMER_SERVICE, DISPATCHER, Actor("pe_admin", frozenset({"admin"}))]
)
async def test_nobody_taps_for_the_customer(site: OnSite, by: Actor) -> None:
    extra = await site.propose()
    refusal = await site.desk.refused(
        "ExtraService/AnswerExtra", by, extra_id=extra.extra_id, approved=True
    )
    assert refusal.reason == "EXTRA_NOT_YOURS"
    refusal = await site.desk.refused("ExtraService/AnswerExtra", Actor("cu_other", frozenset({"customer"})),
        extra_id=extra.extra_id, approved=True,
    )  # fmt: skip
    assert refusal.reason == "EXTRA_UNKNOWN"


async def test_the_technician_does_not_tap_either(site: OnSite) -> None:
    extra = await site.propose()
    refusal = await site.desk.refused("ExtraService/AnswerExtra", site.technician, extra_id=extra.extra_id,
        approved=True,
    )  # fmt: skip
    assert refusal.reason == "EXTRA_NOT_YOURS"


async def test_an_extra_that_nobody_answered_expires(site: OnSite) -> None:
    extra = await site.propose()
    site.pass_minutes(24 * 60)
    refusal = await site.desk.refused(
        "ExtraService/AnswerExtra", CUSTOMER, extra_id=extra.extra_id, approved=True
    )
    assert (refusal.reason, refusal.details) == ("EXTRA_ENDED", {"state": "expired"})
    (shown,) = (await site.record()).extras
    assert shown.state == pb.EXTRA_STATE_EXPIRED
    await site.complete()


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"quote_id": ""}, "EXTRA_INVALID"),
        ({"note": " "}, "EXTRA_INVALID"),
        ({"lines": []}, "EXTRA_INVALID"),
        (
            {"lines": [pb.ExtraLine(item_code="PCB", catalogue="spare_part_library", quantity=1)]},
            "EXTRA_PART_UNPROVEN",
        ),
    ],
)
async def test_an_extra_without_price_reason_or_proof_is_refused(
    site: OnSite, wrong: dict[str, Any], reason: str
) -> None:
    refusal = await site.desk.refused(
        "ExtraService/ProposeExtra", site.technician, **site.extra(**wrong)
    )
    assert refusal.reason == reason


async def test_one_quote_is_one_extra(site: OnSite) -> None:
    extra = await site.propose()
    refusal = await site.desk.refused("ExtraService/ProposeExtra", site.technician,
        **site.extra(quote_id=extra.quote_id),
    )  # fmt: skip
    assert refusal.reason == "EXTRA_QUOTE_USED"


async def test_others_propose_nothing_and_nothing_is_proposed_for_work_that_is_done(
    site: OnSite,
) -> None:
    stranger = await site.desk.refused(
        "ExtraService/ProposeExtra", technician("pe_somebody"), **site.extra()
    )
    assert stranger.reason == "WORK_ORDER_NOT_YOURS"
    await site.complete()
    late = await site.desk.refused("ExtraService/ProposeExtra", site.technician, **site.extra())
    assert late.reason == "EXTRA_NOT_POSSIBLE"


async def test_of_a_tap_and_a_withdrawal_at_once_one_wins(site: OnSite) -> None:
    extra = await site.propose()
    ended = await asyncio.gather(
        site.desk.call("ExtraService/AnswerExtra", CUSTOMER, extra_id=extra.extra_id, approved=True),
        site.desk.call("ExtraService/WithdrawExtra", site.technician, extra_id=extra.extra_id,
            reason="x"),
        return_exceptions=True,
    )  # fmt: skip
    refusals = [each.reason for each in ended if isinstance(each, ServiceError)]
    assert refusals == ["EXTRA_ENDED"]


async def test_every_turn_of_an_extra_is_told_to_the_case(desk: Desk, site: OnSite) -> None:
    extra = await site.propose()
    await answer(site, extra)
    told = desk.rows(
        "SELECT payload, case_id FROM domain_event WHERE aggregate_id = %s ORDER BY event_number",
        extra.extra_id,
    )
    states = [pb.ExtraChanged.FromString(bytes(payload)).extra.state for payload, _ in told]
    assert states == [pb.EXTRA_STATE_PROPOSED, pb.EXTRA_STATE_APPROVED]
    assert {case_id for _, case_id in told} == {site.work_order.case_id}
