"""Money in: billed, received, paid ahead, given back; and what the ledger says of it."""

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import pytest

from kit.authn import SYSTEM, Actor
from kit.clock import SystemClock
from kit.errors import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ServiceError,
)
from protos.settlement.v1 import ledger_pb2
from protos.settlement.v1 import receipt_pb2 as pb
from protos.settlement.v1.ledger_pb2_grpc import LedgerServiceStub
from protos.settlement.v1.receipt_pb2_grpc import ReceiptServiceStub
from services.settlement.main import mounts
from tests.rpc.conftest import Serve, Served
from tests.rpc.settlement.conftest import unique
from tests.rpc.settlement.words import money

if TYPE_CHECKING:
    from protos.settlement.v1.ledger_pb2_grpc import LedgerServiceAsyncStub
    from protos.settlement.v1.receipt_pb2_grpc import ReceiptServiceAsyncStub


@dataclass
class Till:
    """Calls the service in one actor's name."""

    served: Served
    actor: Actor = SYSTEM
    stub: "ReceiptServiceAsyncStub" = field(init=False)
    ledger: "LedgerServiceAsyncStub" = field(init=False)

    def __post_init__(self) -> None:
        self.stub = cast(
            "ReceiptServiceAsyncStub", self.served.stub(ReceiptServiceStub, self.actor)
        )
        self.ledger = cast("LedgerServiceAsyncStub", self.served.stub(LedgerServiceStub, SYSTEM))

    def as_(self, person_id: str, *roles: str) -> "Till":
        return Till(self.served, Actor(person_id, frozenset(roles)))

    async def bill(self, payer: str, *amounts: int, **said: str) -> pb.Receivable:
        kind, _, payer_id = payer.partition(":")
        return await self.stub.BillWork(
            pb.BillWorkRequest(
                **{
                    "idempotency_key": unique("bill"),
                    "payer_kind": kind,
                    "payer_id": payer_id,
                    "purpose": "warranty" if kind == "brand" else "service",
                    "work_order_id": unique("wo"),
                    **said,
                },
                lines=[
                    pb.ReceivableLine(line_kind="base", label=f"第{i}项", amount=money(amount))
                    for i, amount in enumerate(amounts, 1)
                ],
            )
        )

    async def receive(self, payer: str, amount: int, **said: str) -> pb.Receipt:
        kind, _, payer_id = payer.partition(":")
        return await self.stub.RecordReceipt(
            pb.RecordReceiptRequest(
                **{  # type: ignore[arg-type]  # texts alone
                    "idempotency_key": unique("receive"),
                    "channel_code": "wechat",
                    "channel_number": unique("42000"),
                    "payer_kind": kind,
                    "payer_id": payer_id,
                    **said,
                },
                amount=money(amount),
            )
        )

    async def ask_back(
        self, receipt: pb.Receipt, amount: int, receivable_id: str = ""
    ) -> pb.Refund:
        return await self.stub.RequestRefund(
            pb.RequestRefundRequest(
                idempotency_key=unique("refund"),
                receipt_id=receipt.receipt_id,
                receivable_id=receivable_id,
                amount=money(amount),
                reason="少装一台",
            )
        )

    async def decide(self, refund: pb.Refund, approve: bool, reason: str = "") -> pb.Refund:
        return await self.stub.DecideRefund(
            pb.DecideRefundRequest(
                idempotency_key=unique("decide"),
                refund_id=refund.refund_id,
                approve=approve,
                reason=reason,
            )
        )

    async def paid_back(self, refund: pb.Refund) -> pb.Refund:
        return await self.stub.ConfirmRefund(
            pb.ConfirmRefundRequest(
                idempotency_key=unique("confirm"),
                refund_id=refund.refund_id,
                channel_number=unique("50300"),
            )
        )

    async def look(self, receivable_id: str) -> pb.Receivable:
        return await self.stub.GetReceivable(pb.GetReceivableRequest(receivable_id=receivable_id))

    async def balance(self, ledger_account: str) -> int:
        response = await self.ledger.GetLedgerBalances(
            ledger_pb2.GetLedgerBalancesRequest(ledger_account_prefix=ledger_account)
        )
        return sum(one.posted.amount_minor for one in response.balances)

    async def is_sound(self) -> bool:
        return (await self.ledger.VerifyLedger(ledger_pb2.VerifyLedgerRequest())).sound


