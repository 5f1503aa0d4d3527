"""A channel's bill beside the books: mapped, compared, explained, put right, closed."""

import asyncio
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import pytest
from openpyxl import Workbook

from kit.authn import SYSTEM, Actor
from kit.clock import SystemClock
from kit.errors import AlreadyExists, FailedPrecondition, InvalidArgument, ServiceError
from protos.settlement.v1 import ledger_pb2, receipt_pb2
from protos.settlement.v1 import reconciliation_pb2 as pb
from protos.settlement.v1.ledger_pb2_grpc import LedgerServiceStub
from protos.settlement.v1.receipt_pb2_grpc import ReceiptServiceStub
from protos.settlement.v1.reconciliation_pb2_grpc import ReconciliationServiceStub
from services.settlement.main import mounts
from tests.rpc.conftest import Serve, Served
from tests.rpc.settlement.conftest import unique
from tests.rpc.settlement.words import money

if TYPE_CHECKING:
    from protos.settlement.v1.ledger_pb2_grpc import LedgerServiceAsyncStub
    from protos.settlement.v1.receipt_pb2_grpc import ReceiptServiceAsyncStub
    from protos.settlement.v1.reconciliation_pb2_grpc import ReconciliationServiceAsyncStub

HEADINGS = ["时间", "流水号", "订单号", "收支", "金额", "手续费"]
Line = tuple[str, str, str, str, str, str]


def line(number: str, amount: str, *, time: str = "12:00", order: str = "", fee: str = "0") -> Line:
    way = "支出" if amount.startswith("-") else "收入"
    return (f"2026-10-07 {time}:00", number, order, way, amount.lstrip("-"), fee)


def csv_of(*lines: Line, headings: Sequence[str] = HEADINGS) -> bytes:
    rows = [["某支付渠道交易明细"], headings, *lines, ["合计", str(len(lines))]]
    return "\r\n".join(",".join(row) for row in rows).encode("gb18030")


@dataclass
class Desk:
    """Calls the service in one actor's name, on a channel of its own."""

    served: Served
    channel: str = ""
    actor: Actor = SYSTEM
    stub: "ReconciliationServiceAsyncStub" = field(init=False)
    till: "ReceiptServiceAsyncStub" = field(init=False)
    ledger: "LedgerServiceAsyncStub" = field(init=False)

    def __post_init__(self) -> None:
        stub = self.served.stub(ReconciliationServiceStub, self.actor)
        self.stub = cast("ReconciliationServiceAsyncStub", stub)
        self.till = cast("ReceiptServiceAsyncStub", self.served.stub(ReceiptServiceStub, SYSTEM))
        self.ledger = cast("LedgerServiceAsyncStub", self.served.stub(LedgerServiceStub, SYSTEM))

    def as_(self, person_id: str, *roles: str) -> "Desk":
        return Desk(self.served, self.channel, Actor(person_id, frozenset(roles or ("finance",))))

    async def mapped(self) -> "Desk":
        """The same desk, with a channel whose bill is mapped."""
        desk = Desk(self.served, unique("channel"), self.actor)
        fields = ("occurred_at", "channel_number", "order_number", "way", "amount", "fee")
        await desk.stub.PutBillFormat(
            pb.PutBillFormatRequest(
                idempotency_key=unique("format"),
                bill_format=pb.BillFormat(
                    bill_format_code=desk.channel,
                    channel_code=desk.channel,
                    columns=[
                        pb.BillColumn(field=name, heading=heading)
                        for name, heading in zip(fields, HEADINGS, strict=True)
                    ],
                    ways=[pb.BillWay(value="收入", way="in"), pb.BillWay(value="支出", way="out")],
                    times=["%Y-%m-%d %H:%M:%S"],
                    ends_at=["合计"],
                ),
            )
        )
        return desk

    async def booked(
        self, number: str, amount_minor: int, *, time: str = "12:00", order: str = ""
    ) -> str:
        request = receipt_pb2.RecordReceiptRequest(
            idempotency_key=unique("booked"),
            channel_code=self.channel,
            channel_number=number,
            payer_kind="customer",
            payer_id="cu_1",
            shop_order_number=order,
            amount=money(amount_minor),
        )
        request.received_at.FromJsonString(f"2026-10-07T{time}:00+08:00")
        return (await self.till.RecordReceipt(request)).receipt_id

    async def taken_in(self, content: bytes, **said: object) -> pb.ChannelBill:
        seen = await self.stub.PreviewChannelBill(
            pb.PreviewChannelBillRequest(content=content, bill_format_code=self.channel)
        )
        return await self.stub.ImportChannelBill(
            pb.ImportChannelBillRequest(
                **{
                    "idempotency_key": unique("import"),
                    "content": content,
                    "file_sha256": seen.file_sha256,
                    "bill_format_code": self.channel,
                    **said,
                }  # type: ignore[arg-type]  # the fields of the request
            )
        )

    async def found(self, bill: pb.ChannelBill, state: int = 0) -> list[pb.Discrepancy]:
        request = pb.ListDiscrepanciesRequest(channel_bill_id=bill.channel_bill_id)
        request.state = cast(pb.DiscrepancyState.ValueType, state)
        return list((await self.stub.ListDiscrepancies(request)).discrepancies)

    async def choose(
        self, one: pb.Discrepancy, correction: str, payer_id: str = ""
    ) -> pb.Discrepancy:
        return await self.stub.ChooseCorrection(
            pb.ChooseCorrectionRequest(
                idempotency_key=unique("choose"),
                discrepancy_id=one.discrepancy_id,
                correction=correction,
                reason="核实过",
                payer_kind="customer" if payer_id else "",
                payer_id=payer_id,
            )
        )

    async def decide(self, one: pb.Discrepancy, approve: bool = True) -> pb.Discrepancy:
        return await self.stub.DecideCorrection(
            pb.DecideCorrectionRequest(
                idempotency_key=unique("decide"),
                discrepancy_id=one.discrepancy_id,
                approve=approve,
            )
        )

    async def close(self, bill: pb.ChannelBill) -> pb.ChannelBill:
        return await self.stub.CloseChannelBill(
            pb.CloseChannelBillRequest(
                idempotency_key=unique("close"), channel_bill_id=bill.channel_bill_id
            )
        )

    async def cash(self) -> int:
        """What the books say that the channel has of ours."""
        response = await self.ledger.GetLedgerBalances(
            ledger_pb2.GetLedgerBalancesRequest(
                ledger_account_prefix=f"channel:{self.channel}:cash"
            )
        )
        return -sum(one.posted.amount_minor for one in response.balances)


