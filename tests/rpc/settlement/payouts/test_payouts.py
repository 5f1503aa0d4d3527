"""Money leaves once: over a real channel that loses replies, doubles what it tells, and gives back."""

import asyncio

import pytest

from kit.authn import Actor
from kit.errors import FailedPrecondition, NotFound, PermissionDenied, ServiceError
from protos.settlement.v1 import payout_pb2 as pb
from tests.rpc.settlement.payouts.conftest import Till, key


def state(payout: pb.Payout) -> str:
    return pb.PayoutState.Name(payout.state).removeprefix("PAYOUT_STATE_")


async def test_a_technician_confirms_in_the_app_and_is_paid_net_of_tax(till: Till) -> None:
    payout = await till.ready("pe_zhang", 1_400_00)
    waiting = await till.advance(payout)
    assert (state(waiting), waiting.net.amount_minor, waiting.tax.amount_minor) == (
        "WAITING_FOR_PAYEE",
        1_280_00,
        120_00,  # (1,400 − 800) × 20 %
    )
    assert waiting.confirmation_token
    assert await till.earning_states(waiting) == {"PAYING"}
    assert await till.balance("technician:pe_zhang:earning") == (1_400_00, -1_400_00)

    await till.channel.confirm(waiting.channel_number)
    paid = await till.advance(payout)
    assert state(paid) == "PAID"
    assert await till.channel.wallet("o-pe_zhang") == 1_280_00
    assert await till.earning_states(paid) == {"PAID"}
    assert await till.balance("technician:pe_zhang:earning") == (0, 0)
    assert await till.balance("tax:withheld") == (120_00, 0)
    assert await till.balance("payout:clearing") == (0, 0)
    assert await till.balance("channel:wechat:cash") == (1_280_00, 0)
    assert (await till.desk.verify()).sound


async def test_a_lost_reply_is_followed_by_a_question_under_the_same_number(till: Till) -> None:
    payout = await till.ready("pe_zhang", confirms=True)
    await till.channel.fault("transfer", reply_lost=True)
    doubtful = await till.advance(payout)
    assert state(doubtful) == "DOUBTFUL"
    paid = await till.advance(payout)
    assert (state(paid), paid.channel_number) == ("PAID", doubtful.channel_number)
    assert len(await till.channel.transfers()) == 1
    assert await till.channel.wallet("o-pe_zhang") == 140_00


@pytest.mark.parametrize(
    "fault", [{"unclear": True}, {"unsigned": True}, {"delay_ms": 2_700}, {"code": "SYSTEM_ERROR"}]
)
async def test_whatever_is_unclear_is_doubtful_and_pays_once_in_the_end(
    till: Till, fault: dict[str, object]
) -> None:
    payout = await till.ready("pe_zhang", confirms=True)
    await till.channel.fault("transfer", **fault)
    assert state(await till.advance(payout)) == "DOUBTFUL"
    assert state(await till.advance(payout)) == "PAID"
    assert await till.channel.wallet("o-pe_zhang") == 140_00


async def test_a_request_that_never_arrived_is_sent_again_under_the_same_number(till: Till) -> None:
    payout = await till.ready("pe_zhang", confirms=True)
    await till.channel.fault("transfer", reset=True)
    assert state(await till.advance(payout)) == "DOUBTFUL"
    assert await till.channel.transfers() == []
    paid = await till.advance(payout)
    (transfer,) = await till.channel.transfers()
    assert (state(paid), transfer["out_bill_no"]) == ("PAID", payout.channel_number)


async def test_many_who_bring_one_payout_on_at_once_pay_it_once(till: Till) -> None:
    payout = await till.ready("pe_zhang", confirms=True)
    results = await asyncio.gather(
        *(till.advance(payout) for _ in range(8)), return_exceptions=True
    )
    assert not [each for each in results if isinstance(each, Exception) and not _retryable(each)]
    assert state(await till.advance(payout)) == "PAID"
    assert len(await till.channel.transfers()) == 1
    assert await till.balance("channel:wechat:cash") == (140_00, 0)


def _retryable(error: Exception) -> bool:
    return isinstance(error, ServiceError) and error.retryable