@pytest.fixture(scope="module")
async def till(serve: Serve) -> Till:
    return Till(await serve("settlement", mounts(SystemClock())))


async def refused(call: object) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        await call  # type: ignore[misc]
    return caught.value


async def test_what_is_billed_is_owed_until_it_is_paid(till: Till) -> None:
    payer = unique("customer:cu")
    billed = await till.bill(payer, 300_00, -30_00)
    assert billed.amount == billed.open == money(270_00)
    assert await till.balance(payer) == -270_00

    first = await till.receive(payer, 100_00)
    assert [(each.receivable_id, each.amount) for each in first.allocations] == [
        (billed.receivable_id, money(100_00))
    ]
    assert (await till.look(billed.receivable_id)).open == money(170_00)
    second = await till.receive(payer, 200_00)
    assert second.unallocated == money(30_00)
    settled = await till.look(billed.receivable_id)
    assert settled.state == pb.RECEIVABLE_STATE_SETTLED
    assert settled.open == money(0)
    assert await till.balance(payer) == 30_00
    assert await till.is_sound()


async def test_a_deposit_paid_ahead_pays_what_is_billed_later(till: Till) -> None:
    payer = unique("customer:cu")
    ahead = await till.receive(payer, 50_00)
    assert ahead.unallocated == money(50_00)
    billed = await till.bill(payer, 80_00)
    request = pb.AllocateReceiptRequest(
        idempotency_key=unique("allocate"),
        receipt_id=ahead.receipt_id,
        receivable_id=billed.receivable_id,
    )
    assert (await till.stub.AllocateReceipt(request)).unallocated == money(0)
    assert (await till.look(billed.receivable_id)).open == money(30_00)


async def test_a_channels_number_is_recorded_once(till: Till) -> None:
    payer, number = unique("customer:cu"), unique("42000")
    await till.receive(payer, 10_00, channel_number=number)
    again = await refused(till.receive(payer, 10_00, channel_number=number))
    assert isinstance(again, AlreadyExists)
    assert again.reason == "SETTLEMENT_RECEIPT_EXISTS"
    await till.receive(payer, 10_00, channel_number=number, channel_code="alipay")
    for _ in range(2):
        await till.receive(payer, 10_00, channel_number="", channel_code="cash")


async def test_a_work_order_is_billed_once_but_for_extras(till: Till) -> None:
    payer, work_order = unique("customer:cu"), unique("wo")
    first = await till.bill(payer, 10_00, work_order_id=work_order)
    again = await refused(till.bill(payer, 10_00, work_order_id=work_order))
    assert again.reason == "SETTLEMENT_RECEIVABLE_EXISTS"
    assert again.details == {"receivable_id": first.receivable_id}
    for _ in range(2):
        await till.bill(payer, 5_00, work_order_id=work_order, purpose="extra")
    cancel = pb.CancelReceivableRequest(
        idempotency_key=unique("cancel"), receivable_id=first.receivable_id, reason="算错"
    )
    assert (await till.stub.CancelReceivable(cancel)).state == pb.RECEIVABLE_STATE_CANCELLED
    assert await till.balance(payer) == -10_00
    await till.bill(payer, 12_00, work_order_id=work_order)


async def test_a_refund_is_asked_for_allowed_by_another_and_paid(till: Till) -> None:
    payer = unique("customer:cu")
    billed = await till.bill(payer, 100_00)
    receipt = await till.receive(payer, 100_00)
    cash = await till.balance("channel:wechat:cash")
    desk, chief = till.as_("pe_sun", "customer_service"), till.as_("pe_qian", "finance")
    asked = await desk.ask_back(receipt, 30_00, billed.receivable_id)
    assert (await refused(till.paid_back(asked))).reason == "SETTLEMENT_REFUND_STATE"
    assert (await refused(desk.decide(asked, True))).reason == "ROLE_REQUIRED"
    allowed = await chief.decide(asked, True)
    assert allowed.decided_by_person_id == "pe_qian"
    credited = await till.look(billed.receivable_id)
    assert (credited.received, credited.credited) == (money(70_00), money(30_00))
    assert credited.state == pb.RECEIVABLE_STATE_SETTLED
    back = await chief.paid_back(allowed)
    assert back.state == pb.REFUND_STATE_PAID
    assert await till.balance("channel:wechat:cash") == cash + 30_00
    assert await till.balance(payer) == 0
    assert await till.is_sound()
    assert (await refused(chief.paid_back(back))).reason == "SETTLEMENT_REFUND_STATE"


