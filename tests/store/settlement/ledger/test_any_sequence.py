"""Whatever is held, posted, voided, reversed and closed, in any order: the books are a model's.

The model is a list of movements. After every step the database is held to it: what it refused, every
balance, any balance of any date as known on any date, and its own proof. Runs are made short, so that
sums of sums are reached in a few steps.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, ClassVar, TypeVar

import psycopg
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy.ext.asyncio import AsyncSession

from kit.db.session import current_session
from kit.errors import ServiceError
from kit.money import Money
from services.settlement.domain.ledger.transfers import (
    CLEARING,
    Balance,
    Document,
    LedgerAccount,
    Transfer,
    TransferState,
)
from services.settlement.store.ledger import transfers as store
from services.settlement.store.ledger.balances import balances, balances_as_of
from services.settlement.store.ledger.periods import close, watermark
from services.settlement.store.ledger.verify import check
from tests.conftest import NewDatabase
from tests.store.one_loop import OneLoop
from tests.store.settlement.ledger.words import LI, ZHANG

Answer = TypeVar("Answer")

ACCOUNTS = (CLEARING, ZHANG, LI, LedgerAccount("platform", "", "revenue"))
#: Of Shanghai, where a day begins.
MIDNIGHT = datetime(2026, 3, 1, 16, tzinfo=UTC)
POSTED, PENDING = TransferState.POSTED, TransferState.PENDING


@dataclass(frozen=True)
class Movement:
    """One transfer of the model."""

    document: str
    leg: str
    kind: str
    state: TransferState
    debit: LedgerAccount
    credit: LedgerAccount
    currency: str
    amount: int
    recorded_at: datetime
    effective_at: datetime
    refers_to: "Movement | None" = None

    def changes(self) -> Iterator[tuple[tuple[str, str], Balance]]:
        """What it does to each of its accounts."""
        posted = self.amount if self.state is POSTED else 0
        resolves = self.refers_to is not None and self.kind != "reversal"
        held = self.amount if self.state is PENDING else -self.amount if resolves else 0
        yield (self.debit.code, self.currency), Balance(-posted, held, 0)
        yield (self.credit.code, self.currency), Balance(posted, 0, held)


@dataclass
class Model:
    """The books as a list."""

    movements: list[Movement] = field(default_factory=list)
    closed: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def balances(
        self, keep: Callable[[Movement], bool] = lambda _: True
    ) -> dict[tuple[str, str], Balance]:
        posted, debit, credit = Counter[Any](), Counter[Any](), Counter[Any]()
        for movement in filter(keep, self.movements):
            for key, change in movement.changes():
                posted[key] += change.posted_minor
                debit[key] += change.pending_debit_minor
                credit[key] += change.pending_credit_minor
        return {key: Balance(posted[key], debit[key], credit[key]) for key in posted}

    def refusal(self, new: list[Movement]) -> str:
        """Why the database will not have these; empty: it will."""
        names = Counter((m.document, m.leg, m.kind, m.state) for m in [*self.movements, *new])
        if max(names.values(), default=0) > 1:
            return "SETTLEMENT_TRANSFER_EXISTS"
        after = Model([*self.movements, *new]).balances()
        for (code, _), stands in after.items():
            if code != CLEARING.code and stands.available_minor < 0:
                return "SETTLEMENT_ACCOUNT_OVERDRAWN"
        for movement in new:
            for side in (movement.debit, movement.credit):
                end = self.closed.get((side.code, movement.currency))
                if end is not None and movement.effective_at < end:
                    return "SETTLEMENT_PERIOD_CLOSED"
        return ""

    def open(self, document: str, state: TransferState) -> list[Movement]:
        """What of a document may still be resolved, or undone."""
        done = [m.refers_to for m in self.movements]
        return [
            m
            for m in self.movements
            if m.document == document
            and m.state is state
            and m.kind != "reversal"
            and m not in done
        ]


class Books(OneLoop):
    """The store."""

    def __init__(self, url: str) -> None:
        super().__init__(url, "settlement")

    def act(self, call: Callable[[AsyncSession], Coroutine[Any, Any, Answer]]) -> Answer:
        async def with_session() -> Answer:
            return await call(current_session())

        return self.run(with_session())

    def empty(self) -> None:
        self.unguarded(
            "DELETE FROM ledger_transfer; DELETE FROM ledger_block; DELETE FROM ledger_run;"
            " DELETE FROM ledger_rollup; DELETE FROM ledger_closed_period;"
            " DELETE FROM ledger_balance; DELETE FROM ledger_account"
        )


documents = st.integers(1, 6).map(lambda number: f"aj_{number}")
legs = st.sampled_from(["a", "b", "c"])
#: How far from its recording something counts: often in the same hour or day as others do.
lates = st.builds(
    timedelta, days=st.sampled_from([-2, -1, 0, 0]), minutes=st.sampled_from([-70, -30, -5, 0, 45])
)
new_transfers = st.lists(
    st.tuples(
        st.permutations(ACCOUNTS).map(lambda two: (two[0], two[1])),
        st.integers(1, 50),
        legs,
        st.sampled_from(["CNY", "CNY", "THB"]),
        lates,
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda drawn: drawn[2],
)


class AnySequence(RuleBasedStateMachine):
    books: ClassVar[Books]

    @initialize()
    def begin(self) -> None:
        self.books.empty()
        self.model = Model()
        self.ticks = itertools.count(1)
        self.now = MIDNIGHT

    def tick(self) -> datetime:
        self.now = MIDNIGHT + timedelta(minutes=20 * next(self.ticks))
        return self.now

    @rule(drawn=new_transfers, document=documents, state=st.sampled_from([PENDING, POSTED, POSTED]))
    def write(self, drawn: list[Any], document: str, state: TransferState) -> None:
        now = self.tick()
        asked = [
            Transfer(
                debit, credit, Money(currency, amount), "adjustment", leg,
                now + late,
            )
            for (debit, credit), amount, leg, currency, late in drawn
        ]  # fmt: skip
        new = [
            Movement(
                document, t.leg, t.transfer_kind, state, t.debit, t.credit, t.amount.currency,
                t.amount.amount_minor, now, t.effective_at or now,
            )
            for t in asked
        ]  # fmt: skip
        act = store.hold if state is PENDING else store.post
        self.apply(new, lambda session: act(session, Document("adjustment", document), asked, now))

    @rule(
        document=documents, to=st.sampled_from([POSTED, POSTED, TransferState.VOIDED]), late=lates
    )
    def resolve(self, document: str, to: TransferState, late: timedelta) -> None:
        now = self.tick()
        counts = now + late
        new = [
            Movement(
                m.document, m.leg, m.kind, to, m.debit, m.credit, m.currency, m.amount, now,
                max(counts, m.effective_at), m,
            )
            for m in self.model.open(document, PENDING)
        ]  # fmt: skip
        of = Document("adjustment", document)
        self.apply(new, lambda session: store.resolve(session, of, to, now, effective_at=counts))

    @rule(document=documents, chosen=st.none() | st.sets(legs, min_size=1), late=lates)
    def reverse(self, document: str, chosen: set[str] | None, late: timedelta) -> None:
        now = self.tick()
        counts = now + late
        standing = self.model.open(document, POSTED)
        undone = [m for m in standing if chosen is None or m.leg in chosen]
        new = [
            Movement(
                m.document, m.leg, "reversal", POSTED, m.credit, m.debit, m.currency, m.amount, now,
                max(counts, m.effective_at), m,
            )
            for m in undone
        ]  # fmt: skip
        missing = chosen is not None and chosen - {m.leg for m in standing}
        of, only = Document("adjustment", document), sorted(chosen) if chosen else None
        self.apply(
            new,
            lambda session: store.reverse(session, of, now, only, effective_at=counts),
            "SETTLEMENT_LEG_NOT_OPEN" if missing else "",
        )

    @rule(account=st.sampled_from(ACCOUNTS), back=st.integers(0, 40))
    def close_period(self, account: LedgerAccount, back: int) -> None:
        now = self.tick()
        end, key = now - timedelta(hours=back), (account.code, "CNY")
        refused = key in self.model.closed and end <= self.model.closed[key]

        async def act(session: AsyncSession) -> None:
            await close(session, [account], "CNY", end, await watermark(session, now), now)

        if refused:
            with pytest.raises(ServiceError, match="SETTLEMENT_PERIOD_ORDER"):
                self.books.act(act)
        else:
            self.books.act(act)
            self.model.closed[key] = end

    def apply(
        self,
        new: list[Movement],
        act: Callable[[AsyncSession], Coroutine[Any, Any, list[int]]],
        refused: str = "",
    ) -> None:
        """Do it in both; what one refuses the other refuses, and nothing has changed."""
        expected = self.model.refusal(new) or refused
        if expected:
            with pytest.raises(ServiceError, match=expected):
                self.books.act(act)
        else:
            assert len(self.books.act(act)) == len(new)
            self.model.movements += new

    @invariant()
    def every_balance_is_the_models_and_sums_to_zero(self) -> None:
        found = self.books.act(lambda session: balances(session, ""))
        stands = {(each.ledger_account, each.currency): each.balance for each in found}
        assert {key: b for key, b in stands.items() if b != Balance()} == {
            key: b for key, b in self.model.balances().items() if b != Balance()
        }
        total: Counter[str] = Counter()
        for (_, currency), each in stands.items():
            total[currency] += each.posted_minor
        assert not any(total.values())

    @rule(chance=st.randoms(use_true_random=False))
    def look_back(self, chance: Random) -> None:
        """Any balance of the past, as known at any time, is the model's."""
        instants = sorted(
            {x for m in self.model.movements for x in (m.effective_at, m.recorded_at)}
        )
        if not instants:
            return
        instants += [MIDNIGHT, MIDNIGHT + timedelta(days=1)]
        for _ in range(6):
            before, known = chance.choice([*instants, None]), chance.choice([*instants, None, None])
            model = self.model.balances(
                lambda m, b=before, k=known: (  # type: ignore[misc]
                    (b is None or m.effective_at < b) and (k is None or m.recorded_at <= k)
                )
            )
            found = self.books.act(
                lambda session, b=before, k=known: balances_as_of(session, "", b, k)  # type: ignore[misc]
            )
            for each in found:
                key = (each.ledger_account, each.currency)
                assert each.balance == model.get(key, Balance())

    @invariant()
    def the_ledger_proves_itself(self) -> None:
        assert self.books.act(check).findings == ()


@pytest.fixture
def books(new_database: NewDatabase, settlement_url: str) -> Iterator[Books]:
    url = new_database("any_sequence", template=settlement_url)
    with psycopg.connect(url, options="-c search_path=settlement") as owner:
        for function, size in (("ledger_run_size", "3"), ("ledger_runs_together", "2")):
            owner.execute(
                f"CREATE OR REPLACE FUNCTION {function}() RETURNS bigint LANGUAGE sql IMMUTABLE"
                f" PARALLEL SAFE AS 'SELECT {size}::bigint'"
            )
    made = Books(url)
    yield made
    made.close()


def test_any_sequence_of_postings_keeps_the_books(books: Books) -> None:
    class Machine(AnySequence):
        pass

    Machine.books = books
    run_state_machine_as_test(
        Machine, settings=settings(max_examples=12, stateful_step_count=25, deadline=None)
    )