@pytest.fixture(scope="module")
async def desks(serve: Serve) -> Desk:
    return Desk(await serve("settlement", mounts(SystemClock())))


@pytest.fixture
async def desk(desks: Desk) -> Desk:
    return await desks.mapped()


async def refused(call: object) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        await call  # type: ignore[misc]
    return caught.value


async def test_a_bill_that_tells_what_was_booked_closes_and_its_fees_are_booked(
    desk: Desk,
) -> None:
    await desk.booked("a1", 240_00)
    await desk.booked("a2", 88_00, time="13:00")
    bill = await desk.taken_in(
        csv_of(line("a1", "240.00", fee="1.44"), line("a2", "88", fee="0.53"))
    )
    assert (bill.match_count, bill.open_discrepancy_count) == (2, 0)
    assert (bill.first_day, bill.last_day) == ("2026-10-07", "2026-10-07")
    (total,) = bill.totals
    assert (getattr(total, "in"), total.fees) == (money(328_00), money(1_97))
    closed = await desk.close(bill)
    assert closed.closed_by_person_id
    assert await desk.cash() == 328_00 - 1_97
    assert (await refused(desk.close(bill))).reason == "SETTLEMENT_BILL_CLOSED"


async def test_what_does_not_agree_is_explained_put_right_by_two_and_then_closes(
    desk: Desk,
) -> None:
    await desk.booked("ok", 240_00)
    lost = await desk.booked("lost", 55_00, time="09:30")
    await desk.booked("typo", 132_00, time="10:30")
    bill = await desk.taken_in(
        csv_of(
            line("ok", "240.00"),
            line("new", "77.00", time="15:00"),
            line("typo", "123.00", time="10:30"),
        )
    )
    by_kind = {one.discrepancy_kind: one for one in await desk.found(bill)}
    assert set(by_kind) == {"only_in_bill", "only_here", "amount_differs"}
    assert by_kind["only_here"].entries[0].document_id == lost
    assert by_kind["only_in_bill"].proposed_correction == "book"
    assert "数字相同" in by_kind["amount_differs"].chinese
    assert by_kind["amount_differs"].difference == money(-9_00)
    assert (await refused(desk.close(bill))).reason == "SETTLEMENT_BILL_UNRESOLVED"

    one, other = desk.as_("pe_qian"), desk.as_("pe_feng")
    chosen = [
        await one.choose(by_kind["only_in_bill"], "book", payer_id="cu_9"),
        await one.choose(by_kind["only_here"], "reverse"),
        await one.choose(by_kind["amount_differs"], "suspend"),
    ]
    before = await desk.cash()
    assert (await refused(one.decide(chosen[0]))).reason == "SETTLEMENT_FOUR_EYES"
    for each in chosen:
        assert (await other.decide(each)).state == pb.DISCREPANCY_STATE_RESOLVED
    assert await desk.cash() == before + 77_00 - 55_00 - 9_00
    await desk.close(bill)
    assert await desk.cash() == 240_00 + 77_00 + 123_00