async def test_nobody_decides_what_they_asked_for(till: Till) -> None:
    receipt = await till.receive(unique("customer:cu"), 100_00)
    chief = till.as_("pe_qian", "finance")
    asked = await chief.ask_back(receipt, 10_00)
    assert (await refused(chief.decide(asked, True))).reason == "SETTLEMENT_FOUR_EYES"


async def test_what_was_refused_can_be_asked_for_again_and_no_more_than_came_in(
    till: Till,
) -> None:
    receipt = await till.receive(unique("customer:cu"), 100_00)
    chief = till.as_("pe_qian", "finance")
    first = await till.ask_back(receipt, 100_00)
    assert isinstance(await refused(till.ask_back(receipt, 1)), InvalidArgument)
    assert isinstance(await refused(chief.decide(first, False)), InvalidArgument)
    await chief.decide(first, False, "先核实")
    again = await till.ask_back(receipt, 100_00)
    assert (await chief.decide(again, True)).state == pb.REFUND_STATE_APPROVED


async def test_many_who_pay_one_bill_at_once_overpay_nothing(till: Till) -> None:
    payer = unique("customer:cu")
    billed = await till.bill(payer, 100_00)
    receipts = await asyncio.gather(*(till.receive(payer, 15_00) for _ in range(12)))
    assert (await till.look(billed.receivable_id)).state == pb.RECEIVABLE_STATE_SETTLED
    assert sum(each.unallocated.amount_minor for each in receipts) == 12 * 15_00 - 100_00
    assert await till.balance(payer) == 80_00


async def test_two_refunds_at_once_give_back_no_more_than_came_in(till: Till) -> None:
    receipt = await till.receive(unique("customer:cu"), 100_00)
    answers = await asyncio.gather(
        *(till.ask_back(receipt, 60_00) for _ in range(4)), return_exceptions=True
    )
    assert sum(isinstance(answer, pb.Refund) for answer in answers) == 1
    assert all(
        answer.reason == "SETTLEMENT_REFUND_TOO_MUCH"
        for answer in answers
        if isinstance(answer, ServiceError)
    )


async def test_what_will_not_be_paid_is_written_off_by_another(till: Till) -> None:
    payer = unique("customer:cu")
    desk, chief = till.as_("pe_qian", "finance"), till.as_("pe_hq", "finance")
    billed = await desk.bill(payer, 100_00)
    await till.receive(payer, 40_00)
    request = pb.WriteOffReceivableRequest(
        idempotency_key=unique("off"), receivable_id=billed.receivable_id, reason="客户失联"
    )
    assert (await refused(desk.stub.WriteOffReceivable(request))).reason == "SETTLEMENT_FOUR_EYES"
    written_off = await chief.stub.WriteOffReceivable(request)
    assert written_off.state == pb.RECEIVABLE_STATE_WRITTEN_OFF
    assert written_off.open == money(0)
    assert await till.balance(payer) == 0
    late = await till.receive(payer, 60_00)
    assert late.unallocated == money(60_00)


async def test_a_brand_owes_for_warranty_work_by_age(till: Till) -> None:
    brand = unique("brand:br")
    await till.bill(brand, 80_00, due_on="2026-01-05")
    await till.bill(brand, 20_00, due_on="2099-01-05")
    response = await till.stub.ListReceivableAges(pb.ListReceivableAgesRequest(payer_kind="brand"))
    (age,) = (each for each in response.ages if f"brand:{each.payer_id}" == brand)
    assert (age.open, age.not_due) == (money(100_00), money(20_00))
    assert age.beyond_90_days == money(80_00)
    overdue = await till.stub.ListReceivables(
        pb.ListReceivablesRequest(payer_kind="brand", payer_id=age.payer_id, overdue=True)
    )
    assert [each.amount for each in overdue.receivables] == [money(80_00)]


