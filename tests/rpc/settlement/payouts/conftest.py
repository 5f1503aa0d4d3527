"""The settlement service over the payout simulator, both real servers.

till   function   one split rule, payees with accounts, three people of finance
"""

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from kit.authn import SYSTEM, Actor
from kit.clock import SystemClock
from protos.settlement.v1 import payout_pb2 as pb
from protos.settlement.v1 import settlement_pb2
from protos.settlement.v1.payout_pb2_grpc import PayoutServiceStub
from services.settlement.main import mounts
from tests.payout_server import PayoutServer, payout_server
from tests.rpc.conftest import Serve, Served
from tests.rpc.settlement.conftest import Desk, unique
from tests.rpc.settlement.words import line, portion

if TYPE_CHECKING:
    from protos.settlement.v1.payout_pb2_grpc import PayoutServiceAsyncStub

_keys = itertools.count(1)
FINANCE = ("qian", "zheng", "zhao")


def key() -> str:
    return f"payout-{next(_keys)}"


@dataclass
class Till:
    """Where payouts are made."""

    served: Served
    desk: Desk
    channel: PayoutServer

    def as_(self, actor: Actor = SYSTEM) -> "PayoutServiceAsyncStub":
        return cast("PayoutServiceAsyncStub", self.served.stub(PayoutServiceStub, actor))

    def finance(self, person: str) -> "PayoutServiceAsyncStub":
        return self.as_(Actor(person, frozenset({"finance"})))

    async def payee(self, payee_id: str, **more: str | bool) -> str:
        """A technician with a phone and an account; the openid is theirs."""
        openid = f"o-{payee_id}"
        await self.channel.payee(openid, **more)
        await self.finance("sun").PutPayoutAccount(
            pb.PutPayoutAccountRequest(
                idempotency_key=key(),
                party_kind="technician",
                payee_id=payee_id,
                channel_code="wechat",
                channel_payee=openid,
            )
        )
        return openid

    async def earned(self, payee_id: str, minor: int = 140_00) -> settlement_pb2.Earning:
        """A payable earning; the technician's share of it is as given."""
        made = await self.desk.promise(line("base", minor * 10 // 7), technician_id=payee_id)
        await self.desk.lock(made.earning_id)
        posted = await self.desk.post(made.earning_id)
        assert posted.total.amount_minor == minor
        return posted

    async def draw(self, *payees: str, by: str = "qian", **more: object) -> pb.PayoutBatch:
        request = pb.DrawPayoutBatchRequest(
            idempotency_key=key(),
            payee_ids=payees,
            **more,  # type: ignore[arg-type]
        )
        return await self.finance(by).DrawPayoutBatch(request)

    async def approve(self, batch: pb.PayoutBatch, *people: str) -> pb.PayoutBatch:
        for person in people or ("zheng", "zhao"):
            batch = await self.finance(person).ApprovePayoutBatch(
                pb.ApprovePayoutBatchRequest(
                    idempotency_key=key(), payout_batch_id=batch.payout_batch_id
                )
            )
        return batch

    async def ready(self, payee_id: str, minor: int = 140_00, **more: str | bool) -> pb.Payout:
        """An approved payout of one earning."""
        await self.payee(payee_id, **more)
        await self.earned(payee_id, minor)
        batch = await self.approve(await self.draw(payee_id))
        return batch.payouts[0]

    async def advance(self, payout: pb.Payout) -> pb.Payout:
        return await self.as_().AdvancePayout(pb.AdvancePayoutRequest(payout_id=payout.payout_id))

    async def get(self, payout: pb.Payout) -> pb.Payout:
        return await self.as_().GetPayout(pb.GetPayoutRequest(payout_id=payout.payout_id))

    async def balance(self, account: str) -> tuple[int, int]:
        return (await self.desk.balances(account)).get(account, (0, 0))

    async def earning_states(self, payout: pb.Payout) -> set[str]:
        found = [await self.desk.get(item.earning_id) for item in payout.items if item.earning_id]
        return {
            settlement_pb2.EarningState.Name(each.state).removeprefix("EARNING_STATE_")
            for each in found
        }


@pytest.fixture
async def payout_channel(tmp_path: Path) -> AsyncIterator[PayoutServer]:
    async with payout_server(tmp_path / "payout") as running:
        yield running


@pytest.fixture
async def till(serve: Serve, payout_channel: PayoutServer) -> Till:
    channels = {"wechat": payout_channel.channel("http://127.0.0.1:9/nobody")}
    served = await serve("settlement", mounts(SystemClock(), channels))
    desk = Desk(served)
    await desk.put_rule(
        unique("standard"), "", portion("technician", "0.7"), portion("platform", remaining=True)
    )
    return Till(served, desk, payout_channel)
