"""After any sequence of earnings, adjustments, payouts and releases, balances are as a model says.

A state machine drives the service's own methods on a real database, and holds it after every step to
a few lines of arithmetic: what a technician has, owes and is kept of.
"""

import itertools
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, TypeVar, cast

import pytest
from grpc.aio import ServicerContext
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from kit.authn import SYSTEM, Actor
from kit.clock import FixedClock
from kit.db.session import current_session
from kit.money import Money
from protos.common.v1 import money_pb2
from protos.settlement.v1 import adjustment_pb2 as pb
from protos.settlement.v1 import settlement_pb2
from services.settlement.domain.ledger.transfers import (
    PAYOUT_CLEARING,
    Document,
    LedgerAccount,
    Transfer,
)
from services.settlement.servicer.adjustments.service import AdjustmentServicer
from services.settlement.servicer.settlement import SettlementServicer
from services.settlement.store.adjustments.agreement import disagreements
from services.settlement.store.adjustments.of_earnings import of
from services.settlement.store.ledger.balances import balance
from services.settlement.store.ledger.transfers import post
from services.settlement.store.ledger.verify import check
from tests.conftest import NewDatabase
from tests.store.one_loop import OneLoop

Reply = TypeVar("Reply")
_UNUSED = cast("ServicerContext[Any, Any]", None)
QIAN, ZHAO = Actor("pe_qian", frozenset({"finance"})), Actor("pe_zhao", frozenset({"finance"}))


class Shop(OneLoop):
    """The service without a wire, with a rule that keeps a tenth."""

    def __init__(self, url: str) -> None:
        super().__init__(url, "settlement")
        self.clock = FixedClock(datetime(2026, 3, 2, 1, tzinfo=UTC))
        self.earnings = SettlementServicer(self.clock)
        self.adjustments = AdjustmentServicer(self.clock)
        self.numbers = itertools.count(1)
        self._rules()

    def run(self, call: Coroutine[Any, Any, Reply], actor: Actor = SYSTEM) -> Reply:
        self.clock.advance(timedelta(seconds=1))
        return super().run(call, actor)

    def _rules(self) -> None:
        halves = [
            settlement_pb2.SplitPortion(party_kind="technician", portion="0.7"),
            settlement_pb2.SplitPortion(party_kind="platform", remaining=True),
        ]
        split = settlement_pb2.SplitRule(split_rule_code="standard", portions=halves)
        put = settlement_pb2.PutSplitRuleRequest(split_rule=split)
        self.run(self.earnings.PutSplitRule(put, _UNUSED))
        kept = pb.AdjustmentRule(
            rule_code="tenth",
            label="质保金",
            currency="CNY",
            effective_from="2026-01-01",
            holdback=pb.HoldbackTerms(ratio="0.1", release_after_days=90),
        )
        self.run(
            self.adjustments.PutAdjustmentRule(pb.PutAdjustmentRuleRequest(rule=kept), _UNUSED),
            QIAN,
        )
        decide = pb.DecideAdjustmentRuleRequest(rule_code="tenth", version=1, approve=True)
        self.run(self.adjustments.DecideAdjustmentRule(decide, _UNUSED), ZHAO)

    def earn(self, technician: str, fen: int) -> settlement_pb2.Earning:
        facts = settlement_pb2.EarningFacts(
            case_id="ca_1",
            work_order_id=f"wo_{next(self.numbers)}",
            technician_id=technician,
            quote_id="qt_1",
            lines=[settlement_pb2.SettlementLine(line_kind="base", amount=yuan(fen))],
        )
        promise = settlement_pb2.PromiseEarningRequest(facts=facts)
        earning = self.run(self.earnings.PromiseEarning(promise, _UNUSED))
        named = {"earning_id": earning.earning_id}
        self.run(self.earnings.LockEarning(settlement_pb2.LockEarningRequest(**named), _UNUSED))
        return self.run(
            self.earnings.PostEarning(settlement_pb2.PostEarningRequest(**named), _UNUSED)
        )

    def adjust(self, technician: str, kind: str, fen: int) -> pb.Adjustment:
        request = pb.ProposeAdjustmentRequest(
            kind=pb.AdjustmentKind.Value(f"ADJUSTMENT_KIND_{kind}"),
            party_kind="technician",
            party_id=technician,
            month="2026-02",
            amount=yuan(fen),
            reason="调整",
            evidence=[pb.AdjustmentEvidence(evidence_kind="photo", reference="1f")],
        )
        return self.approved(self.run(self.adjustments.ProposeAdjustment(request, _UNUSED), QIAN))

    def claw_back(self, earning_id: str, fen: int) -> pb.Adjustment:
        request = pb.ProposeClawBackRequest(
            earning_id=earning_id,
            cause_reference=f"rf_{next(self.numbers)}",
            amount=yuan(fen),
            reason="退款",
        )
        return self.approved(self.run(self.adjustments.ProposeClawBack(request, _UNUSED), QIAN))

    def approved(self, made: pb.Adjustment) -> pb.Adjustment:
        approve = pb.ApproveAdjustmentRequest(adjustment_id=made.adjustment_id)
        return self.run(self.adjustments.ApproveAdjustment(approve, _UNUSED), ZHAO)

    def reverse(self, adjustment_id: str) -> None:
        request = pb.ReverseAdjustmentRequest(adjustment_id=adjustment_id, reason="弄错了")
        self.run(self.adjustments.ReverseAdjustment(request, _UNUSED), ZHAO)

    def pay_out(self, technician: str, fen: int) -> None:
        async def pay() -> None:
            account = LedgerAccount("technician", technician, "earning")
            move = Transfer(account, PAYOUT_CLEARING, Money("CNY", fen), "payout", "1")
            document = Document("payout", f"po_{next(self.numbers)}")
            await post(current_session(), document, [move], self.clock.now())

        self.run(pay())

    def held(self, earning_id: str) -> list[pb.Holdback]:
        request = pb.ListHoldbacksRequest(earning_id=earning_id)
        return list(self.run(self.adjustments.ListHoldbacks(request, _UNUSED)).holdbacks)

    def forfeit(self, holdback_id: str) -> None:
        request = pb.ForfeitHoldbackRequest(holdback_id=holdback_id, reason="拒绝返修")
        self.approved(self.run(self.adjustments.ForfeitHoldback(request, _UNUSED), QIAN))

    def release_due(self) -> None:
        self.clock.advance(timedelta(days=91))
        request = pb.ReleaseDueHoldbacksRequest()
        self.run(self.adjustments.ReleaseDueHoldbacks(request, _UNUSED))

    def stands(self, technician: str) -> tuple[int, int, int]:
        async def look() -> tuple[int, int, int]:
            accounts = [
                LedgerAccount("technician", technician, kind)
                for kind in ("earning", "debt", "holdback")
            ]
            found = [await balance(current_session(), each, "CNY") for each in accounts]
            return found[0].posted_minor, found[1].posted_minor, found[2].posted_minor

        return self.run(look())

    def findings(self) -> list[str]:
        async def look() -> list[str]:
            found = await check(current_session())
            return [*found.findings, *await disagreements(current_session())]

        return self.run(look())