async def test_what_is_likely_by_amount_and_time_waits_for_a_word(desk: Desk) -> None:
    await desk.booked(unique("ours"), 88_00, time="10:00")
    bill = await desk.taken_in(csv_of(line("theirs", "88.00", time="10:40")))
    assert (bill.match_count, bill.unconfirmed_count) == (1, 1)
    assert (await refused(desk.close(bill))).reason == "SETTLEMENT_BILL_UNRESOLVED"
    request = pb.ListBillMatchesRequest(channel_bill_id=bill.channel_bill_id, unconfirmed=True)
    (likely,) = (await desk.stub.ListBillMatches(request)).bill_matches
    assert likely.matched_by == "amount_and_time"
    assert likely.lines[0].channel_number == "theirs"
    confirmed = await desk.stub.ConfirmBillMatches(
        pb.ConfirmBillMatchesRequest(
            idempotency_key=unique("confirm"),
            channel_bill_id=bill.channel_bill_id,
            match_numbers=[likely.match_number],
        )
    )
    assert confirmed.unconfirmed_count == 0
    assert (await desk.close(bill)).closed_by_person_id


async def test_what_was_booked_late_is_found_when_the_bill_is_compared_again(desk: Desk) -> None:
    bill = await desk.taken_in(csv_of(line("a1", "240.00"), line("a2", "60.00", time="14:00")))
    assert bill.open_discrepancy_count == 2
    found = {one.difference.amount_minor: one for one in await desk.found(bill)}
    await desk.choose(found[60_00], "suspend")
    await desk.booked("a1", 240_00)
    again = await desk.stub.CompareAgain(
        pb.CompareAgainRequest(
            idempotency_key=unique("again"), channel_bill_id=bill.channel_bill_id
        )
    )
    assert (again.match_count, again.open_discrepancy_count) == (1, 0)
    assert again.proposed_discrepancy_count == 1


async def test_what_one_bill_told_no_other_tells_again(desk: Desk) -> None:
    await desk.booked("a1", 240_00)
    bill = await desk.taken_in(csv_of(line("a1", "240.00")))
    again = await refused(desk.taken_in(csv_of(line("a1", "240.00"))))
    assert isinstance(again, AlreadyExists)
    assert again.details == {"channel_bill_id": bill.channel_bill_id}
    other_file = await refused(desk.taken_in(csv_of(line("a9", "1.00"))))
    assert other_file.reason == "SETTLEMENT_BILL_EXISTS"


async def test_two_who_take_in_the_same_days_at_once_take_them_in_once(desk: Desk) -> None:
    answers = await asyncio.gather(
        *(desk.taken_in(csv_of(line(f"a{n}", "1.00"))) for n in range(4)), return_exceptions=True
    )
    assert sum(isinstance(answer, pb.ChannelBill) for answer in answers) == 1
    assert {answer.reason for answer in answers if isinstance(answer, ServiceError)} == {
        "SETTLEMENT_BILL_EXISTS"
    }


