"""A desk for adjustments: calls in one actor's name, short words, rules that two people made."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pytest

from kit.authn import SYSTEM, Actor
from kit.clock import Clock
from kit.errors import ServiceError
from protos.settlement.v1 import adjustment_pb2 as pb
from protos.settlement.v1.adjustment_pb2_grpc import AdjustmentServiceStub
from services.settlement.main import mounts
from tests.rpc.conftest import Serve
from tests.rpc.settlement.conftest import Desk, unique
from tests.rpc.settlement.words import line, money, portion

if TYPE_CHECKING:
    from protos.settlement.v1.adjustment_pb2_grpc import AdjustmentServiceAsyncStub

EVIDENCE = pb.AdjustmentEvidence(evidence_kind="photo", reference="sha256:1f", note="漏水")


@dataclass
class Adjustments:
    """Calls ``AdjustmentService`` in one actor's name."""

    books: Desk
    actor: Actor = SYSTEM
    stub: "AdjustmentServiceAsyncStub" = field(init=False)

    def __post_init__(self) -> None:
        self.stub = cast(
            "AdjustmentServiceAsyncStub",
            self.books.served.stub(AdjustmentServiceStub, self.actor),
        )

    def as_(self, person_id: str, *roles: str, outlet_id: str = "") -> "Adjustments":
        return Adjustments(self.books, Actor(person_id, frozenset(roles), outlet_id=outlet_id))

    @property
    def qian(self) -> "Adjustments":
        """Who proposes."""
        return self.as_("pe_qian", "finance")

    @property
    def zhao(self) -> "Adjustments":
        """Who approves."""
        return self.as_("pe_zhao", "finance")

    async def propose(self, kind: str = "subsidy", fen: int = 20_00, **said: Any) -> pb.Adjustment:
        request: dict[str, Any] = {
            "idempotency_key": unique("propose"),
            "kind": f"ADJUSTMENT_KIND_{kind.upper()}",
            "amount": money(fen),
            "reason": "高温补贴",
            "evidence": [EVIDENCE],
        }
        return await self.stub.ProposeAdjustment(pb.ProposeAdjustmentRequest(**(request | said)))

    async def rated(self, earning_id: str, rating: str, **said: Any) -> Any:
        request = {"idempotency_key": unique("rated"), "earning_id": earning_id, "rating": rating}
        return await self.stub.ProposePerformance(pb.ProposePerformanceRequest(**(request | said)))

    async def claw_back(
        self, earning_id: str, fen: int | None = None, key: str = "", **said: Any
    ) -> pb.Adjustment:
        request: dict[str, Any] = {
            "idempotency_key": key or unique("claw"),
            "earning_id": earning_id,
            "cause_reference": unique("rf"),
            "reason": "客户退款",
        }
        if fen is not None:
            request["amount"] = money(fen)
        return await self.stub.ProposeClawBack(pb.ProposeClawBackRequest(**(request | said)))

    async def approve(self, adjustment_id: str, revision: int = 0) -> pb.Adjustment:
        return await self.stub.ApproveAdjustment(
            pb.ApproveAdjustmentRequest(
                idempotency_key=unique("approve"), adjustment_id=adjustment_id, revision=revision
            )
        )

    async def reject(self, adjustment_id: str) -> pb.Adjustment:
        return await self.stub.RejectAdjustment(
            pb.RejectAdjustmentRequest(
                idempotency_key=unique("reject"), adjustment_id=adjustment_id, reason="证据不足"
            )
        )

    async def reverse(self, adjustment_id: str) -> pb.Adjustment:
        return await self.stub.ReverseAdjustment(
            pb.ReverseAdjustmentRequest(
                idempotency_key=unique("reverse"), adjustment_id=adjustment_id, reason="弄错了"
            )
        )

    async def get(self, adjustment_id: str) -> pb.Adjustment:
        return await self.stub.GetAdjustment(pb.GetAdjustmentRequest(adjustment_id=adjustment_id))

    async def listed(self, **wanted: Any) -> list[pb.Adjustment]:
        reply = await self.stub.ListAdjustments(pb.ListAdjustmentsRequest(**wanted))
        return list(reply.adjustments)

    async def settle(self) -> pb.SettleAdjustmentsResponse:
        return await self.stub.SettleAdjustments(
            pb.SettleAdjustmentsRequest(idempotency_key=unique("settle"))
        )

    async def put(self, code: str, **terms: Any) -> pb.AdjustmentRule:
        said = {
            "rule_code": code,
            "label": code,
            "currency": "CNY",
            "effective_from": "2026-01-01",
        }
        return await self.stub.PutAdjustmentRule(
            pb.PutAdjustmentRuleRequest(
                idempotency_key=unique("put"), rule=pb.AdjustmentRule(**(said | terms))
            )
        )

    async def decide(self, code: str, version: int, approve: bool = True) -> pb.AdjustmentRule:
        return await self.stub.DecideAdjustmentRule(
            pb.DecideAdjustmentRuleRequest(
                idempotency_key=unique("decide"),
                rule_code=code,
                version=version,
                approve=approve,
                reason="同意",
            )
        )

    async def rule(self, code: str, **terms: Any) -> None:
        """A rule that two people made."""
        put = await self.qian.put(code, **terms)
        await self.zhao.decide(code, put.version)

    async def holdbacks(self, **wanted: Any) -> list[pb.Holdback]:
        reply = await self.stub.ListHoldbacks(pb.ListHoldbacksRequest(**wanted))
        return list(reply.holdbacks)

    async def release(self, holdback_id: str, reason: str = "") -> pb.Holdback:
        return await self.stub.ReleaseHoldback(
            pb.ReleaseHoldbackRequest(
                idempotency_key=unique("release"), holdback_id=holdback_id, reason=reason
            )
        )

    async def forfeit(self, holdback_id: str) -> pb.Adjustment:
        return await self.stub.ForfeitHoldback(
            pb.ForfeitHoldbackRequest(
                idempotency_key=unique("forfeit"), holdback_id=holdback_id, reason="拒绝返修"
            )
        )

    async def release_due(self) -> pb.ReleaseDueHoldbacksResponse:
        return await self.stub.ReleaseDueHoldbacks(
            pb.ReleaseDueHoldbacksRequest(idempotency_key=unique("due"))
        )

    async def earning(self, fen: int = 200_00, to: str = "payable", **facts: str) -> Any:
        """An earning of a technician of its own, 70 % theirs, as far as it is wanted."""
        facts = {"technician_id": unique("pe")} | facts
        earning = await self.books.promise(line("base", fen), **facts)
        steps = ["estimated", "locked", "payable", "paid"]
        if steps.index(to) >= 1:
            await self.books.lock(earning.earning_id)
        if steps.index(to) >= 2:
            await self.books.post(earning.earning_id)
        if steps.index(to) >= 3:
            await self.books.start_payout(earning.earning_id)
            await self.books.confirm_payout(earning.earning_id)
        return await self.books.get(earning.earning_id)

    async def balance(self, account: str) -> int:
        """What is posted on an account, in fen."""
        return (await self.books.balances(account)).get(account, (0, 0))[0]

    async def stands(self, technician_id: str) -> tuple[int, int, int]:
        """A technician's balance, debt and hold-back."""
        balances = await self.books.balances(f"technician:{technician_id}:")
        earning, debt, holdback = (
            balances.get(f"technician:{technician_id}:{kind}", (0, 0))[0]
            for kind in ("earning", "debt", "holdback")
        )
        return earning, debt, holdback


async def opened(serve: Serve, clock: Clock) -> Adjustments:
    """A service with the split rules of both modes."""
    books = Desk(await serve("settlement", mounts(clock)))
    await books.put_rule(
        "standard", "", portion("technician", "0.7"), portion("platform", remaining=True)
    )
    await books.put_rule(
        "franchise",
        "franchise",
        portion("technician", "0.7"),
        portion("outlet", "0.2"),
        portion("platform", remaining=True),
    )
    return Adjustments(books)


async def refused(call: Awaitable[Any], kind: type[ServiceError], reason: str) -> None:
    with pytest.raises(kind) as refusal:
        await call
    assert refusal.value.reason == reason


async def outcomes(*calls: Awaitable[Any]) -> list[str]:
    async def outcome(call: Awaitable[Any]) -> str:
        try:
            await call
        except ServiceError as refusal:
            return refusal.reason
        return "done"

    return sorted(await asyncio.gather(*map(outcome, calls)))