async def test_what_nobody_confirms_in_a_day_comes_back_and_is_payable_again(till: Till) -> None:
    payout = await till.ready("pe_zhang", 1_400_00)
    await till.advance(payout)
    await till.channel.advance(24 * 3600)
    returned = await till.advance(payout)
    assert (state(returned), returned.fail_reason) == ("RETURNED", "OVERDUE_CLOSE")
    assert await till.earning_states(returned) == {"PAYABLE"}
    assert await till.balance("technician:pe_zhang:earning") == (1_400_00, 0)
    assert await till.balance("tax:withheld") == (0, 0)
    assert (await till.desk.verify()).sound

    again = await till.finance("qian").RetryPayout(
        pb.RetryPayoutRequest(idempotency_key=key(), payout_id=payout.payout_id)
    )
    (second,) = again.payouts
    assert second.retries_payout_id == payout.payout_id
    assert second.channel_number != payout.channel_number
    await till.channel.payee("o-pe_zhang", confirms=True)
    await till.approve(again)
    assert state(await till.advance(second)) == "PAID"
    assert await till.channel.wallet("o-pe_zhang") == 1_280_00


async def test_a_payout_under_way_is_never_paid_a_second_time(till: Till) -> None:
    payout = await till.ready("pe_zhang")
    await till.channel.fault("transfer", reply_lost=True)
    await till.advance(payout)
    with pytest.raises(FailedPrecondition) as refused:
        await till.finance("qian").RetryPayout(
            pb.RetryPayoutRequest(idempotency_key=key(), payout_id=payout.payout_id)
        )
    assert refused.value.reason == "SETTLEMENT_PAYOUT_NOT_OVER"
    with pytest.raises(FailedPrecondition) as nothing:
        await till.draw("pe_zhang")
    assert nothing.value.reason == "SETTLEMENT_NOTHING_TO_PAY"


async def test_nobody_confirms_by_hand_what_a_payout_is_paying(till: Till) -> None:
    payout = await till.ready("pe_zhang")
    await till.advance(payout)
    (item,) = payout.items
    before = await till.get(payout)
    with pytest.raises(FailedPrecondition) as refused:
        await till.desk.confirm_payout(item.earning_id)
    assert refused.value.reason == "SETTLEMENT_EARNING_IN_PAYOUT"
    assert refused.value.details["payout_id"] == payout.payout_id
    assert await till.get(payout) == before
    assert await till.earning_states(payout) == {"PAYING"}


async def test_a_frozen_wallet_fails_definitely_and_the_earning_is_payable(till: Till) -> None:
    payout = await till.ready("pe_zhang", confirms=True, trouble="ACCOUNT_FROZEN")
    failed = await till.advance(payout)
    assert (state(failed), failed.fail_reason) == ("FAILED", "ACCOUNT_FROZEN")
    assert await till.earning_states(failed) == {"PAYABLE"}
    assert await till.balance("technician:pe_zhang:earning") == (140_00, 0)


async def test_too_little_money_with_the_channel_waits_and_then_goes(till: Till) -> None:
    payout = await till.ready("pe_zhang", confirms=True)
    await till.channel.admin("balance", {"balance_minor": 10})
    assert state(await till.advance(payout)) == "SUBMITTING"
    await till.channel.admin("balance", {"balance_minor": 1_000_00})
    assert state(await till.advance(payout)) == "PAID"


async def test_what_is_not_confirmed_can_be_taken_back_and_what_is_paid_cannot(till: Till) -> None:
    waiting = await till.ready("pe_zhang")
    await till.advance(waiting)
    back = await till.as_().WithdrawPayout(
        pb.WithdrawPayoutRequest(payout_id=waiting.payout_id, reason="金额有误")
    )
    assert (state(back), back.fail_reason) == ("RETURNED", "CANCELLED")
    paid = await till.ready("pe_liu", confirms=True)
    await till.channel.admin("knobs", {"transfer_seconds": 60})
    await till.advance(paid)
    with pytest.raises(FailedPrecondition) as refused:
        await till.as_().WithdrawPayout(
            pb.WithdrawPayoutRequest(payout_id=paid.payout_id, reason="太晚")
        )
    assert refused.value.reason == "SETTLEMENT_PAYOUT_NOT_WITHDRAWN"


