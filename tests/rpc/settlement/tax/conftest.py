"""Tax and currency served for real.

office   module   ``await office.call("finance", "TaxService/PutTaxTable", request)``: by the role of
                  a person of that name; ``await office.fund(...)`` posts an earning's money
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from kit.authn import SYSTEM, Actor
from kit.clock import SystemClock
from kit.db.session import Database
from kit.money import Money
from services.settlement.domain.ledger.transfers import (
    CLEARING,
    PAYOUT_CLEARING,
    Document,
    LedgerAccount,
    Transfer,
)
from services.settlement.main import mounts
from services.settlement.store.ledger import transfers
from tests.rpc.conftest import Serve, Served
from tests.rpc.settlement.conftest import unique

#: Who is who; the first word of a name is the role.
PEOPLE = {
    "system": SYSTEM,
    "finance": Actor("pe_finance", frozenset({"finance"})),
    "accountant": Actor("pe_accountant", frozenset({"finance"})),
    "hq": Actor("pe_hq", frozenset({"hq"})),
    "supervisor": Actor("pe_supervisor", frozenset({"supervisor"})),
    "manager": Actor("pe_manager", frozenset({"outlet_manager"}), outlet_id="ou_east"),
    "zhang": Actor("pe_zhang", frozenset({"technician"})),
    "li": Actor("pe_li", frozenset({"technician"})),
    "customer": Actor("pe_customer", frozenset({"customer"})),
}


@dataclass
class Office:
    """The service, called by people."""

    served: Served
    database: Database

    async def call(self, person: str, rpc: str, request: Any) -> Any:
        if "idempotency_key" in request.DESCRIPTOR.fields_by_name and not request.idempotency_key:
            request.idempotency_key = unique("tax")
        caller = self.served.as_(PEOPLE[person])
        service = rpc if rpc.startswith("events.") else f"settlement.v1.{rpc}"
        return await caller.call(service, request)

    async def fund(self, party: LedgerAccount, amount: Money, earned_at: datetime) -> None:
        """Post what somebody earned at an instant."""
        earned = Transfer(CLEARING, party, amount, "earning", "own", effective_at=earned_at)
        async with self.database.transaction() as session:
            await transfers.post(
                session, Document("earning", unique("ea")), [earned], SystemClock().now()
            )

    async def hold(self, party: LedgerAccount, amount: Money) -> None:
        """Hold what a payout sends."""
        leg = Transfer(party, PAYOUT_CLEARING, amount, "payout", "net")
        async with self.database.transaction() as session:
            await transfers.hold(
                session, Document("payout", unique("po")), [leg], SystemClock().now()
            )


@pytest.fixture(scope="module")
async def office(serve: Serve) -> AsyncIterator[Office]:
    served = await serve("settlement", mounts(SystemClock()))
    database = Database.connect(served.database_url, "settlement", pool_size=1)
    yield Office(served, database)
    await database.close()
