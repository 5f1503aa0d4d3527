"""Vouchers: every posted transfer in exactly one of them, whatever comes late."""

import csv
import io
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

import pytest

from kit.authn import SYSTEM, Actor
from kit.errors import InvalidArgument, NotFound, ServiceError
from protos.settlement.v1 import receipt_pb2
from protos.settlement.v1 import voucher_pb2 as pb
from protos.settlement.v1.receipt_pb2_grpc import ReceiptServiceStub
from protos.settlement.v1.voucher_pb2_grpc import VoucherServiceStub
from services.settlement.main import mounts
from tests.rpc.conftest import Serve, Served
from tests.rpc.settlement.conftest import unique
from tests.rpc.settlement.words import money

if TYPE_CHECKING:
    from protos.settlement.v1.receipt_pb2_grpc import ReceiptServiceAsyncStub
    from protos.settlement.v1.voucher_pb2_grpc import VoucherServiceAsyncStub


@dataclass
class Hands:
    """A clock that is set by hand."""

    at: datetime = datetime(2026, 11, 2, 4, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


@dataclass
class Books:
    """The service, its clock, and somebody who asks."""

    served: Served
    clock: Hands
    actor: Actor = SYSTEM
    stub: "VoucherServiceAsyncStub" = field(init=False)
    till: "ReceiptServiceAsyncStub" = field(init=False)

    def __post_init__(self) -> None:
        stub = self.served.stub(VoucherServiceStub, self.actor)
        self.stub = cast("VoucherServiceAsyncStub", stub)
        self.till = cast("ReceiptServiceAsyncStub", self.served.stub(ReceiptServiceStub, SYSTEM))

    async def received(self, day: str, amount_minor: int) -> str:
        request = receipt_pb2.RecordReceiptRequest(
            idempotency_key=unique("receive"),
            channel_code="wechat",
            channel_number=unique("42000"),
            payer_kind="customer",
            payer_id="cu_1",
            amount=money(amount_minor),
        )
        request.received_at.FromJsonString(f"{day}T10:00:00+08:00")
        return (await self.till.RecordReceipt(request)).receipt_id

    async def make(self, last_day: str) -> pb.VoucherRun:
        return await self.stub.MakeVouchers(
            pb.MakeVouchersRequest(idempotency_key=unique("make"), last_day=last_day)
        )

    async def of_run(self, run: pb.VoucherRun) -> list[pb.Voucher]:
        request = pb.ListVouchersRequest(run_number=run.run_number)
        return list((await self.stub.ListVouchers(request)).vouchers)


@pytest.fixture
async def books(serve: Serve) -> Books:
    clock = Hands()
    return Books(await serve("settlement", mounts(clock)), clock)


async def refused(call: object) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        await call  # type: ignore[misc]
    return caught.value


def lines(voucher: pb.Voucher) -> list[tuple[str, int, int]]:
    return [
        (line.subject_code, line.debit.amount_minor, line.credit.amount_minor)
        for line in voucher.lines
    ]


async def test_each_transfer_is_handed_out_once_and_what_is_late_comes_next(books: Books) -> None:
    await books.received("2026-10-30", 100_00)
    await books.received("2026-10-30", 50_00)
    await books.received("2026-11-01", 7_00)
    seen = await books.stub.PreviewVouchers(pb.PreviewVouchersRequest(last_day="2026-10-31"))
    first = await books.make("2026-10-31")
    (october,) = await books.of_run(first)
    assert [lines(one) for one in seen.vouchers] == [lines(october)]
    assert lines(october) == [("1012", 150_00, 0), ("112201", 0, 150_00)]
    assert (october.accounting_month, october.voucher_number) == ("2026-10", 1)

    late = await books.received("2026-10-30", 9_00)
    second = await books.make("2026-11-01")
    by_day = {one.effective_day: one for one in await books.of_run(second)}
    assert by_day["2026-10-30"].voucher_day == "2026-11-01"
    assert "补记 10-30" in by_day["2026-10-30"].memo
    assert by_day["2026-11-01"].total == money(7_00)
    assert {one.voucher_number for one in by_day.values()} == {1, 2}
    assert second.transfer_count == 2
    number = by_day["2026-10-30"].voucher_number
    request = pb.ListVoucherTransfersRequest(accounting_month="2026-11", voucher_number=number)
    (transfer,) = (await books.stub.ListVoucherTransfers(request)).transfers
    assert transfer.document_id == late
    assert (await books.make("2026-11-01")).voucher_count == 0


async def test_what_is_undone_is_the_same_voucher_the_other_way_round(books: Books) -> None:
    receipt_id = await books.received("2026-10-30", 100_00)
    await books.make("2026-10-31")
    chief = cast(
        "ReceiptServiceAsyncStub",
        books.served.stub(ReceiptServiceStub, Actor("pe_qian", frozenset({"finance"}))),
    )
    await chief.ReverseReceipt(
        receipt_pb2.ReverseReceiptRequest(
            idempotency_key=unique("reverse"), receipt_id=receipt_id, reason="未到账"
        )
    )
    books.clock.at += timedelta(days=1)
    (undone,) = await books.of_run(await books.make("2026-11-02"))
    assert undone.transfer_kind == "receipt"
    assert lines(undone) == [("112201", 100_00, 0), ("1012", 0, 100_00)]


async def test_a_run_as_a_file_says_the_same(books: Books) -> None:
    await books.received("2026-10-30", 1_234_56)
    run = await books.make("2026-10-31")
    request = pb.ExportVouchersRequest(run_number=run.run_number, format="csv")
    content = (await books.stub.ExportVouchers(request)).content
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert [(row["科目编码"], row["借方金额"], row["贷方金额"]) for row in rows] == [
        ("1012", "1234.56", ""),
        ("112201", "", "1234.56"),
    ]
    request.format = "xlsx"
    assert (await books.stub.ExportVouchers(request)).content.startswith(b"PK")
    request.format = "doc"
    assert isinstance(await refused(books.stub.ExportVouchers(request)), InvalidArgument)


async def test_an_account_that_nobody_named_stops_the_run_and_changes_nothing(
    books: Books,
) -> None:
    await books.received("2026-10-30", 1_00)
    put = pb.PutVoucherSubjectsRequest(
        idempotency_key=unique("put"),
        subjects=[pb.VoucherSubject(account_kind="cash", subject_code="1", subject_name="现金")],
    )
    assert (await books.stub.PutVoucherSubjects(put)).version == 2
    error = await refused(books.make("2026-10-31"))
    assert error.reason == "SETTLEMENT_VOUCHER_SUBJECT_MISSING"
    assert not (await books.stub.ListVoucherRuns(pb.ListVoucherRunsRequest())).voucher_runs


async def test_a_day_that_is_not_over_or_was_passed_is_refused(books: Books) -> None:
    assert (await refused(books.make("2026-11-02"))).field == "last_day"
    await books.make("2026-11-01")
    assert (await refused(books.make("2026-10-31"))).reason == "SETTLEMENT_VOUCHER_DAY"
    assert isinstance(
        await refused(books.stub.ListVouchers(pb.ListVouchersRequest(run_number=9))), NotFound
    )


async def test_only_finance_makes_vouchers(books: Books) -> None:
    for role in ("supervisor", "technician", "hq"):
        outsider = Books(books.served, books.clock, Actor("pe_x", frozenset({role})))
        assert (await refused(outsider.make("2026-10-31"))).reason == "ROLE_REQUIRED"
