"""A policy service, and books with rules of one's own."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from protos.pricing.v1 import book_pb2, policy_pb2_grpc
from tests.rpc.conftest import Served
from tests.rpc.pricing.policies.asking import key, rate

if TYPE_CHECKING:
    from protos.pricing.v1.book_pb2_grpc import PriceBookServiceAsyncStub as Books
    from protos.pricing.v1.policy_pb2_grpc import PolicyServiceAsyncStub as Policies


@pytest.fixture(scope="module")
async def policies(pricing: Served) -> "Policies":
    return pricing.stub(policy_pb2_grpc.PolicyServiceStub)  # type: ignore[return-value]  # aio


@pytest.fixture(scope="module")
async def publish(books: "Books", standard: book_pb2.PriceBookVersion) -> Callable[..., Any]:
    """A book of an installation for 150 and a visit for 100, with these rules."""

    async def make(code: str, **rules: Any) -> str:
        book = book_pb2.PriceBookVersion(
            price_book_code=code,
            currency="CNY",
            resolution_order=["place", "price_mode"],
            phases=["premium"],
            rates=[
                rate("AC-INSTALL-STD", 150),
                rate("DEVICE-TUNING", 100),
                *rules.pop("rates", ()),
            ],
            **rules,
        )
        request = book_pb2.PublishPriceBookRequest(idempotency_key=key(), price_book=book)
        await books.PublishPriceBook(request)
        return code

    return make
