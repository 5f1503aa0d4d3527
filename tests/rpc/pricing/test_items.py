from typing import TYPE_CHECKING

import pytest

from kit.authn import Actor
from kit.errors import InvalidArgument, PermissionDenied
from protos.pricing.v1 import library_pb2 as pb
from protos.pricing.v1 import library_pb2_grpc
from tests.rpc.conftest import Served

if TYPE_CHECKING:
    from protos.pricing.v1.library_pb2_grpc import LibraryServiceAsyncStub as Stub


async def test_items_are_listed_by_library(library: "Stub", items: list[pb.Item]) -> None:
    parts = await library.ListItems(pb.ListItemsRequest(catalogue=pb.CATALOGUE_SPARE_PART_LIBRARY))
    assert [item.item_code for item in parts.items] == ["COPPER-PIPE", "SEAL-WASHER"]
    everything = await library.ListItems(pb.ListItemsRequest())
    assert sorted(item.item_code for item in items) == [i.item_code for i in everything.items]


@pytest.mark.parametrize("field", ["item_code", "name", "catalogue"])
async def test_an_item_without_a_needed_field_is_refused(library: "Stub", field: str) -> None:
    item = pb.Item(item_code="X", name="项目", catalogue=pb.CATALOGUE_PROJECT_LIBRARY)
    item.ClearField(field)  # type: ignore[arg-type]  # by name
    with pytest.raises(InvalidArgument) as refusal:
        await library.PutItem(pb.PutItemRequest(idempotency_key=f"no {field}", item=item))
    assert (refusal.value.reason, refusal.value.field) == ("PRICING_ITEM_INVALID", f"item.{field}")


async def test_only_those_who_keep_prices_change_them(pricing: Served) -> None:
    technician = pricing.stub(
        library_pb2_grpc.LibraryServiceStub, Actor("pe_t", frozenset({"technician"}))
    )
    with pytest.raises(PermissionDenied, match="ROLE_REQUIRED"):
        await technician.PutItem(pb.PutItemRequest(idempotency_key="mine"))  # type: ignore[misc]  # aio