async def test_a_workbook_is_read_like_a_csv_file_and_remembered_by_its_headings(
    desk: Desk,
) -> None:
    headings = [f"{heading}{desk.channel}" for heading in HEADINGS]
    format_of = (await desk.stub.ListBillFormats(pb.ListBillFormatsRequest())).bill_formats
    own = next(each for each in format_of if each.bill_format_code == desk.channel)
    for column in own.columns:
        column.heading += desk.channel
    put = pb.PutBillFormatRequest(idempotency_key=unique("format"), bill_format=own)
    assert (await desk.stub.PutBillFormat(put)).version == 2
    book = Workbook()
    assert book.active is not None
    for row in (headings, line("x1", "12.50")):
        book.active.append(list(row))
    content = io.BytesIO()
    book.save(content)
    seen = await desk.stub.PreviewChannelBill(
        pb.PreviewChannelBillRequest(content=content.getvalue())
    )
    assert (seen.bill_format_code, seen.line_count) == (desk.channel, 1)
    assert seen.total_in == money(12_50)


async def test_a_file_that_nobody_has_mapped_says_so_with_its_headings(desk: Desk) -> None:
    content = csv_of(headings=["日子", "钱", "备注"])
    seen = await desk.stub.PreviewChannelBill(pb.PreviewChannelBillRequest(content=content))
    assert (seen.bill_format_code, list(seen.headings)) == ("", ["日子", "钱", "备注"])
    request = pb.ImportChannelBillRequest(
        idempotency_key=unique("import"), content=content, file_sha256=seen.file_sha256
    )
    assert (await refused(desk.stub.ImportChannelBill(request))).reason == (
        "SETTLEMENT_BILL_FORMAT_UNKNOWN"
    )


async def test_a_row_that_cannot_be_read_keeps_the_whole_bill_out(desk: Desk) -> None:
    content = csv_of(line("a1", "1.00"), ("7. Oktober", "a2", "", "收入", "1.00", "0"))
    seen = await desk.stub.PreviewChannelBill(
        pb.PreviewChannelBillRequest(content=content, bill_format_code=desk.channel)
    )
    assert [(one.row_number, one.heading) for one in seen.problems] == [(4, "时间")]
    assert (await refused(desk.taken_in(content))).reason == "IMPORT_WRONG"


async def test_a_fen_that_is_tolerated_is_suspended_when_the_bill_closes(desk: Desk) -> None:
    await desk.booked("a1", 333_33)
    bill = await desk.taken_in(csv_of(line("a1", "333.34")), tolerance_minor=1)
    assert (bill.match_count, bill.open_discrepancy_count) == (1, 0)
    await desk.close(bill)
    assert await desk.cash() == 333_34


async def test_each_correction_is_refused_where_it_corrects_nothing(desk: Desk) -> None:
    lost = await desk.booked("lost", 55_00)
    assert lost
    bill = await desk.taken_in(csv_of(line("back", "-20.00"), line("new", "9.00", time="19:00")))
    found = {one.difference.amount_minor: one for one in await desk.found(bill)}
    for minor, correction, payer, name in (
        (-20_00, "book", "cu_1", "correction"),
        (9_00, "book", "", "payer_id"),
        (9_00, "reverse", "", "correction"),
        (9_00, "forget", "", "correction"),
    ):
        error = await refused(desk.choose(found[minor], correction, payer))
        assert isinstance(error, InvalidArgument)
        assert error.field == name
    said = await desk.choose(found[9_00], "none")
    assert said.state == pb.DISCREPANCY_STATE_RESOLVED
    error = await refused(desk.choose(found[9_00], "suspend"))
    assert isinstance(error, FailedPrecondition)
    assert error.reason == "SETTLEMENT_DISCREPANCY_STATE"


async def test_a_refused_correction_is_open_again(desk: Desk) -> None:
    bill = await desk.taken_in(csv_of(line("new", "9.00")))
    (one,) = await desk.found(bill)
    chosen = await desk.as_("pe_qian").choose(one, "book", "cu_1")
    open_again = await desk.as_("pe_feng").decide(chosen, approve=False)
    assert (open_again.state, open_again.correction) == (pb.DISCREPANCY_STATE_OPEN, "")
    assert await desk.cash() == 0


async def test_only_those_who_keep_the_books_reconcile(desk: Desk) -> None:
    for role in ("technician", "outlet_manager", "supervisor", "customer_service", "customer"):
        outsider = desk.as_("pe_x", role)
        for call in (
            outsider.stub.ListChannelBills(pb.ListChannelBillsRequest()),
            outsider.stub.PreviewChannelBill(pb.PreviewChannelBillRequest(content=csv_of())),
            outsider.stub.ListDiscrepancies(pb.ListDiscrepanciesRequest()),
        ):
            assert (await refused(call)).reason == "ROLE_REQUIRED"