async def test_neither_who_drew_nor_who_put_an_account_approves(till: Till) -> None:
    await till.payee("pe_zhang")
    await till.earned("pe_zhang")
    batch = await till.draw("pe_zhang", by="qian")
    for person in ("qian", "sun"):  # sun put the account
        with pytest.raises(PermissionDenied) as refused:
            await till.approve(batch, person)
        assert refused.value.reason == "SETTLEMENT_PAYOUT_FOUR_EYES"
    once = await till.approve(batch, "zheng", "zheng")
    assert len(once.approvals) == 1
    assert pb.PayoutBatchState.Name(once.state) == "PAYOUT_BATCH_STATE_DRAWN"
    with pytest.raises(FailedPrecondition) as early:
        await till.advance(batch.payouts[0])
    assert early.value.reason == "SETTLEMENT_PAYOUT_NOT_APPROVED"
    both = await till.approve(batch, "zhao")
    assert pb.PayoutBatchState.Name(both.state) == "PAYOUT_BATCH_STATE_APPROVED"


async def test_an_earning_cancelled_after_the_draw_is_not_paid(till: Till) -> None:
    payout = await till.ready("pe_zhang", confirms=True)
    await till.desk.cancel(payout.items[0].earning_id)
    failed = await till.advance(payout)
    assert (state(failed), failed.fail_reason) == ("FAILED", "SETTLEMENT_EARNING_STATE")
    assert await till.channel.transfers() == []
    assert (await till.desk.verify()).sound


async def test_a_technician_sees_their_own_payouts_and_no_batch(till: Till) -> None:
    own, other = await till.ready("pe_zhang"), await till.ready("pe_liu")
    zhang = till.as_(Actor("pe_zhang", frozenset({"technician"})))
    listed = await zhang.ListPayouts(pb.ListPayoutsRequest())
    assert [each.payout_id for each in listed.payouts] == [own.payout_id]
    with pytest.raises(NotFound):
        await zhang.GetPayout(pb.GetPayoutRequest(payout_id=other.payout_id))
    with pytest.raises(PermissionDenied):
        await zhang.GetPayoutBatch(pb.GetPayoutBatchRequest(payout_batch_id=own.payout_batch_id))


async def test_a_batch_can_be_cancelled_before_it_is_approved_and_drawn_again(till: Till) -> None:
    await till.payee("pe_zhang")
    await till.earned("pe_zhang")
    batch = await till.draw("pe_zhang")
    with pytest.raises(FailedPrecondition):
        await till.draw("pe_zhang")
    cancelled = await till.finance("qian").CancelPayoutBatch(
        pb.CancelPayoutBatchRequest(
            idempotency_key=key(), payout_batch_id=batch.payout_batch_id, reason="名单有误"
        )
    )
    assert state(cancelled.payouts[0]) == "CANCELLED"
    assert (await till.draw("pe_zhang")).gross.amount_minor == 140_00


async def test_who_has_no_account_is_left_out_and_named(till: Till) -> None:
    await till.payee("pe_zhang")
    await till.earned("pe_zhang")
    await till.earned("pe_wu", 70_00)
    batch = await till.draw()
    assert [each.payee_id for each in batch.payouts] == ["pe_zhang"]
    assert [(each.payee_id, each.reason) for each in batch.left_out] == [("pe_wu", "no_account")]


async def test_the_reconciliation_finds_what_the_channel_says_otherwise(till: Till) -> None:
    payout = await till.ready("pe_zhang")
    waiting = await till.advance(payout)
    request = pb.ReconcilePayoutsRequest(from_day="2000-01-01", to_day="2100-01-01")
    same = await till.finance("qian").ReconcilePayouts(request)
    assert (same.compared_count, list(same.differences)) == (1, [])
    await till.channel.confirm(waiting.channel_number)
    found = await till.finance("qian").ReconcilePayouts(request)
    (difference,) = found.differences
    assert (difference.payout_id, difference.difference_kind, difference.ours) == (
        payout.payout_id,
        "state",
        "waiting_for_payee",
    )
