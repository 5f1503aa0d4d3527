from itertools import count
from typing import TYPE_CHECKING

import pytest

from kit.authn import Actor
from kit.clock import FixedClock
from kit.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from protos.events.v1 import events_pb2
from protos.pricing.v1 import book_pb2, library_pb2_grpc
from protos.pricing.v1 import library_pb2 as pb
from tests.rpc.conftest import Served
from tests.unit.pricing.conftest import shipped_book

if TYPE_CHECKING:
    from protos.pricing.v1.book_pb2_grpc import PriceBookServiceAsyncStub as Books
    from protos.pricing.v1.library_pb2_grpc import LibraryServiceAsyncStub as Library

PROJECTS, PARTS = pb.CATALOGUE_PROJECT_LIBRARY, pb.CATALOGUE_SPARE_PART_LIBRARY
PICTURE = "fl_01jd7q2v9x3k8m4n5p6r7s8t9v.jpg"


def an_item(item_code: str, /, **changes: object) -> pb.Item:
    item = pb.Item(item_code=item_code, catalogue=PROJECTS, name=f"项目{item_code}", unit="次")
    item.MergeFrom(pb.Item(**changes))  # type: ignore[arg-type]  # by name
    return item


_keys = count()


def a_key() -> str:
    return f"key {next(_keys)}"


async def put(library: "Library", item: pb.Item) -> pb.Item:
    return await library.PutItem(pb.PutItemRequest(idempotency_key=a_key(), item=item))


async def refusal(library: "Library", item: pb.Item) -> InvalidArgument:
    with pytest.raises(InvalidArgument) as refused:
        await put(library, item)
    return refused.value


async def test_items_are_listed_by_library(library: "Library", items: list[pb.Item]) -> None:
    parts = await library.ListItems(pb.ListItemsRequest(catalogue=PARTS))
    assert [item.item_code for item in parts.items] == ["COPPER-PIPE", "SEAL-WASHER"]
    everything = await library.ListItems(pb.ListItemsRequest())
    assert sorted(item.item_code for item in items) == [i.item_code for i in everything.items]
    assert everything.total == len(items)


async def test_an_item_comes_back_as_it_was_put(library: "Library") -> None:
    item = an_item(
        "PUT-1",
        pictures=[PICTURE],
        description="含 3 米铜管\n不含高空",
        brand="格力",
        model="KFR-35",
        spec="1.5 匹",
    )
    kept = await put(library, item)
    assert kept.revision == 1
    item.revision = 1
    assert kept == item
    assert await library.GetItem(pb.GetItemRequest(item_code="PUT-1")) == kept
    with pytest.raises(NotFound, match="PRICING_ITEM_MISSING"):
        await library.GetItem(pb.GetItemRequest(item_code="PUT-2"))


async def test_the_same_item_again_changes_nothing(library: "Library") -> None:
    first = await put(library, an_item("AGAIN", variant_of_item_code="", brand="格力"))
    assert await put(library, an_item("AGAIN", brand=" 格力 ")) == first
    assert (await put(library, an_item("AGAIN", brand="美的"))).revision == 2


async def test_an_item_that_changed_since_it_was_seen_is_not_overwritten(
    library: "Library",
) -> None:
    await put(library, an_item("SEEN"))
    await put(library, an_item("SEEN", name="改过", revision=1))
    with pytest.raises(FailedPrecondition, match="PRICING_ITEM_STALE") as refused:
        await put(library, an_item("SEEN", name="又改", revision=1))
    assert refused.value.details["revision"] == "2"
    assert (await put(library, an_item("SEEN", name="不论"))).revision == 3
    with pytest.raises(FailedPrecondition, match="PRICING_ITEM_STALE"):
        await put(library, an_item("NEVER-SEEN", revision=4))


