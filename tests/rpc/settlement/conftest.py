"""The settlement service served for real, with one split rule a cooperation mode.

settlement   module    a Desk on the system's behalf; ``await settlement.promise(...)``
rules        default 70 % technician, rest platform; "franchise" 70/20/10; "agency" with an agent
"""

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, cast

import pytest

from kit.authn import SYSTEM, Actor
from kit.clock import SystemClock
from protos.settlement.v1 import ledger_pb2
from protos.settlement.v1 import settlement_pb2 as pb
from protos.settlement.v1.ledger_pb2_grpc import LedgerServiceStub
from protos.settlement.v1.settlement_pb2_grpc import SettlementServiceStub
from services.settlement.main import mounts
from tests.rpc.conftest import Serve, Served
from tests.rpc.settlement.words import line, portion

if TYPE_CHECKING:
    from protos.settlement.v1.ledger_pb2_grpc import LedgerServiceAsyncStub
    from protos.settlement.v1.settlement_pb2_grpc import SettlementServiceAsyncStub

_numbers = itertools.count(1)


def unique(prefix: str) -> str:
    return f"{prefix}_{next(_numbers)}"


class Movement(NamedTuple):
    """A ledger transfer as a person reads it."""

    debit: str
    credit: str
    amount_minor: int
    kind: str
    state: str


@dataclass
class Desk:
    """Calls the service in one actor's name."""

    served: Served
    actor: Actor = SYSTEM
    stub: "SettlementServiceAsyncStub" = field(init=False)
    ledger: "LedgerServiceAsyncStub" = field(init=False)

    def __post_init__(self) -> None:
        self.stub = cast(
            "SettlementServiceAsyncStub", self.served.stub(SettlementServiceStub, self.actor)
        )
        self.ledger = cast(
            "LedgerServiceAsyncStub", self.served.stub(LedgerServiceStub, self.actor)
        )

    def as_(self, person_id: str, *roles: str, outlet_id: str = "") -> "Desk":
        return Desk(self.served, Actor(person_id, frozenset(roles), outlet_id=outlet_id))

    async def promise(self, *lines: pb.SettlementLine, key: str = "", **facts: str) -> pb.Earning:
        return await self.stub.PromiseEarning(
            pb.PromiseEarningRequest(
                idempotency_key=key or unique("promise"), facts=earning_facts(*lines, **facts)
            )
        )

    async def lock(self, earning_id: str, key: str = "") -> pb.Earning:
        return await self.stub.LockEarning(
            pb.LockEarningRequest(idempotency_key=key or unique("lock"), earning_id=earning_id)
        )

    async def post(self, earning_id: str, key: str = "") -> pb.Earning:
        return await self.stub.PostEarning(
            pb.PostEarningRequest(idempotency_key=key or unique("post"), earning_id=earning_id)
        )

    async def start_payout(self, earning_id: str) -> pb.Earning:
        return await self.stub.StartPayout(
            pb.StartPayoutRequest(idempotency_key=unique("start"), earning_id=earning_id)
        )

    async def confirm_payout(self, earning_id: str, reference: str = "ICBC-7001") -> pb.Earning:
        return await self.stub.ConfirmPayout(
            pb.ConfirmPayoutRequest(
                idempotency_key=unique("confirm"),
                earning_id=earning_id,
                payout_reference=reference,
            )
        )

    async def cancel(self, earning_id: str, reason: str = "客户取消") -> pb.Earning:
        return await self.stub.CancelEarning(
            pb.CancelEarningRequest(
                idempotency_key=unique("cancel"), earning_id=earning_id, reason=reason
            )
        )

    async def get(self, earning_id: str) -> pb.Earning:
        return await self.stub.GetEarning(pb.GetEarningRequest(earning_id=earning_id))

    async def put_rule(
        self, code: str, mode: str, *portions: pb.SplitPortion, version: int = 0
    ) -> pb.SplitRule:
        return await self.stub.PutSplitRule(
            pb.PutSplitRuleRequest(
                idempotency_key=unique("rule"),
                split_rule=pb.SplitRule(
                    split_rule_code=code,
                    version=version,
                    cooperation_mode=mode,
                    portions=portions,
                ),
            )
        )

    async def transfers(self, earning_id: str) -> list[Movement]:
        response = await self.ledger.ListLedgerTransfers(
            ledger_pb2.ListLedgerTransfersRequest(document_id=earning_id)
        )
        return [
            Movement(
                transfer.debit_ledger_account,
                transfer.credit_ledger_account,
                transfer.amount.amount_minor,
                transfer.transfer_kind,
                ledger_pb2.LedgerTransferState.Name(transfer.state).removeprefix(
                    "LEDGER_TRANSFER_STATE_"
                ),
            )
            for transfer in response.transfers
        ]

    async def balances(self, prefix: str = "") -> dict[str, tuple[int, int]]:
        response = await self.ledger.GetLedgerBalances(
            ledger_pb2.GetLedgerBalancesRequest(ledger_account_prefix=prefix)
        )
        return {
            balance.ledger_account: (balance.posted.amount_minor, balance.pending.amount_minor)
            for balance in response.balances
        }

    async def preview(self, *lines: pb.SettlementLine, **facts: str) -> pb.Earning:
        return await self.stub.PreviewEarning(
            pb.PreviewEarningRequest(facts=earning_facts(*lines, **facts))
        )

    async def verify(self) -> ledger_pb2.VerifyLedgerResponse:
        return await self.ledger.VerifyLedger(ledger_pb2.VerifyLedgerRequest())


def earning_facts(*lines: pb.SettlementLine, **facts: str) -> pb.EarningFacts:
    return pb.EarningFacts(
        **{
            "case_id": "ca_1",
            "work_order_id": unique("wo"),
            "technician_id": "pe_zhang",
            "quote_id": "qt_1",
            **facts,
        },
        lines=lines or (line("base", 200_00),),
    )


@pytest.fixture(scope="module")
async def settlement(serve: Serve) -> Desk:
    desk = Desk(await serve("settlement", mounts(SystemClock())))
    await desk.put_rule(
        "standard", "", portion("technician", "0.7"), portion("platform", remaining=True)
    )
    await desk.put_rule(
        "franchise",
        "franchise",
        portion("technician", "0.7"),
        portion("outlet", "0.2"),
        portion("platform", remaining=True),
    )
    await desk.put_rule(
        "agency",
        "agency",
        portion("technician", "0.6"),
        portion("agent", "0.1"),
        portion("platform", "0.3"),
    )
    return desk


@pytest.fixture
async def without_rules(serve: Serve) -> Desk:
    """The service before anybody put a rule."""
    return Desk(await serve("settlement", mounts(SystemClock())))
