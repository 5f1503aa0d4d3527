"""Statements: closed once, frozen, confirmed or disputed by whom they concern, equal to the ledger."""

import asyncio
import csv
import io
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, cast

import psycopg
import pytest
from openpyxl import load_workbook

from kit.authn import SYSTEM, Actor
from kit.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied, ServiceError
from protos.common.v1 import page_pb2
from protos.settlement.v1 import adjustment_pb2, ledger_pb2
from protos.settlement.v1 import statement_pb2 as pb
from protos.settlement.v1.statement_pb2_grpc import StatementServiceStub
from services.settlement.main import mounts
from tests.rpc.conftest import Serve
from tests.rpc.settlement.adjustments.desk import Adjustments
from tests.rpc.settlement.conftest import Desk, unique
from tests.rpc.settlement.words import line, money, portion

if TYPE_CHECKING:
    from protos.settlement.v1.statement_pb2_grpc import StatementServiceAsyncStub

FINANCE = Actor("pe_qian", frozenset({"finance"}))
ZHANG = Actor("pe_zhang", frozenset({"technician"}))


@dataclass
class Hands:
    """A clock that is set by hand."""

    at: datetime = datetime(2026, 11, 2, 4, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


@dataclass
class Books:
    """The service, its clock, and somebody who asks."""

    desk: Desk
    clock: Hands
    actor: Actor = SYSTEM
    stub: "StatementServiceAsyncStub" = field(init=False)

    def __post_init__(self) -> None:
        stub = self.desk.served.stub(StatementServiceStub, self.actor)
        self.stub = cast("StatementServiceAsyncStub", stub)

    def as_(self, actor: Actor) -> "Books":
        return Books(self.desk, self.clock, actor)

    async def earned(self, fen: int, **facts: str) -> str:
        earning = await self.desk.promise(line("base", fen), **facts)
        await self.desk.lock(earning.earning_id)
        self.clock.at += timedelta(seconds=1)
        await self.desk.post(earning.earning_id)
        return earning.earning_id

    async def close(self) -> pb.CloseDuePeriodsResponse:
        request = pb.CloseDuePeriodsRequest(idempotency_key=unique("close"))
        return await self.stub.CloseDuePeriods(request)

    async def close_all(self) -> int:
        made, more = 0, True
        while more:
            reply = await self.close()
            made, more = made + reply.statement_count, reply.more
        return made

    async def of(self, party_id: str) -> list[pb.Statement]:
        request = pb.ListStatementsRequest(
            party_id=party_id, page=page_pb2.PageRequest(page_size=200)
        )
        found = list((await self.stub.ListStatements(request)).statements)
        return sorted(found, key=lambda each: each.period_end.seconds)

    async def items(self, statement: pb.Statement) -> list[pb.StatementItem]:
        request = pb.ListStatementItemsRequest(statement_id=statement.statement_id)
        return list((await self.stub.ListStatementItems(request)).items)

    async def cycle(
        self, kind: pb.CycleKind.ValueType, day: str, delay_days: int = 0, outlet_id: str = ""
    ) -> None:
        request = pb.PutSettlementCycleRequest(
            idempotency_key=unique("cycle"),
            cycle_kind=kind,
            from_day=day,
            delay_days=delay_days,
            outlet_id=outlet_id,
        )
        await self.as_(FINANCE).stub.PutSettlementCycle(request)

    async def confirm(self, statement_id: str) -> pb.Statement:
        return await self.stub.ConfirmStatement(
            pb.ConfirmStatementRequest(idempotency_key=unique("confirm"), statement_id=statement_id)
        )

    async def dispute(self, statement: pb.Statement, number: int) -> pb.Dispute:
        return await self.stub.RaiseDispute(
            pb.RaiseDisputeRequest(
                idempotency_key=unique("dispute"),
                statement_id=statement.statement_id,
                transfer_number=number,
                reason="少算了高空费",
                evidence=[pb.DisputeEvidence(evidence_kind="work_order", reference="wo_1")],
            )
        )

    async def decide(self, dispute_id: str, fen: int = 0) -> pb.Dispute:
        request = pb.DecideDisputeRequest(
            idempotency_key=unique("decide"),
            dispute_id=dispute_id,
            decision=pb.DISPUTE_DECISION_UPHELD if fen else pb.DISPUTE_DECISION_DISMISSED,
            explanation="核对了现场记录",
        )
        if fen:
            request.correction.CopyFrom(money(fen))
        return await self.stub.DecideDispute(request)


@pytest.fixture
async def books(serve: Serve) -> Books:
    clock = Hands()
    desk = Desk(await serve("settlement", mounts(clock)))
    await desk.put_rule(
        "standard", "", portion("technician", "0.7"), portion("platform", remaining=True)
    )
    return Books(desk, clock)


async def refused(call: object, kind: type[ServiceError], reason: str) -> None:
    with pytest.raises(kind) as caught:
        await call  # type: ignore[misc]
    assert caught.value.reason == reason


async def test_a_month_is_closed_once_and_the_next_goes_on_from_it(books: Books) -> None:
    await books.earned(100_00)
    await books.earned(50_00)
    assert (await books.close()).statement_count == 0
    books.clock.at = datetime(2026, 12, 1, 1, tzinfo=UTC)
    await books.earned(10_00)
    assert await books.close_all() == 1
    assert await books.close_all() == 0
    (november,) = await books.of("pe_zhang")
    assert november.state == pb.STATEMENT_STATE_FROZEN
    assert (november.opening, november.credit, november.closing) == (
        money(0),
        money(105_00),
        money(105_00),
    )
    assert [(each.line_kind, each.item_count) for each in november.lines] == [("earning", 2)]
    books.clock.at = datetime(2027, 1, 1, 1, tzinfo=UTC)
    assert await books.close_all() == 1
    _, december = await books.of("pe_zhang")
    assert december.previous_statement_id == november.statement_id
    assert december.period_start == november.period_end
    assert (december.opening, december.closing) == (money(105_00), money(112_00))
    for each in (november, december):
        request = pb.VerifyStatementRequest(statement_id=each.statement_id)
        proved = await books.stub.VerifyStatement(request)
        assert proved.sound, proved.findings


async def test_statements_equal_the_ledger_as_of_their_end(books: Books) -> None:
    await books.cycle(pb.CYCLE_KIND_T_PLUS, "2026-11-03", delay_days=1)
    for day in range(6):
        books.clock.at = datetime(2026, 11, 3 + day, 4, tzinfo=UTC)
        await books.earned(1000 * (day + 1) + 7)
        await books.close_all()
    found = await books.of("pe_zhang")
    assert len(found) == 5
    for each in found:
        request = ledger_pb2.GetLedgerBalancesRequest(
            ledger_account_prefix="technician:pe_zhang:earning", effective_before=each.period_end
        )
        (balance,) = (await books.desk.ledger.GetLedgerBalances(request)).balances
        assert balance.posted == each.closing
    assert sum(each.item_count for each in found) == 5


async def test_what_comes_late_is_in_the_next_statement(books: Books) -> None:
    await books.earned(100_00)
    waits = await books.desk.promise(line("base", 20_00))
    await books.desk.lock(waits.earning_id)
    books.clock.at = datetime(2026, 12, 1, 1, tzinfo=UTC)
    await books.close_all()
    await books.desk.post(waits.earning_id)
    books.clock.at = datetime(2027, 1, 1, 1, tzinfo=UTC)
    await books.close_all()
    november, december = await books.of("pe_zhang")
    assert november.closing == money(70_00)
    (late,) = await books.items(december)
    assert (late.document_id, late.amount) == (waits.earning_id, money(14_00))


async def test_two_closings_at_once_close_each_period_once(books: Books) -> None:
    for number in range(5):
        await books.earned(10_00, technician_id=f"pe_{number}")
    books.clock.at = datetime(2026, 12, 2, tzinfo=UTC)
    made = await asyncio.gather(*(books.close() for _ in range(4)))
    assert sorted(each.statement_count for each in made) == [0, 0, 0, 5]


async def test_a_dispute_is_decided_by_another_and_corrected_in_the_next_period(
    books: Books,
) -> None:
    await books.earned(100_00)
    books.clock.at = datetime(2026, 12, 1, 1, tzinfo=UTC)
    await books.close_all()
    (statement,) = await books.of("pe_zhang")
    own, finance = books.as_(ZHANG), books.as_(FINANCE)
    (item,) = await own.items(statement)
    raised = await own.dispute(statement, item.transfer_number)
    assert raised.due_at.ToDatetime(UTC) == books.clock.at + timedelta(days=7)
    assert len(raised.evidence_sha256) == 64
    await refused(
        own.confirm(statement.statement_id), FailedPrecondition, "SETTLEMENT_STATEMENT_STATE"
    )
    await refused(own.decide(raised.dispute_id, 5_00), PermissionDenied, "ROLE_REQUIRED")
    await refused(
        own.dispute(statement, item.transfer_number),
        InvalidArgument,
        "SETTLEMENT_DISPUTE_INVALID",
    )
    decided = await finance.decide(raised.dispute_id, 5_00)
    assert decided.adjustment_id
    await refused(
        finance.decide(raised.dispute_id, 5_00), FailedPrecondition, "SETTLEMENT_DISPUTE_DECIDED"
    )
    colleague = Adjustments(books.desk).zhao
    approved = await colleague.approve(decided.adjustment_id)
    assert approved.state == adjustment_pb2.ADJUSTMENT_STATE_POSTED
    assert (await own.confirm(statement.statement_id)).state == pb.STATEMENT_STATE_CONFIRMED
    books.clock.at = datetime(2027, 1, 1, 1, tzinfo=UTC)
    await books.close_all()
    november, december = await books.of("pe_zhang")
    assert (november.closing, december.closing) == (money(70_00), money(75_00))
    (correction,) = await own.items(december)
    assert correction.document_id == decided.adjustment_id


async def test_an_item_of_another_statement_is_not_disputed(books: Books) -> None:
    await books.earned(100_00)
    await books.earned(100_00, technician_id="pe_li")
    books.clock.at = datetime(2026, 12, 1, 1, tzinfo=UTC)
    await books.close_all()
    (mine,), (other,) = await books.of("pe_zhang"), await books.of("pe_li")
    (item,) = await books.items(other)
    await refused(
        books.as_(ZHANG).dispute(mine, item.transfer_number),
        InvalidArgument,
        "SETTLEMENT_DISPUTE_INVALID",
    )


async def test_each_sees_their_own(books: Books) -> None:
    await books.earned(100_00, outlet_id="ou_1")
    await books.earned(100_00, technician_id="pe_li", outlet_id="ou_2")
    books.clock.at = datetime(2026, 12, 1, 1, tzinfo=UTC)
    await books.close_all()
    manager = books.as_(Actor("pe_m", frozenset({"outlet_manager"}), outlet_id="ou_1"))
    customer = books.as_(Actor("pe_c", frozenset({"customer"})))
    (of_li,) = await books.of("pe_li")
    for each in (books.as_(ZHANG), manager):
        assert [s.party_id for s in await each.of("")] == ["pe_zhang"]
        await refused(each.confirm(of_li.statement_id), NotFound, "SETTLEMENT_STATEMENT_NOT_FOUND")
    assert len(await books.as_(FINANCE).of("")) == 2
    await refused(customer.of(""), PermissionDenied, "ROLE_REQUIRED")
    await refused(books.as_(ZHANG).close(), PermissionDenied, "ROLE_REQUIRED")


async def test_a_draft_is_what_the_statement_will_be(books: Books) -> None:
    await books.earned(100_00)
    draft = await books.as_(ZHANG).stub.DraftStatement(pb.DraftStatementRequest())
    assert draft.state == pb.STATEMENT_STATE_DRAFT
    books.clock.at = datetime(2026, 12, 1, 1, tzinfo=UTC)
    preview = await books.stub.PreviewClosing(pb.PreviewClosingRequest())
    assert (preview.statement_count, preview.item_count) == (1, 1)
    await books.close_all()
    (statement,) = await books.of("pe_zhang")
    assert (draft.closing, list(draft.lines)) == (statement.closing, list(statement.lines))


async def test_a_closing_that_was_looked_at_before_is_the_one_that_is_made(books: Books) -> None:
    await books.earned(100_00)
    books.clock.at = datetime(2026, 12, 1, 1, tzinfo=UTC)
    request = pb.CloseDuePeriodsRequest(idempotency_key=unique("close"))
    request.period_end.FromDatetime(datetime(2026, 11, 15, tzinfo=UTC))
    await refused(
        books.stub.CloseDuePeriods(request), FailedPrecondition, "SETTLEMENT_PERIOD_NOT_NEXT"
    )


async def test_files_say_the_same_numbers(books: Books) -> None:
    await books.earned(123_45)
    await books.earned(6_78)
    books.clock.at = datetime(2026, 12, 1, 1, tzinfo=UTC)
    await books.close_all()
    (statement,) = await books.of("pe_zhang")

    async def file(kind: str) -> bytes:
        request = pb.ExportStatementRequest(statement_id=statement.statement_id, format=kind)
        return (await books.stub.ExportStatement(request)).content

    rows = list(csv.reader(io.StringIO((await file("csv")).decode("utf-8-sig"))))
    column = rows[0].index("金额")
    in_csv = sum(round(float(row[column]) * 100) for row in rows[1:])
    sheet = load_workbook(io.BytesIO(await file("xlsx")))["结算单"]
    closing = next(row[2] for row in sheet.iter_rows(values_only=True) if row[0] == "期末")
    assert in_csv == round(float(str(closing)) * 100) == statement.closing.amount_minor


async def test_a_changed_statement_or_line_is_refused_and_found(books: Books) -> None:
    await books.earned(100_00)
    books.clock.at = datetime(2026, 12, 1, 1, tzinfo=UTC)
    await books.close_all()
    (statement,) = await books.of("pe_zhang")
    options = "-c search_path=settlement"
    with psycopg.connect(books.desk.served.database_url, options=options) as connection:
        with pytest.raises(psycopg.Error):
            connection.execute("UPDATE settlement_statement SET closing_minor = 1")
        connection.rollback()
        with pytest.raises(psycopg.Error):
            connection.execute(
                "INSERT INTO settlement_statement_line VALUES (%s, 'gift', 1, 5, 0, %s)",
                (statement.statement_id, b"0" * 32),
            )
        connection.rollback()
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE settlement_statement_line SET credit_minor = 1")
        connection.commit()
    request = pb.VerifyStatementRequest(statement_id=statement.statement_id)
    assert not (await books.stub.VerifyStatement(request)).sound


async def test_three_months_of_two_cycles_tile_time_and_equal_the_ledger(books: Books) -> None:
    await books.cycle(pb.CYCLE_KIND_T_PLUS, "2026-11-03", delay_days=1, outlet_id="ou_fast")
    await books.cycle(pb.CYCLE_KIND_HALF_MONTH, "2026-11-03", outlet_id="ou_slow")
    chance = random.Random(7)
    outlets = {"pe_fast": "ou_fast", "pe_slow": "ou_slow"}
    earned = dict.fromkeys(outlets, 0)
    for day in range(1, 93):
        books.clock.at = datetime(2026, 11, 2, 16, 4, tzinfo=UTC) + timedelta(days=day)
        await books.close_all()
        for technician, outlet in outlets.items():
            if day == 1 or chance.random() < 0.2:
                fen = 10 * chance.randrange(1, 5_000)
                await books.earned(fen, technician_id=technician, outlet_id=outlet)
                earned[technician] += fen * 7 // 10
    books.clock.at = datetime(2027, 2, 28, 17, tzinfo=UTC)
    await books.close_all()
    lengths = {}
    for technician in outlets:
        found = await books.of(technician)
        for before, after in pairwise(found):
            assert before.period_end == after.period_start
            assert before.closing == after.opening
        assert found[-1].closing == money(earned[technician])
        assert len({each.period_end.seconds for each in found}) == len(found)
        lengths[technician] = len(found)
    # From 4 November to 28 February by days; from the first half of November on by halves.
    assert lengths == {"pe_fast": 117, "pe_slow": 8}