@pytest.mark.parametrize("field", ["item_code", "name", "catalogue"])
async def test_an_item_without_a_needed_field_is_refused(library: "Library", field: str) -> None:
    item = an_item("X")
    item.ClearField(field)  # type: ignore[arg-type]  # by name
    refused = await refusal(library, item)
    assert (refused.reason, refused.field) == ("PRICING_ITEM_INVALID", f"item.{field}")


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"item_code": "A B"}, "PRICING_ITEM_CODE_INVALID", "item_code"),
        ({"name": "x" * 201}, "PRICING_ITEM_TEXT_INVALID", "name"),
        ({"unit": "a\x07b"}, "PRICING_ITEM_TEXT_INVALID", "unit"),
        ({"pictures": ["photo.jpg"]}, "PRICING_ITEM_PICTURE_INVALID", "pictures"),
        ({"pictures": [PICTURE, PICTURE]}, "PRICING_ITEM_PICTURE_INVALID", "pictures"),
        ({"parent_item_code": "NOWHERE"}, "PRICING_ITEM_REFERENCE_UNKNOWN", "parent_item_code"),
        (
            {"parent_item_code": "SEAL-WASHER"},
            "PRICING_ITEM_REFERENCE_ELSEWHERE",
            "parent_item_code",
        ),
        ({"parent_item_code": "BAD"}, "PRICING_ITEM_LOOP", "parent_item_code"),
        ({"variant_options": {"匹数": "1"}}, "PRICING_ITEM_VARIANT_INVALID", "variant_options"),
        (
            {"variant_of_item_code": "AC-INSTALL-STD", "variant_options": {"a;b": "1"}},
            "PRICING_ITEM_VARIANT_INVALID",
            "variant_options",
        ),
        (
            {"variant_of_item_code": "BAD", "variant_options": {"匹数": "1"}},
            "PRICING_ITEM_VARIANT_NESTED",
            "variant_of_item_code",
        ),
        ({"fields": {"no_such": "1"}}, "PRICING_ITEM_FIELD_UNKNOWN", "fields.no_such"),
    ],
)
@pytest.mark.usefixtures("items")
async def test_what_is_wrong_with_an_item_is_refused_at_its_field(
    library: "Library", changes: dict[str, object], reason: str, field: str
) -> None:
    refused = await refusal(library, an_item("BAD", **changes))
    assert (refused.reason, refused.field) == (reason, f"item.{field}")
    assert reason in refused.details[f"item.{field}"]


async def test_items_stand_in_a_tree_without_loops(library: "Library") -> None:
    await put(library, an_item("TREE-A"))
    await put(library, an_item("TREE-B", parent_item_code="TREE-A"))
    await put(library, an_item("TREE-C", parent_item_code="TREE-B"))
    refused = await refusal(library, an_item("TREE-A", parent_item_code="TREE-C"))
    assert refused.reason == "PRICING_ITEM_LOOP"
    below = await library.ListItems(pb.ListItemsRequest(parent_item_code="TREE-A"))
    assert [item.item_code for item in below.items] == ["TREE-B"]


async def test_a_variant_chooses_what_no_other_variant_chooses(library: "Library") -> None:
    def variant(code: str, horsepower: str, of: str = "WALL") -> pb.Item:
        return an_item(code, variant_of_item_code=of, variant_options={"匹数": horsepower})

    await put(library, an_item("WALL"))
    await put(library, variant("WALL-1P", "1P"))
    assert (await refusal(library, variant("WALL-ONE", "1P"))).reason == (
        "PRICING_ITEM_VARIANT_REPEATED"
    )
    assert (await refusal(library, variant("WALL-1P-BIG", "大", of="WALL-1P"))).reason == (
        "PRICING_ITEM_VARIANT_NESTED"
    )
    assert (await refusal(library, variant("WALL", "3P", of="AC-INSTALL-STD"))).reason == (
        "PRICING_ITEM_VARIANT_NESTED"
    )
    await put(library, variant("WALL-2P", "2P"))
    listed = await library.ListItems(pb.ListItemsRequest(variant_of_item_code="WALL"))
    assert [item.variant_options["匹数"] for item in listed.items] == ["1P", "2P"]


async def test_an_item_stays_in_its_library(library: "Library") -> None:
    await put(library, an_item("FIXED-LIBRARY"))
    moved = an_item("FIXED-LIBRARY")
    moved.catalogue = PARTS
    assert (await refusal(library, moved)).reason == "PRICING_ITEM_CATALOGUE_FIXED"


