"""The ledger over the wire: posting, finding, and balances of any date as known on any date."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from kit.errors import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    PermissionDenied,
    ServiceError,
)
from protos.common.v1.money_pb2 import Money
from protos.common.v1.page_pb2 import PageRequest
from protos.settlement.v1 import ledger_pb2 as pb
from tests.rpc.settlement.conftest import Desk, unique
from tests.rpc.settlement.words import line

MARCH = datetime(2026, 3, 1, tzinfo=UTC)


def stamp(instant: datetime) -> Timestamp:
    made = Timestamp()
    made.FromDatetime(instant)
    return made


def moved(
    credit: str,
    amount: int = 100_00,
    debit: str = "platform:clearing",
    leg: str = "1",
    at: datetime | None = None,
    kind: str = "opening",
    currency: str = "CNY",
) -> pb.NewLedgerTransfer:
    return pb.NewLedgerTransfer(
        debit_ledger_account=debit,
        credit_ledger_account=credit,
        amount=Money(currency=currency, amount_minor=amount),
        transfer_kind=kind,
        leg=leg,
        effective_at=stamp(at) if at else None,
        memo="期初",
    )


async def post(
    desk: Desk, *transfers: pb.NewLedgerTransfer, key: str = "", document_id: str = ""
) -> pb.PostTransfersResponse:
    return await desk.ledger.PostTransfers(
        pb.PostTransfersRequest(
            idempotency_key=key or unique("post"),
            document_kind="opening",
            document_id=document_id or unique("op"),
            transfers=transfers,
        )
    )


async def found(desk: Desk, **wanted: object) -> list[pb.LedgerTransfer]:
    request = pb.ListLedgerTransfersRequest(**wanted)  # type: ignore[arg-type]
    return list((await desk.ledger.ListLedgerTransfers(request)).transfers)


@pytest.fixture
def finance(settlement: Desk) -> Desk:
    return settlement.as_("pe_qian", "finance")


async def test_what_is_posted_says_who_posted_it_and_when_it_counts(finance: Desk) -> None:
    own = f"technician:{unique('pe')}:earning"
    document = unique("op")
    answer = await post(finance, moved(own, at=MARCH), document_id=document)
    (transfer,) = await found(finance, document_id=document)
    assert list(answer.transfer_numbers) == [transfer.transfer_number]
    assert transfer.recorded_at == answer.recorded_at
    assert transfer.effective_at == stamp(MARCH)
    assert (transfer.rule_id, transfer.memo, transfer.leg) == ("pe_qian", "期初", "1")
    assert (transfer.document_kind, transfer.transfer_kind) == ("opening", "opening")


async def test_a_hundred_callers_at_once_are_posted_each_once(finance: Desk) -> None:
    own = f"technician:{unique('pe')}:earning"
    keys = [unique("call") for _ in range(50)]

    async def call(key: str) -> pb.PostTransfersResponse | ServiceError:
        try:
            return await post(finance, moved(own, 1), key=key, document_id=f"op_{key}")
        except ServiceError as error:
            return error

    answers = await asyncio.gather(*(call(key) for key in keys * 2))
    told = [answer for answer in answers if isinstance(answer, pb.PostTransfersResponse)]
    refused = [answer.reason for answer in answers if isinstance(answer, ServiceError)]
    assert set(refused) <= {"IDEMPOTENCY_KEY_IN_USE"}
    numbers = {answer.transfer_numbers[0] for answer in told}
    assert len(numbers) == 50
    assert (await finance.balances(own))[own] == (50, 0)
    assert (await finance.verify()).sound


async def test_a_key_is_answered_once_and_refused_for_another_request(finance: Desk) -> None:
    own, key = f"technician:{unique('pe')}:earning", unique("key")
    first = await post(finance, moved(own), key=key, document_id="op_same")
    assert await post(finance, moved(own), key=key, document_id="op_same") == first
    with pytest.raises(AlreadyExists, match="used for another request"):
        await post(finance, moved(own, 1), key=key, document_id="op_same")


async def test_what_the_ledger_refuses_is_said(finance: Desk) -> None:
    poor, rich = f"technician:{unique('pe')}:earning", f"outlet:{unique('ou')}:earning"
    with pytest.raises(FailedPrecondition) as overdrawn:
        await post(finance, moved(rich, debit=poor))
    assert overdrawn.value.reason == "SETTLEMENT_ACCOUNT_OVERDRAWN"
    await post(finance, moved(rich), document_id="op_twice")
    with pytest.raises(AlreadyExists) as twice:
        await post(finance, moved(rich), document_id="op_twice")
    assert twice.value.reason == "SETTLEMENT_TRANSFER_EXISTS"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (moved("nobody"), "transfers[0].credit_ledger_account"),
        (moved("platform:revenue", debit="x"), "transfers[0].debit_ledger_account"),
        (moved("platform:clearing"), "transfers[0].credit_ledger_account"),
        (moved("platform:revenue", 0), "transfers[0].amount"),
        (moved("platform:revenue", currency="QQQ"), "transfers[0].amount.currency"),
        (moved("platform:revenue", kind="reversal"), "transfers[0].transfer_kind"),
        (moved("platform:revenue", kind="Two words"), "transfers[0].transfer_kind"),
    ],
)
async def test_a_wrong_transfer_is_refused_by_its_field(
    finance: Desk, wrong: pb.NewLedgerTransfer, field: str
) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await post(finance, wrong)
    assert refused.value.field == field


async def test_only_finance_posts_and_reads(settlement: Desk) -> None:
    technician = settlement.as_("pe_zhang", "technician")
    with pytest.raises(PermissionDenied):
        await post(technician, moved("technician:pe_zhang:earning"))
    with pytest.raises(PermissionDenied):
        await found(technician)
    with pytest.raises(PermissionDenied):
        await technician.ledger.ListLedgerAccounts(pb.ListLedgerAccountsRequest())


async def test_transfers_are_found_by_all_that_is_known_of_them(finance: Desk) -> None:
    person, document = unique("pe"), unique("op")
    own, kept = f"technician:{person}:earning", f"technician:{person}:holdback"
    first = await post(finance, moved(own, at=MARCH), document_id=document)
    await post(
        finance, moved(kept, 30_00, debit=own, at=MARCH + timedelta(days=2), kind="holdback")
    )
    third = await post(finance, moved(own, 5, currency="THB"))

    async def amounts(**wanted: object) -> list[int]:
        return [x.amount.amount_minor for x in await found(finance, party_id=person, **wanted)]

    assert await amounts() == [100_00, 30_00, 5]
    assert await amounts(party_kind="outlet") == []
    assert await amounts(ledger_account=kept) == [30_00]
    assert await amounts(document_id=document) == [100_00]
    assert await amounts(transfer_kind="holdback") == [30_00]
    assert await amounts(currency="THB") == [5]
    assert await amounts(state=pb.LEDGER_TRANSFER_STATE_PENDING) == []
    assert await amounts(effective_from=stamp(MARCH + timedelta(days=1))) == [30_00, 5]
    assert await amounts(effective_before=stamp(MARCH + timedelta(days=2))) == [100_00]
    assert await amounts(recorded_before=first.recorded_at) == []
    assert (await amounts(recorded_from=first.recorded_at))[0] == 100_00
    assert await amounts(recorded_from=third.recorded_at) == [5]
    assert await amounts(recorded_before=third.recorded_at) == [100_00, 30_00]


async def test_accounts_are_found_by_any_part_of_their_name_a_page_at_a_time(
    finance: Desk,
) -> None:
    person = unique("searched")
    names = [f"outlet:{person}:earning", f"technician:{person}:earning"]
    for name in names:
        await post(finance, moved(name))
    seen = []
    token = ""
    while True:
        answer = await finance.ledger.ListLedgerAccounts(
            pb.ListLedgerAccountsRequest(
                search=person, page=PageRequest(page_size=1, page_token=token)
            )
        )
        seen += [(each.ledger_account, each.posted.amount_minor) for each in answer.ledger_accounts]
        token = answer.page.next_page_token
        if not token:
            break
    assert seen == [(name, 100_00) for name in names]


async def test_a_balance_is_asked_as_of_a_date_and_as_known_on_a_date(finance: Desk) -> None:
    own = f"technician:{unique('pe')}:earning"
    first = await post(finance, moved(own, 1, at=MARCH))
    await post(finance, moved(own, 10, at=MARCH))
    await post(finance, moved(own, 100, at=MARCH + timedelta(days=9)))

    async def balance(before: datetime | None, known: Timestamp | None) -> int:
        request = pb.GetLedgerBalancesRequest(
            ledger_account_prefix=own,
            effective_before=stamp(before) if before else None,
            known_at=known,
        )
        (answer,) = (await finance.ledger.GetLedgerBalances(request)).balances
        return answer.posted.amount_minor

    assert await balance(None, None) == 111
    assert await balance(MARCH + timedelta(days=1), None) == 11
    assert await balance(MARCH, None) == 0
    assert await balance(None, first.recorded_at) == 1


async def test_an_earning_is_known_before_it_counts(settlement: Desk) -> None:
    technician = unique("pe")
    earning = await settlement.promise(line("base", 100_00), technician_id=technician)
    await settlement.lock(earning.earning_id)
    await settlement.post(earning.earning_id)
    rows = await found(settlement, party_id=technician)
    assert [row.effective_at == row.recorded_at for row in rows] == [True, True]
