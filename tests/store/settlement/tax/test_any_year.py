"""Whatever is paid and taken back in a year, the records withhold what the table says of it.

A state machine pays payees, takes payments back and goes on through the year on a real database, and
holds it after every step to a model that knows only what was paid in the end.
"""

from datetime import UTC, datetime
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
    run_state_machine_as_test,
)

from kit.db.session import current_session
from kit.money import Money
from services.settlement.domain.ledger.transfers import Document
from services.settlement.domain.tax.profile import Payee, PayeeProfile, ProfileKind
from services.settlement.domain.tax.withholding import Withholding, tax_of
from services.settlement.store.tax import declared, profiles, withholdings
from services.settlement.store.tax.declared import TotalsKey
from tests.conftest import NewDatabase
from tests.store.one_loop import OneLoop
from tests.unit.settlement.tax.tables import TABLES
from tests.unit.settlement.words import cny

Reply = TypeVar("Reply")
PAYEES = {"pe_wang": ProfileKind.PLATFORM_WORKER, "pe_zhao": ProfileKind.LABOUR_SERVICE}
LABOUR, PLATFORM = TABLES


class TaxOffice(OneLoop):
    """The store."""

    def __init__(self, url: str) -> None:
        super().__init__(url, "settlement")

    def empty(self) -> None:
        self.unguarded("TRUNCATE tax_withholding")


class AnyYear(RuleBasedStateMachine):
    """One year of two payees."""

    office: ClassVar[TaxOffice]
    payments = Bundle("payments")

    def __init__(self) -> None:
        super().__init__()
        self.office.empty()
        self.month = 1
        self.number = 0
        #: What stands: payee → month → payments by number.
        self.paid: dict[str, dict[int, dict[int, int]]] = {payee: {} for payee in PAYEES}
        self.withheld: dict[str, dict[int, int]] = {payee: {} for payee in PAYEES}

    @property
    def now(self) -> datetime:
        return datetime(2026, self.month, 15, 4, tzinfo=UTC)

    @rule(
        target=payments,
        payee=st.sampled_from(sorted(PAYEES)),
        gross=st.integers(1, 90_000_00),
    )
    def pay(self, payee: str, gross: int) -> tuple[str, int, int]:
        self.number += 1
        self.paid[payee].setdefault(self.month, {})[self.number] = gross
        made = self.office.run(self._record(payee, self.number, gross))
        tax = made.tax.amount_minor
        expected = self._expected(payee, gross)
        assert tax == expected
        assert made.net == cny(gross - tax)
        self.withheld[payee][self.number] = tax
        return payee, self.month, self.number

    def _expected(self, payee: str, gross: int) -> int:
        if PAYEES[payee] is ProfileKind.LABOUR_SERVICE:
            return tax_of(LABOUR, gross, 1)
        months = {month for month, each in self.paid[payee].items() if each}
        income = sum(sum(each.values()) for each in self.paid[payee].values())
        before = sum(self.withheld[payee].values())
        return max(0, tax_of(PLATFORM, income, len(months)) - before)

    @rule(taken=consumes(payments))
    def take_back(self, taken: tuple[str, int, int]) -> None:
        payee, month, number = taken
        back = self.office.run(self._reverse(number))
        assert back == cny(self.withheld[payee].pop(number))
        del self.paid[payee][month][number]
        assert self.office.run(self._reverse(number)) is None

    @rule()
    def next_month(self) -> None:
        self.month = min(12, self.month + 1)

    @invariant()
    def the_declaration_is_what_stands(self) -> None:
        totals = self.office.run(self._totals())
        told = {
            each.payee_id: (each.payment_count, each.gross_minor, each.tax_minor) for each in totals
        }
        for payee in PAYEES:
            standing = [gross for each in self.paid[payee].values() for gross in each.values()]
            tax = sum(self.withheld[payee].values())
            assert told.get(payee, (0, 0, 0)) == (len(standing), sum(standing), tax)

    async def _record(self, payee: str, number: int, gross: int) -> Withholding:
        document = Document("payout", f"po_{number}")
        to = Payee("technician", payee)
        return await withholdings.record(
            current_session(), document, to, cny(gross), self.now, "pe_cashier"
        )

    async def _reverse(self, number: int) -> Money | None:
        document = Document("payout", f"po_{number}")
        return await withholdings.reverse(
            current_session(), document, self.now, "pe_cashier", "退回"
        )

    async def _totals(self) -> list[Any]:
        return await declared.totals(current_session(), 2026, "", False, TotalsKey(), 10)


async def _put_profiles() -> None:
    for payee, kind in PAYEES.items():
        made = PayeeProfile(
            Payee("technician", payee), 1, datetime(2026, 1, 1, tzinfo=UTC).date(), kind, reason="x"
        )
        await profiles.put(current_session(), made, datetime.now(UTC), "pe_finance")


@pytest.fixture(scope="module")
def office(new_database: NewDatabase, settlement_url: str) -> Any:
    made = TaxOffice(new_database("any_year", template=settlement_url))
    made.run(_put_profiles())
    yield made
    made.close()


def test_any_year_withholds_what_its_standing_payments_owe(office: TaxOffice) -> None:
    AnyYear.office = office
    run_state_machine_as_test(
        AnyYear, settings=settings(max_examples=25, stateful_step_count=25, deadline=None)
    )
