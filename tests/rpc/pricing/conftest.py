"""Pricing served for real, with the book that ships with the flow ``aircon_install`` published."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from kit.clock import FixedClock
from protos.pricing.v1 import (
    book_pb2,
    book_pb2_grpc,
    library_pb2,
    library_pb2_grpc,
    pricing_pb2_grpc,
)
from services.pricing.main import mounts
from tests.rpc.conftest import Serve, Served
from tests.unit.pricing.conftest import shipped_book, shipped_items

if TYPE_CHECKING:
    from protos.pricing.v1.book_pb2_grpc import PriceBookServiceAsyncStub
    from protos.pricing.v1.library_pb2_grpc import LibraryServiceAsyncStub
    from protos.pricing.v1.pricing_pb2_grpc import PricingServiceAsyncStub

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture(scope="module")
async def pricing(serve: Serve, clock: FixedClock) -> Served:
    return await serve("pricing", mounts(clock))


@pytest.fixture(scope="module")
async def library(pricing: Served) -> "LibraryServiceAsyncStub":
    return pricing.stub(library_pb2_grpc.LibraryServiceStub)  # type: ignore[return-value]  # aio


@pytest.fixture(scope="module")
async def books(pricing: Served) -> "PriceBookServiceAsyncStub":
    return pricing.stub(book_pb2_grpc.PriceBookServiceStub)  # type: ignore[return-value]  # aio


@pytest.fixture(scope="module")
async def stub(pricing: Served) -> "PricingServiceAsyncStub":
    return pricing.stub(pricing_pb2_grpc.PricingServiceStub)  # type: ignore[return-value]  # aio


@pytest.fixture(scope="module")
async def items(library: "LibraryServiceAsyncStub") -> list[library_pb2.Item]:
    return [
        await library.PutItem(library_pb2.PutItemRequest(idempotency_key=item.item_code, item=item))
        for item in shipped_items()
    ]


@pytest.fixture(scope="module")
async def standard(
    books: "PriceBookServiceAsyncStub", items: list[library_pb2.Item]
) -> book_pb2.PriceBookVersion:
    return await books.PublishPriceBook(
        book_pb2.PublishPriceBookRequest(idempotency_key="standard", price_book=shipped_book())
    )