def yuan(fen: int) -> money_pb2.Money:
    return money_pb2.Money(currency="CNY", amount_minor=fen)


@dataclass
class Purse:
    """What a technician has, owes (below zero) and is kept of: the model."""

    has: int = 0
    owes: int = 0
    kept: int = 0

    def give(self, fen: int) -> None:
        self.has += fen
        self.pay_debt()

    def take(self, fen: int) -> int:
        borne = min(fen, self.has)
        self.has -= borne
        self.owes -= fen - borne
        return fen - borne

    def pay_debt(self) -> None:
        paid = -self.owes if self.owes > 0 else min(self.has, -self.owes)
        self.has -= paid
        self.owes += paid


@dataclass
class Work:
    """A posted earning: what is left of each share, and whether something of it is kept."""

    technician: str
    earning_id: str
    shares: list[int]
    taken: list[int] = field(default_factory=lambda: [0, 0])


@dataclass
class Posted:
    """An adjustment that can be undone."""

    technician: str
    adjustment_id: str
    amount: int
    debt: int
    work: Work | None = None
    parts: list[int] = field(default_factory=list)


class Books(RuleBasedStateMachine):
    shop: ClassVar[Shop]
    runs: ClassVar[Iterator[int]] = itertools.count(1)

    works = Bundle[Work]("works")
    posted = Bundle[Posted]("posted")

    def __init__(self) -> None:
        super().__init__()
        self.people = [f"pe_{next(self.runs)}_{name}" for name in ("zhang", "li")]
        self.purses = {name: Purse() for name in self.people}
        self.held: dict[str, tuple[str, int]] = {}

    @rule(target=works, who=st.integers(0, 1), fen=st.integers(1, 50_000))
    def earn(self, who: int, fen: int) -> Work:
        technician = self.people[who]
        earning = self.shop.earn(technician, fen)
        shares = [share.amount.amount_minor for share in earning.shares]
        purse, kept = self.purses[technician], shares[0] // 10
        purse.has += shares[0] - kept
        purse.kept += kept
        purse.pay_debt()
        for each in self.shop.held(earning.earning_id):
            self.held[each.holdback_id] = (technician, each.amount.amount_minor)
        return Work(technician, earning.earning_id, shares)

    @rule(
        target=posted,
        who=st.integers(0, 1),
        kind=st.sampled_from(["SUBSIDY", "DEDUCTION"]),
        fen=st.integers(1, 30_000),
    )
    def adjust(self, who: int, kind: str, fen: int) -> Posted:
        technician = self.people[who]
        made = self.shop.adjust(technician, kind, fen)
        if kind == "SUBSIDY":
            self.purses[technician].give(fen)
            return Posted(technician, made.adjustment_id, fen, 0)
        debt = self.purses[technician].take(fen)
        return Posted(technician, made.adjustment_id, -fen, debt)

    @rule(target=posted, work=works, part=st.integers(1, 100))
    def claw_back(self, work: Work, part: int) -> Any:
        left = sum(work.shares) - sum(work.taken)
        amount = left * part // 100
        if amount == 0:
            return multiple()
        made = self.shop.claw_back(work.earning_id, amount)
        parts = [-share.amount.amount_minor for share in made.shares]
        assert sum(parts) == amount
        work.taken = [before + now for before, now in zip(work.taken, parts, strict=True)]
        assert all(t <= s for t, s in zip(work.taken, work.shares, strict=True))
        debt = self.purses[work.technician].take(parts[0])
        return Posted(work.technician, made.adjustment_id, -parts[0], debt, work, parts)

    @rule(what=consumes(posted))
    def reverse(self, what: Posted) -> None:
        self.shop.reverse(what.adjustment_id)
        purse = self.purses[what.technician]
        if what.amount > 0:
            purse.take(what.amount)
        else:
            purse.has += -what.amount - what.debt
            purse.owes += what.debt
        purse.pay_debt()
        if what.work is not None:
            what.work.taken = [
                before - back for before, back in zip(what.work.taken, what.parts, strict=True)
            ]

    @rule(who=st.integers(0, 1), part=st.integers(1, 100))
    def pay_out(self, who: int, part: int) -> None:
        technician = self.people[who]
        fen = self.purses[technician].has * part // 100
        if fen:
            self.shop.pay_out(technician, fen)
            self.purses[technician].has -= fen

    @rule(number=st.integers(0, 100))
    def forfeit(self, number: int) -> None:
        if self.held:
            holdback_id = sorted(self.held)[number % len(self.held)]
            technician, fen = self.held.pop(holdback_id)
            self.shop.forfeit(holdback_id)
            self.purses[technician].kept -= fen

    @rule()
    def release_due(self) -> None:
        self.shop.release_due()
        for technician, fen in self.held.values():
            self.purses[technician].kept -= fen
            self.purses[technician].has += fen
        for purse in self.purses.values():
            purse.pay_debt()
        self.held.clear()

    @invariant()
    def balances_are_as_the_model_says(self) -> None:
        for technician, purse in self.purses.items():
            assert self.shop.stands(technician) == (purse.has, purse.owes, purse.kept)

    def teardown(self) -> None:
        assert self.shop.findings() == []


@pytest.fixture(scope="module")
def shop(new_database: NewDatabase, settlement_url: str) -> Iterator[Shop]:
    made = Shop(new_database("adjusted", template=settlement_url))
    yield made
    made.close()


def test_the_adjustments_of_an_earning_are_found_by_it(shop: Shop) -> None:
    adjusted, plain = (shop.earn("pe_found", 200_00).earning_id for _ in range(2))
    made = [shop.claw_back(adjusted, fen).adjustment_id for fen in (10_00, 20_00)]

    async def look() -> dict[str, list[str]]:
        found = await of(current_session(), [adjusted, plain])
        return {earning: [row.adjustment_id for row in rows] for earning, rows in found.items()}

    assert shop.run(look()) == {adjusted: made, plain: []}


def test_balances_equal_a_model_after_any_sequence(shop: Shop) -> None:
    Books.shop = shop
    run_state_machine_as_test(
        Books, settings=settings(max_examples=15, stateful_step_count=20, deadline=None)
    )