async def test_what_is_wrong_is_said_by_its_field(till: Till) -> None:
    receive = till.receive
    wrong = [
        ("payer_kind", receive("technician:pe_1", 1_00)),
        ("payer_id", receive("customer:", 1_00)),
        ("amount", receive("customer:cu_1", 0)),
        ("channel_code", receive("customer:cu_1", 1_00, channel_code="")),
        ("channel_number", receive("customer:cu_1", 1_00, channel_number="")),
        ("purpose", till.bill("brand:br_1", 1_00, purpose="service")),
        ("due_on", till.bill("customer:cu_1", 1_00, due_on="morgen")),
        ("lines", till.bill("customer:cu_1", 5_00, -5_00)),
    ]
    for name, call in wrong:
        error = await refused(call)
        assert isinstance(error, InvalidArgument)
        assert error.field == name
    assert isinstance(await refused(till.look("rv_nobody")), NotFound)


async def test_technicians_take_money_and_see_nobody_elses(till: Till) -> None:
    technician = till.as_("pe_zhang", "technician")
    assert (await technician.receive(unique("customer:cu"), 20_00)).recorded_by_person_id == (
        "pe_zhang"
    )
    for call in (
        technician.stub.ListReceipts(pb.ListReceiptsRequest()),
        technician.stub.ListReceivables(pb.ListReceivablesRequest()),
        technician.bill("customer:cu_1", 1_00),
        till.as_("cu_1", "customer").stub.ListReceipts(pb.ListReceiptsRequest()),
    ):
        assert isinstance(await refused(call), PermissionDenied)


async def test_a_list_goes_on_where_it_ended(till: Till) -> None:
    payer = unique("customer:cu")
    made = [await till.receive(payer, amount) for amount in (1_00, 2_00, 3_00)]
    kind, _, payer_id = payer.partition(":")
    request = pb.ListReceiptsRequest(payer_kind=kind, payer_id=payer_id)
    request.page.page_size = 2
    first = await till.stub.ListReceipts(request)
    request.page.page_token = first.page.next_page_token
    rest = await till.stub.ListReceipts(request)
    listed = [each.receipt_id for each in (*first.receipts, *rest.receipts)]
    assert listed == [each.receipt_id for each in reversed(made)]
    assert not rest.page.next_page_token


async def test_another_payers_receipt_pays_nothing_of_mine(till: Till) -> None:
    ahead = await till.receive(unique("customer:cu"), 50_00)
    billed = await till.bill(unique("customer:cu"), 50_00)
    request = pb.AllocateReceiptRequest(
        idempotency_key=unique("allocate"),
        receipt_id=ahead.receipt_id,
        receivable_id=billed.receivable_id,
    )
    error = await refused(till.stub.AllocateReceipt(request))
    assert isinstance(error, FailedPrecondition)
    assert error.reason == "SETTLEMENT_ALLOCATION_MISMATCH"


async def test_what_did_not_come_in_is_owed_again(till: Till) -> None:
    payer, number = unique("customer:cu"), unique("42000")
    billed = await till.bill(payer, 100_00)
    desk, chief = till.as_("pe_sun", "finance"), till.as_("pe_qian", "finance")
    receipt = await desk.receive(payer, 130_00, channel_number=number)
    request = pb.ReverseReceiptRequest(
        idempotency_key=unique("reverse"), receipt_id=receipt.receipt_id, reason="渠道没有这笔"
    )
    assert (await refused(desk.stub.ReverseReceipt(request))).reason == "SETTLEMENT_FOUR_EYES"
    assert (await chief.stub.ReverseReceipt(request)).unallocated == money(0)
    again = await till.look(billed.receivable_id)
    assert (again.state, again.open) == (pb.RECEIVABLE_STATE_OPEN, money(100_00))
    assert await till.balance(payer) == -100_00
    assert (await refused(till.ask_back(receipt, 1))).reason == "SETTLEMENT_RECEIPT_STATE"
    await desk.receive(payer, 100_00, channel_number=number)
    assert (await till.look(billed.receivable_id)).state == pb.RECEIVABLE_STATE_SETTLED
    assert await till.is_sound()