async def test_items_are_found_by_words_and_page_by_page(library: "Library") -> None:
    for code, name in (("FIND-1", "挂机 100%"), ("FIND-2", "挂机 1000"), ("FIND-3", "柜机")):
        await put(library, an_item(code, name=name))
    exact = await library.ListItems(pb.ListItemsRequest(text="100%"))
    assert [item.item_code for item in exact.items] == ["FIND-1"]
    request = pb.ListItemsRequest(text="find-")
    request.page.page_size = 2
    first = await library.ListItems(request)
    assert (len(first.items), first.total) == (2, 3)
    request.page.page_token = first.page.next_page_token
    second = await library.ListItems(request)
    assert [item.item_code for item in second.items] == ["FIND-3"]


async def test_a_retired_item_stays_but_comes_into_no_new_book(
    library: "Library", books: "Books", items: list[pb.Item]
) -> None:
    retire = pb.RetireItemRequest(idempotency_key="retire", item_code="SEAL-WASHER")
    retired = await library.RetireItem(retire)
    assert retired.HasField("retired_at")
    book = shipped_book()
    book.price_book_code = "after-retirement"
    with pytest.raises(InvalidArgument, match="PRICING_ITEM_RETIRED") as refused:
        await books.PublishPriceBook(
            book_pb2.PublishPriceBookRequest(idempotency_key="retired", price_book=book)
        )
    number = [rate.item_code for rate in book.rates].index("SEAL-WASHER")
    assert refused.value.field == f"price_book.rates[{number}].item_code"

    async def parts(wanted: pb.RetiredItems.ValueType) -> list[str]:
        request = pb.ListItemsRequest(catalogue=PARTS, retired=wanted)
        return [item.item_code for item in (await library.ListItems(request)).items]

    assert "SEAL-WASHER" not in await parts(pb.RETIRED_ITEMS_UNSPECIFIED)
    assert "SEAL-WASHER" in await parts(pb.RETIRED_ITEMS_INCLUDED)
    assert await parts(pb.RETIRED_ITEMS_ONLY) == ["SEAL-WASHER"]

    changed = await put(library, pb.Item(item_code="SEAL-WASHER", catalogue=PARTS, name="垫片"))
    assert changed.retired_at == retired.retired_at
    restore = pb.RestoreItemRequest(
        idempotency_key="restore", item_code="SEAL-WASHER", revision=changed.revision
    )
    restored = await library.RestoreItem(restore)
    assert not restored.HasField("retired_at")
    assert restored.revision == retired.revision + 2


async def test_every_change_of_an_item_is_an_event(
    pricing: Served, library: "Library", clock: FixedClock
) -> None:
    await put(library, an_item("TOLD"))
    kept = await put(library, an_item("TOLD", name="改名"))
    answer = await pricing.as_().call(
        "events.v1.EventService/ReadEvents", events_pb2.ReadEventsRequest(limit=1000)
    )
    assert isinstance(answer, events_pb2.ReadEventsResponse)
    told = [event for event in answer.events if event.aggregate_id == "TOLD"]
    payload = pb.ItemPut()
    assert told[-1].payload.Unpack(payload)
    assert (len(told), payload.item, told[-1].acting_person_id) == (2, kept, "system")


@pytest.mark.parametrize("role", ["technician", "customer"])
async def test_only_those_who_keep_prices_change_items(pricing: Served, role: str) -> None:
    actor = pricing.stub(library_pb2_grpc.LibraryServiceStub, Actor("pe_t", frozenset({role})))
    item = an_item("MINE")
    for call in (
        actor.PutItem(pb.PutItemRequest(idempotency_key="mine", item=item)),
        actor.RetireItem(pb.RetireItemRequest(idempotency_key="mine 2", item_code="MINE")),
        actor.PutItemField(pb.PutItemFieldRequest(idempotency_key="mine 3")),
        actor.PreviewItemImport(pb.PreviewItemImportRequest()),
        actor.ImportItems(pb.ImportItemsRequest(idempotency_key="mine 4")),
    ):
        with pytest.raises(PermissionDenied, match="ROLE_REQUIRED"):
            await call  # type: ignore[misc]  # aio
