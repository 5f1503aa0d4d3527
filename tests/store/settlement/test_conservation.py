"""Money is conserved over any sequence of promises, acceptances, reviews, payouts and cancellations.

A state machine drives the service's own methods on a real database and holds it, after every step,
to a model of a few lines: nothing is created, lost, drifted or left unsealed.
"""

import itertools
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, ClassVar, TypeVar, cast

import pytest
from grpc.aio import ServicerContext
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from kit.clock import SystemClock
from kit.db.session import current_session
from kit.errors import ServiceError
from protos.common.v1.money_pb2 import Money
from protos.settlement.v1 import ledger_pb2
from protos.settlement.v1 import settlement_pb2 as pb
from services.settlement.servicer.ledger import LedgerServicer
from services.settlement.servicer.settlement import SettlementServicer
from services.settlement.store.earnings.agreement import disagreements
from services.settlement.store.ledger.verify import verify
from tests.conftest import NewDatabase
from tests.store.one_loop import OneLoop

Reply = TypeVar("Reply")

RATIOS = {
    "technician": Fraction(7, 10), "outlet": Fraction(1, 6), "platform": Fraction(2, 15)
}  # fmt: skip
TECHNICIANS = ("pe_zhang", "pe_li")
#: What each step leads to, from the states it is legal in.
STEPS = {
    "lock": {"ESTIMATED": "LOCKED"},
    "post": {"LOCKED": "PAYABLE"},
    "start_payout": {"PAYABLE": "PAYING"},
    "confirm_payout": {"PAYING": "PAID"},
    "cancel": {
        "ESTIMATED": "CANCELLED",
        "LOCKED": "CANCELLED",
        "PAYABLE": "REVERSED",
        "CANCELLED": "CANCELLED",
        "REVERSED": "REVERSED",
    },
}
_UNUSED = cast("ServicerContext[Any, Any]", None)


class Shop(OneLoop):
    """The service without a wire."""

    def __init__(self, url: str) -> None:
        super().__init__(url, "settlement")
        self.servicer = SettlementServicer(SystemClock())
        self.ledger = LedgerServicer(SystemClock())

    def empty(self) -> None:
        self.unguarded(
            "DELETE FROM ledger_transfer; DELETE FROM ledger_block;"
            " DELETE FROM ledger_balance; DELETE FROM ledger_account;"
            " DELETE FROM earning_line; DELETE FROM earning_share; DELETE FROM earning_change;"
            " DELETE FROM earning; DELETE FROM split_contract; DELETE FROM domain_event"
        )

    def put_rule(self) -> None:
        portions = [
            pb.SplitPortion(party_kind=kind, portion=str(ratio)) for kind, ratio in RATIOS.items()
        ]
        put = pb.PutSplitRuleRequest(
            split_rule=pb.SplitRule(split_rule_code="standard", portions=portions)
        )
        self.run(self.servicer.PutSplitRule(put, _UNUSED))

    def promise(self, work_order_id: str, technician: str, *lines: tuple[str, int]) -> pb.Earning:
        facts = pb.EarningFacts(
            case_id="ca_1",
            work_order_id=work_order_id,
            technician_id=technician,
            outlet_id="ou_1",
            quote_id="qt_1",
            lines=[
                pb.SettlementLine(line_kind=kind, amount=Money(currency="CNY", amount_minor=amount))
                for kind, amount in lines
            ],
        )
        promise = self.servicer.PromiseEarning(pb.PromiseEarningRequest(facts=facts), _UNUSED)
        return self.run(promise)

    def take(self, step: str, earning_id: str) -> pb.Earning:
        serve = self.servicer
        match step:
            case "lock":
                return self.run(
                    serve.LockEarning(pb.LockEarningRequest(earning_id=earning_id), _UNUSED)
                )
            case "post":
                return self.run(
                    serve.PostEarning(pb.PostEarningRequest(earning_id=earning_id), _UNUSED)
                )
            case "start_payout":
                return self.run(
                    serve.StartPayout(pb.StartPayoutRequest(earning_id=earning_id), _UNUSED)
                )
            case "confirm_payout":
                confirm = pb.ConfirmPayoutRequest(earning_id=earning_id, payout_reference="bank-1")
                return self.run(serve.ConfirmPayout(confirm, _UNUSED))
            case _:
                cancel = pb.CancelEarningRequest(earning_id=earning_id, reason="取消")
                return self.run(serve.CancelEarning(cancel, _UNUSED))

    def balances(self) -> dict[str, tuple[int, int]]:
        """Posted and pending of each account that has either."""
        reply = self.run(
            self.ledger.GetLedgerBalances(ledger_pb2.GetLedgerBalancesRequest(), _UNUSED)
        )
        found = {
            b.ledger_account: (b.posted.amount_minor, b.pending.amount_minor)
            for b in reply.balances
        }
        return {account: amounts for account, amounts in found.items() if any(amounts)}

    def findings(self) -> tuple[str, ...]:
        async def look() -> tuple[str, ...]:
            found = await verify(current_session())
            return (*found.findings, *await disagreements(current_session()))

        return self.run(look())


