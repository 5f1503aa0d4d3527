"""The example company's places and prices together, through both services."""

import base64
import secrets
from pathlib import Path

import pytest

from kit.clock import SystemClock
from protos.directory.v1 import directory_pb2
from protos.pricing.v1 import pricing_pb2 as pb
from services.directory.main import mounts as directory_mounts
from services.directory.vault import MasterKeyFile
from services.pricing.main import mounts as pricing_mounts
from stack import seed
from tests.rpc.conftest import Serve, Served


@pytest.fixture(scope="module")
def master_key(tmp_path_factory: pytest.TempPathFactory) -> MasterKeyFile:
    path: Path = tmp_path_factory.mktemp("keys") / "pii.key"
    path.write_bytes(base64.b64encode(secrets.token_bytes(32)))
    return MasterKeyFile(path)


@pytest.fixture(scope="module")
async def company(serve: Serve, master_key: MasterKeyFile) -> dict[str, Served]:
    clock = SystemClock()
    served = {
        "directory": await serve("directory", directory_mounts(clock, master_key), clock),
        "pricing": await serve("pricing", pricing_mounts(clock), clock),
    }
    callers = {area: one.as_() for area, one in served.items()}
    for name, request in seed.calls():
        area = name.partition(".")[0]
        if area in callers:
            await callers[area].call(name, request)
    return served


async def fee(company: dict[str, Served], customer_id: str, item_code: str) -> int:
    directory, pricing = company["directory"].as_(), company["pricing"].as_()
    customer = await directory.call(
        "directory.v1.DirectoryService/GetCustomer",
        directory_pb2.GetCustomerRequest(customer_id=customer_id),
    )
    assert isinstance(customer, directory_pb2.Customer)
    asked = pb.QuoteFacts(
        lines=[pb.QuoteLineRequest(item_code=item_code)],
        place=customer.addresses[0].place,
        cooperation_mode="direct",
        customer_level=customer.customer_level,
    )
    result = await pricing.call(
        "pricing.v1.PricingService/PreviewQuote", pb.PreviewQuoteRequest(facts=asked)
    )
    assert isinstance(result, pb.QuoteResult)
    return result.total.amount_minor


async def test_v6_v7_an_address_inside_the_fifth_ring_costs_a_fifth_more_on_the_base(
    company: dict[str, Served],
) -> None:
    assert await fee(company, "cu_inside", "AC-INSTALL-STD") == 24000
    assert await fee(company, "cu_outside", "AC-INSTALL-STD") == 20000
    assert await fee(company, "cu_inside", "AC-INSTALL-HIGH") == 43200
    assert await fee(company, "cu_outside", "AC-INSTALL-HIGH") == 36000
