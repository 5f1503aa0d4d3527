"""What a field that names something may hold: customers, addresses, items, colleagues."""

from __future__ import annotations

from protos.common.v1 import page_pb2
from protos.directory.v1 import directory_pb2, directory_pb2_grpc
from protos.pricing.v1 import pricing_pb2, pricing_pb2_grpc
from services.gateway.pages.base import Visit, if_allowed
from services.gateway.pages.tasks import Field

#: By kind: the value, and what people call it.
Suggestions = dict[str, list[tuple[str, str]]]


async def suggestions_for(visit: Visit, fields: tuple[Field, ...]) -> Suggestions:
    """Suggestions for the kinds that these fields name, and colleagues to transfer to."""
    kinds = {field.kind for field in fields}
    found: Suggestions = {"person": list((await visit.edge.people.names()).items())}
    if kinds & {"customer", "address", "region"}:
        found |= await _customers(visit)
    if "item" in kinds:
        found |= await _items(visit)
    return found


async def _customers(visit: Visit) -> Suggestions:
    stub = directory_pb2_grpc.DirectoryServiceStub(visit.channel("directory"))
    page = page_pb2.PageRequest(page_size=50)
    listed = await if_allowed(stub.ListCustomers(directory_pb2.ListCustomersRequest(page=page)))
    found: Suggestions = {"customer": [], "address": [], "region": []}
    for customer in listed.customers if listed else ():
        found["customer"].append((customer.customer_id, customer.name_masked))
        for address in customer.addresses:
            label = f"{customer.name_masked} {address.detail_masked}"
            found["address"].append((address.address_id, label))
            found["region"].append((address.place.adcode, address.place.place_name))
    found["region"] = list(dict.fromkeys(found["region"]))
    return found


async def _items(visit: Visit) -> Suggestions:
    stub = pricing_pb2_grpc.PricingServiceStub(visit.channel("pricing"))
    page = page_pb2.PageRequest(page_size=200)
    listed = await if_allowed(stub.ListItems(pricing_pb2.ListItemsRequest(page=page)))
    return {"item": [(item.item_code, item.name) for item in (listed.items if listed else ())]}
