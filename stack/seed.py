"""`python -m stack.seed`: the example company, by the services' own RPCs; again changes nothing."""

import asyncio
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import yaml
from google.protobuf import json_format
from google.protobuf.message import Message

from kit.authn import SYSTEM, TokenMinter
from kit.clock import SystemClock
from kit.config import Settings
from kit.errors import Kind, ServiceError
from kit.rpc.client import RpcCaller
from kit.rpc.methods import find_method, request_class
from protos.directory.v1 import directory_pb2
from protos.flow.v1 import flow_pb2
from protos.pricing.v1 import book_pb2, library_pb2
from protos.settlement.v1 import payout_pb2, settlement_pb2
from protos.workorder.v1 import (
    appointment_pb2,
    asset_pb2,
    maintenance_pb2,
    on_site_pb2,
    orders_pb2,
    registry_pb2,
    stock_pb2,
    workorder_pb2,
)
from stack.layout import PROJECT
from workflows.compiler.library import flows_used

CONTRACTS = (
    appointment_pb2, asset_pb2, book_pb2, directory_pb2, flow_pb2, library_pb2, maintenance_pb2,
    on_site_pb2, orders_pb2, payout_pb2, registry_pb2, settlement_pb2, stock_pb2, workorder_pb2,
)  # fmt: skip
"""The services that the seed speaks to; importing their contracts makes their RPCs known."""
COMPANY = Path(__file__).with_suffix(".yaml")
FIELD = Path(__file__).with_suffix(".field.yaml")
GET_CUSTOMER = "directory.v1.DirectoryService/GetCustomer"
PUBLISH = "flow.v1.FlowService/PublishFlow"
PUT_ITEM = "pricing.v1.LibraryService/PutItem"
PUBLISH_PRICES = "pricing.v1.PriceBookService/PublishPriceBook"
DEADLINE_SECONDS = 30.0

Call = tuple[str, Message]
_ADDRESS_OF = re.compile(r"\{address of (\w+)\}")


def calls() -> Iterator[Call]:
    """Give every call to make, in order: the company, and the library's prices and flows."""
    for entry in yaml.safe_load(COMPANY.read_text()):
        for name, request in entry.items():
            yield call(name, request)
    for prices in sorted(PROJECT.glob("flows/*/price_book.json")):
        content = json.loads(prices.read_text())
        for item in content["items"]:
            yield call(PUT_ITEM, {"item": item})
        yield call(PUBLISH_PRICES, {"price_book": content["price_book"]})
    for source in library():
        yield call(PUBLISH, {"source": source})


def addressed() -> set[str]:
    """Give the customers whose addresses the calls of the field's equipment name."""
    return set(_ADDRESS_OF.findall(FIELD.read_text()))


def field_calls(addresses: dict[str, str]) -> Iterator[Call]:
    """Give the calls that equip the field, in order.

    Args:
        addresses: by customer the id of their address.
    """
    for entry in yaml.safe_load(FIELD.read_text()):
        for name, request in entry.items():
            whose = request.get("address_id", "")
            named = _ADDRESS_OF.sub(lambda found: addresses[found[1]], whose)
            yield call(name, {**request, "address_id": named} if whose else request)


def library() -> Iterator[str]:
    """Give the sources of the library's flows, each behind those that it lives through."""
    paths = sorted(PROJECT.glob("flows/*/flow.yaml"))
    sources = {path.parent.name: path.read_text() for path in paths}
    used = {code: sorted(flows_used(source)) for code, source in sources.items()}
    yield from (sources[code] for code in TopologicalSorter(used).static_order())


def call(name: str, request: dict[str, Any]) -> Call:
    """Give the request of an RPC, under a key that follows from its content."""
    content = json.dumps(request, sort_keys=True, default=str)
    digest = hashlib.sha256(content.encode()).hexdigest()[:24]
    keyed = {**request, "idempotency_key": f"seed/{name}/{digest}"}
    return name, json_format.ParseDict(keyed, request_class(find_method(name))())


async def seed(settings: Settings) -> int:
    """Make every call; give how many there were."""
    if settings.signing_key_file is None:
        raise SystemExit("GONGDAN_SIGNING_KEY_FILE must name the gateway's private key")
    minter = TokenMinter.from_file(
        settings.signing_key_file, settings.signing_issuer, SystemClock()
    )
    caller = RpcCaller.connect(settings.service_addresses(), minter, SYSTEM)
    made = 0
    try:
        for name, request in calls():
            await _once(caller, name, request)
            made += 1
        addresses = {each: await _address(caller, each) for each in addressed()}
        for name, request in field_calls(addresses):
            if not await _once(caller, name, request):
                break  # equipped long ago, with all that follows
            made += 1
    finally:
        await caller.close()
    return made


async def _address(caller: RpcCaller, customer_id: str) -> str:
    asked = directory_pb2.GetCustomerRequest(customer_id=customer_id)
    answer = await caller.call(GET_CUSTOMER, asked, deadline_seconds=DEADLINE_SECONDS)
    assert isinstance(answer, directory_pb2.Customer)
    return answer.addresses[0].address_id if answer.addresses else ""


async def _once(caller: RpcCaller, name: str, request: Message) -> bool:
    try:
        await caller.call(name, request, deadline_seconds=DEADLINE_SECONDS)
    except ServiceError as refused:
        if refused.kind is not Kind.ALREADY_EXISTS:
            raise SystemExit(f"{name} refused the seed: {refused}\n{request}") from refused
        return False  # made long ago: keys are kept for 90 days
    return True


def main() -> None:
    """Seed the services that the environment names."""
    made = asyncio.run(seed(Settings()))
    sys.stdout.write(f"the example company is there: {made} calls\n")


if __name__ == "__main__":
    main()
