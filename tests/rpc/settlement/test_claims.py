"""Claims on brands: drawn once, sent under a seal, answered line by line."""

import asyncio
import io
from typing import TYPE_CHECKING, cast

import pytest
from openpyxl import load_workbook

from kit.authn import Actor
from kit.clock import SystemClock
from kit.errors import FailedPrecondition, InvalidArgument, ServiceError
from protos.settlement.v1 import claim_pb2 as pb
from protos.settlement.v1 import receipt_pb2
from protos.settlement.v1.claim_pb2_grpc import ClaimServiceStub
from services.settlement.main import mounts
from tests.rpc.conftest import Serve
from tests.rpc.settlement.conftest import unique
from tests.rpc.settlement.test_receipts import Till
from tests.rpc.settlement.words import money

if TYPE_CHECKING:
    from protos.settlement.v1.claim_pb2_grpc import ClaimServiceAsyncStub

FINANCE = Actor("pe_qian", frozenset({"finance"}))


class Office:
    """Finance, and a brand of its own for each test."""

    def __init__(self, till: Till, actor: Actor = FINANCE) -> None:
        self.till = till
        self.brand = unique("br")
        self.stub = cast("ClaimServiceAsyncStub", till.served.stub(ClaimServiceStub, actor))

    async def owed(self, *amounts: int) -> list[str]:
        billed = [await self.till.bill(f"brand:{self.brand}", amount) for amount in amounts]
        return [each.receivable_id for each in billed]

    async def draw(self) -> pb.BrandClaim:
        return await self.stub.DrawBrandClaim(
            pb.DrawBrandClaimRequest(idempotency_key=unique("draw"), brand_id=self.brand)
        )

    async def send(self, claim: pb.BrandClaim) -> pb.BrandClaim:
        return await self.stub.SendBrandClaim(
            pb.SendBrandClaimRequest(
                idempotency_key=unique("send"), brand_claim_id=claim.brand_claim_id
            )
        )

    async def answer(
        self, claim: pb.BrandClaim, *answers: tuple[str, str, str], others: bool = False
    ) -> pb.BrandClaim:
        return await self.stub.AnswerBrandClaim(
            pb.AnswerBrandClaimRequest(
                idempotency_key=unique("answer"),
                brand_claim_id=claim.brand_claim_id,
                answers=[
                    pb.BrandClaimAnswer(receivable_id=each, answer=said, reason=why)
                    for each, said, why in answers
                ],
                accept_others=others,
            )
        )

    async def withdraw(self, claim: pb.BrandClaim) -> pb.BrandClaim:
        return await self.stub.WithdrawBrandClaim(
            pb.WithdrawBrandClaimRequest(
                idempotency_key=unique("withdraw"), brand_claim_id=claim.brand_claim_id
            )
        )


@pytest.fixture(scope="module")
async def till(serve: Serve) -> Till:
    return Till(await serve("settlement", mounts(SystemClock())))


@pytest.fixture
def office(till: Till) -> Office:
    return Office(till)


async def refused(call: object) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        await call  # type: ignore[misc]
    return caught.value


async def test_what_a_brand_owes_is_claimed_sent_answered_and_paid(office: Office) -> None:
    first, second, third = await office.owed(80_00, 120_00, 50_00)
    claim = await office.draw()
    assert (claim.amount, claim.line_count) == (money(250_00), 3)
    sent = await office.send(claim)
    assert len(sent.digest) == 64
    half = await office.answer(sent, (second, "rejected", "已过保修期"))
    assert (half.state, half.rejected) == (pb.BRAND_CLAIM_STATE_SENT, money(120_00))
    done = await office.answer(sent, others=True)
    assert (done.state, done.accepted) == (pb.BRAND_CLAIM_STATE_ANSWERED, money(130_00))
    cancelled = await office.till.look(second)
    assert cancelled.state == receipt_pb2.RECEIVABLE_STATE_CANCELLED
    assert "已过保修期" in cancelled.reason
    assert await office.till.balance(f"brand:{office.brand}") == -130_00
    await office.till.receive(f"brand:{office.brand}", 130_00, channel_code="bank")
    for each in (first, third):
        paid = await office.till.look(each)
        assert paid.state == receipt_pb2.RECEIVABLE_STATE_SETTLED
    looked = await office.stub.GetBrandClaim(
        pb.GetBrandClaimRequest(brand_claim_id=claim.brand_claim_id)
    )
    assert looked.received == money(130_00)
    assert await office.till.is_sound()


async def test_what_is_owed_is_claimed_once_however_many_draw_it(office: Office) -> None:
    await office.owed(80_00, 20_00)
    answers = await asyncio.gather(*(office.draw() for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(answer, pb.BrandClaim) for answer in answers) == 1
    assert {each.reason for each in answers if isinstance(each, ServiceError)} == {
        "SETTLEMENT_CLAIM_EMPTY"
    }
    await office.owed(5_00)
    assert (await office.draw()).amount == money(5_00)


async def test_a_draft_that_is_given_up_frees_what_it_held(office: Office) -> None:
    await office.owed(80_00)
    claim = await office.draw()
    assert (await office.withdraw(claim)).state == pb.BRAND_CLAIM_STATE_WITHDRAWN
    again = await office.send(await office.draw())
    assert again.amount == money(80_00)
    error = await refused(office.withdraw(again))
    assert isinstance(error, FailedPrecondition)
    assert error.reason == "SETTLEMENT_CLAIM_STATE"


async def test_a_line_is_answered_once_and_with_a_reason_where_it_is_rejected(
    office: Office,
) -> None:
    (line,) = await office.owed(80_00)
    claim = await office.draw()
    assert (await refused(office.answer(claim, others=True))).reason == "SETTLEMENT_CLAIM_STATE"
    await office.send(claim)
    for name, said in (
        ("answers[0].reason", (line, "rejected", " ")),
        ("answers[0].answer", (line, "perhaps", "")),
        ("answers[0].receivable_id", ("rv_elsewhere", "accepted", "")),
    ):
        error = await refused(office.answer(claim, said))
        assert isinstance(error, InvalidArgument)
        assert error.field == name
    await office.answer(claim, (line, "accepted", ""))
    again = await refused(office.answer(claim, (line, "rejected", "反悔")))
    assert again.reason == "SETTLEMENT_CLAIM_STATE"


async def test_the_brand_gets_a_workbook_that_says_the_same(office: Office) -> None:
    await office.owed(80_50, 20_00)
    claim = await office.send(await office.draw())
    request = pb.ExportBrandClaimRequest(brand_claim_id=claim.brand_claim_id)
    book = load_workbook(io.BytesIO((await office.stub.ExportBrandClaim(request)).content))
    amounts = [row[3] for row in book["明细"].iter_rows(min_row=2, values_only=True)]
    assert sorted(map(float, amounts)) == [20.0, 80.5]  # type: ignore[arg-type]  # numbers
    whole = {row[0]: row[1] for row in book["汇总"].iter_rows(min_row=2, values_only=True)}
    assert whole["校验"] == claim.digest
    assert whole["合计"] == "¥100.50"


async def test_only_finance_claims(till: Till) -> None:
    for role in ("technician", "customer_service", "supervisor"):
        outsider = Office(till, Actor("pe_x", frozenset({role})))
        assert (await refused(outsider.draw())).reason == "ROLE_REQUIRED"