class Conservation(RuleBasedStateMachine):
    shop: ClassVar[Shop]
    earnings = Bundle[str]("earnings")

    @initialize()
    def open_shop(self) -> None:
        self.shop.empty()
        self.work_orders = itertools.count(1)
        self.states: dict[str, str] = {}
        self.promised: dict[str, pb.Earning] = {}

    @rule(
        target=earnings,
        technician=st.sampled_from(TECHNICIANS),
        fee=st.integers(0, 30_000),
        deduction=st.integers(0, 3_000),
    )
    def promise(self, technician: str, fee: int, deduction: int) -> str:
        lines = (("base", fee), ("deduction", -min(fee, deduction)))
        earning = self.shop.promise(f"wo_{next(self.work_orders)}", technician, *lines)
        self.states[earning.earning_id] = "ESTIMATED"
        self.promised[earning.earning_id] = earning
        return earning.earning_id

    @rule(earning_id=earnings, step=st.sampled_from(["lock", "post", "lock", "post", *STEPS]))
    def take(self, earning_id: str, step: str) -> None:
        before = self.states[earning_id]
        if before not in STEPS[step]:
            with pytest.raises(ServiceError, match="SETTLEMENT_EARNING_STATE"):
                self.shop.take(step, earning_id)
            return
        after = STEPS[step][before]
        assert self.shop.take(step, earning_id).state == pb.EarningState.Value(
            f"EARNING_STATE_{after}"
        )
        self.states[earning_id] = after

    @invariant()
    def every_account_holds_what_the_model_says(self) -> None:
        posted: Counter[str] = Counter()
        pending: Counter[str] = Counter()
        for earning_id, state in self.states.items():
            for share in self.promised[earning_id].shares:
                account, amount = account_of(share), share.amount.amount_minor
                if state == "LOCKED":
                    move(pending, "platform:clearing", account, amount)
                if state in ("PAYABLE", "PAYING", "PAID"):
                    move(posted, "platform:clearing", account, amount)
                if share.party_kind == "technician" and state in ("PAYING", "PAID"):
                    book = pending if state == "PAYING" else posted
                    move(book, account, "payout:clearing", amount)
        expected = {account: (posted[account], pending[account]) for account in {*posted, *pending}}
        held = self.shop.balances()
        assert held == {account: amounts for account, amounts in expected.items() if any(amounts)}
        assert [sum(column) for column in zip(*held.values(), strict=True)] in ([], [0, 0])

    @invariant()
    def the_ledger_proves_itself(self) -> None:
        assert self.shop.findings() == ()

    def teardown(self) -> None:
        """One large order more, which hands out what came back: then all that stands is even."""
        for technician in TECHNICIANS:
            lines = ("base", 10_000_000 + next(self.work_orders))
            last = self.shop.promise(f"wo_{next(self.work_orders)}", technician, lines)
            standing = [last] + [
                self.promised[earning_id]
                for earning_id, state in self.states.items()
                if state not in ("CANCELLED", "REVERSED")
                and self.promised[earning_id].technician_id == technician
            ]
            whole = sum(earning.settlement_total.amount_minor for earning in standing)
            received: Counter[str] = Counter()
            for earning in standing:
                received.update({s.party_kind: s.amount.amount_minor for s in earning.shares})
            assert sum(received.values()) == whole
            for kind, ratio in RATIOS.items():
                assert abs(whole * ratio - received[kind]) < 1


def account_of(share: pb.EarningShare) -> str:
    if share.party_kind == "platform":
        return "platform:revenue"
    return f"{share.party_kind}:{share.party_id}:earning"


def move(book: Counter[str], debit: str, credit: str, amount: int) -> None:
    book[debit] -= amount
    book[credit] += amount


@pytest.fixture
def shop(new_database: NewDatabase, settlement_url: str) -> Iterator[Shop]:
    made = Shop(new_database("conservation", template=settlement_url))
    made.put_rule()
    yield made
    made.close()


def test_money_is_conserved_over_any_sequence_of_steps(shop: Shop) -> None:
    class Machine(Conservation):
        pass

    Machine.shop = shop
    run_state_machine_as_test(
        Machine, settings=settings(max_examples=10, stateful_step_count=22, deadline=None)
    )
