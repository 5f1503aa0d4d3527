"""A desk at which customers are kept: every service of the directory, as one person or another."""

import itertools
from typing import TYPE_CHECKING, Any, cast

import psycopg
import pytest
from psycopg import sql

from kit.authn import SYSTEM, Actor
from protos.directory.v1 import (
    customer_import_pb2_grpc,
    customer_pb2,
    customer_pb2_grpc,
    directory_pb2,
    directory_pb2_grpc,
    interaction_pb2,
    interaction_pb2_grpc,
    privacy_pb2_grpc,
    virtual_number_pb2_grpc,
)
from protos.events.v1 import events_pb2_grpc
from tests.rpc.conftest import Served

if TYPE_CHECKING:
    from protos.directory.v1.customer_import_pb2_grpc import CustomerImportServiceAsyncStub
    from protos.directory.v1.customer_pb2_grpc import CustomerServiceAsyncStub
    from protos.directory.v1.directory_pb2_grpc import DirectoryServiceAsyncStub
    from protos.directory.v1.interaction_pb2_grpc import InteractionServiceAsyncStub
    from protos.directory.v1.privacy_pb2_grpc import PrivacyServiceAsyncStub
    from protos.directory.v1.virtual_number_pb2_grpc import VirtualNumberServiceAsyncStub
    from protos.events.v1.events_pb2_grpc import ProjectionServiceAsyncStub

_numbers = itertools.count(1)


def a_key() -> str:
    """An idempotency key that nobody used."""
    return f"key {next(_numbers)}"


def a_phone() -> str:
    """A number that nobody has."""
    return f"139{next(_numbers):08}"


class Desk:
    """Somebody who keeps customers."""

    def __init__(self, served: Served, actor: Actor = SYSTEM) -> None:
        self._served = served
        stub: Any = served.stub
        self.directory: DirectoryServiceAsyncStub = stub(
            directory_pb2_grpc.DirectoryServiceStub, actor
        )
        self.customers: CustomerServiceAsyncStub = stub(
            customer_pb2_grpc.CustomerServiceStub, actor
        )
        self.timeline: InteractionServiceAsyncStub = stub(
            interaction_pb2_grpc.InteractionServiceStub, actor
        )
        self.privacy: PrivacyServiceAsyncStub = stub(privacy_pb2_grpc.PrivacyServiceStub, actor)
        self.imports: CustomerImportServiceAsyncStub = stub(
            customer_import_pb2_grpc.CustomerImportServiceStub, actor
        )
        self.numbers: VirtualNumberServiceAsyncStub = stub(
            virtual_number_pb2_grpc.VirtualNumberServiceStub, actor
        )
        self.projection: ProjectionServiceAsyncStub = stub(
            events_pb2_grpc.ProjectionServiceStub, actor
        )

    def as_(self, *roles: str, person_id: str = "pe_other") -> "Desk":
        """The same desk with somebody else at it."""
        return Desk(self._served, Actor(person_id, frozenset(roles)))

    async def customer(
        self,
        customer_id: str,
        *,
        name: str = "欧阳明月",
        phone: str = "",
        customer_type: directory_pb2.CustomerType.ValueType = directory_pb2.CUSTOMER_TYPE_PERSON,
        detail: str = "建国路88号3号楼2单元1502室",
        adcode: str = "110105",
    ) -> directory_pb2.Customer:
        """Register a customer; a new number when none is given."""
        return await self.directory.CreateCustomer(
            directory_pb2.CreateCustomerRequest(
                idempotency_key=a_key(),
                customer_id=customer_id,
                customer_type=customer_type,
                name=name,
                phone=phone or a_phone(),
                addresses=[directory_pb2.NewAddress(adcode=adcode, detail=detail, floor=15)],
            )
        )

    async def profile(self, customer_id: str) -> customer_pb2.CustomerProfile:
        """All that is known of a customer."""
        return await self.customers.GetCustomerProfile(
            customer_pb2.GetCustomerProfileRequest(customer_id=customer_id)
        )

    async def merge(self, survivor: str, merged: str) -> customer_pb2.CustomerMerge:
        """Make two customers one."""
        return await self.customers.MergeCustomers(
            customer_pb2.MergeCustomersRequest(
                idempotency_key=a_key(),
                survivor_customer_id=survivor,
                merged_customer_id=merged,
                reason="登记了两次",
            )
        )

    async def split(self, merge: customer_pb2.CustomerMerge) -> customer_pb2.CustomerMerge:
        """Make them two again."""
        return await self.customers.SplitCustomers(
            customer_pb2.SplitCustomersRequest(
                idempotency_key=a_key(), merge_id=merge.merge_id, reason="不是同一位"
            )
        )

    async def record(
        self, customer_id: str, title: str = "来电", **more: Any
    ) -> interaction_pb2.Interaction:
        """Record something that happened."""
        asked = {"kind": interaction_pb2.INTERACTION_KIND_CALL, **more}
        return await self.timeline.RecordInteraction(
            interaction_pb2.RecordInteractionRequest(
                idempotency_key=a_key(), customer_id=customer_id, title=title, **asked
            )
        )

    async def interactions(
        self, customer_id: str, **narrowed: Any
    ) -> list[interaction_pb2.Interaction]:
        """The timeline of a customer, up to 200."""
        request = interaction_pb2.ListInteractionsRequest(customer_id=customer_id, **narrowed)
        request.page.page_size = 200
        return list((await self.timeline.ListInteractions(request)).interactions)

    async def reveal(self, reference: str) -> str:
        """The clear text behind a reference."""
        revealed = await self.directory.RevealPersonalData(
            directory_pb2.RevealPersonalDataRequest(reference=reference, purpose="与客户确认时间")
        )
        return revealed.clear_text

    async def rows(self, query: str | sql.Composed, *values: object) -> list[tuple[Any, ...]]:
        """What stands in the database."""
        async with await psycopg.AsyncConnection.connect(self._served.database_url) as connection:
            await connection.execute("SET search_path = directory")
            found = await connection.execute(cast("Any", query), values)
            return await found.fetchall()

    async def dump(self, *tables: str) -> str:
        """All that stands in some tables, as text."""
        query = sql.SQL("SELECT t::text FROM {} t")
        written = []
        for table in tables:
            rows = await self.rows(query.format(sql.Identifier(table)))
            written += [row for (row,) in rows]
        return "\n".join(written)

    async def change(self, statement: str, *values: object) -> None:
        """Change what stands in the database, as only its owner can."""
        async with await psycopg.AsyncConnection.connect(self._served.database_url) as connection:
            await connection.execute("SET search_path = directory")
            await connection.execute(cast("Any", statement), values)


@pytest.fixture(scope="module")
def desk(directory: Served) -> Desk:
    return Desk(directory)
