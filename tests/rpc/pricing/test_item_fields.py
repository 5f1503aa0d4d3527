"""The company's own fields of its items."""

from typing import TYPE_CHECKING

import pytest

from kit.errors import FailedPrecondition, InvalidArgument
from protos.pricing.v1 import library_pb2 as pb
from tests.rpc.pricing.test_items import PARTS, a_key, an_item, put, refusal

if TYPE_CHECKING:
    from protos.pricing.v1.library_pb2_grpc import LibraryServiceAsyncStub as Library


async def define(library: "Library", field_code: str, **more: object) -> pb.ItemField:
    kind = pb.ITEM_FIELD_KIND_TEXT
    field = {"catalogue": PARTS, "field_code": field_code, "label": f"字段{field_code}"}
    wanted = pb.ItemField(**{"kind": kind, **field, **more})  # type: ignore[arg-type]  # by name
    return await library.PutItemField(pb.PutItemFieldRequest(idempotency_key=a_key(), field=wanted))


def part(item_code: str, **fields: str) -> pb.Item:
    item = an_item(item_code, fields=fields)
    item.catalogue = PARTS
    return item


@pytest.mark.parametrize(
    ("kind", "given", "kept"),
    [
        (pb.ITEM_FIELD_KIND_TEXT, " 红色 ", "红色"),
        (pb.ITEM_FIELD_KIND_NUMBER, "2.60", "2.6"),
        (pb.ITEM_FIELD_KIND_NUMBER, "-0", "0"),
        (pb.ITEM_FIELD_KIND_NUMBER, "1e3", "1000"),
        (pb.ITEM_FIELD_KIND_FLAG, "是", "true"),
        (pb.ITEM_FIELD_KIND_FLAG, "FALSE", "false"),
        (pb.ITEM_FIELD_KIND_DATE, "2026年3月1日", "2026-03-01"),
        (pb.ITEM_FIELD_KIND_DATE, "2026/3/1", "2026-03-01"),
    ],
)
async def test_a_value_is_kept_in_the_one_way_of_its_kind(
    library: "Library", kind: pb.ItemFieldKind.ValueType, given: str, kept: str
) -> None:
    field_code = f"kind_{kind}"
    await define(library, field_code, kind=kind)
    item = await put(library, part("OF-A-KIND", **{field_code: given}))
    assert item.fields == {field_code: kept}
    found = await library.ListItems(
        pb.ListItemsRequest(catalogue=PARTS, field_code=field_code, field_value=given)
    )
    assert [item.item_code for item in found.items] == ["OF-A-KIND"]


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (pb.ITEM_FIELD_KIND_NUMBER, "two"),
        (pb.ITEM_FIELD_KIND_NUMBER, "NaN"),
        (pb.ITEM_FIELD_KIND_NUMBER, "1e999999999"),
        (pb.ITEM_FIELD_KIND_NUMBER, "1234567890123456"),
        (pb.ITEM_FIELD_KIND_FLAG, "也许"),
        (pb.ITEM_FIELD_KIND_DATE, "2026-02-30"),
        (pb.ITEM_FIELD_KIND_TEXT, "a\x00b"),
    ],
)
async def test_a_value_of_another_kind_is_refused(
    library: "Library", kind: pb.ItemFieldKind.ValueType, given: str
) -> None:
    await define(library, f"bad_{kind}", kind=kind)
    refused = await refusal(library, part("BAD-KIND", **{f"bad_{kind}": given}))
    assert (refused.reason, refused.field) == (
        "PRICING_ITEM_FIELD_INVALID",
        f"item.fields.bad_{kind}",
    )


async def test_a_choice_that_items_made_stays_offered(library: "Library") -> None:
    kind = pb.ITEM_FIELD_KIND_CHOICE
    await define(library, "colour", kind=kind, choices=["红", "蓝", "绿"])
    assert (await refusal(library, part("COLOUR", colour="黑"))).reason == (
        "PRICING_ITEM_FIELD_INVALID"
    )
    await put(library, part("COLOUR", colour="蓝"))
    with pytest.raises(InvalidArgument) as refused:
        await define(library, "colour", kind=kind, choices=["红"])
    assert refused.value.reason == "PRICING_FIELD_CHOICE_USED"
    changed = await define(library, "colour", kind=kind, choices=["蓝", "黑"], revision=1)
    assert (list(changed.choices), changed.revision) == (["蓝", "黑"], 2)


async def test_the_kind_of_a_field_is_fixed(library: "Library") -> None:
    await define(library, "fixed_kind")
    with pytest.raises(InvalidArgument, match="PRICING_FIELD_KIND_FIXED"):
        await define(library, "fixed_kind", kind=pb.ITEM_FIELD_KIND_NUMBER)
    with pytest.raises(FailedPrecondition, match="PRICING_ITEM_STALE"):
        await define(library, "fixed_kind", revision=3)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"field_code": "Upper"}, "field_code"),
        ({"field_code": "name"}, "field_code"),
        ({"label": ""}, "label"),
        ({"label": "名称"}, "label"),
        ({"label": "编码 code"}, "label"),
        ({"kind": 0}, "kind"),
        ({"choices": ["红"]}, "choices"),
        ({"kind": pb.ITEM_FIELD_KIND_CHOICE}, "choices"),
        ({"kind": pb.ITEM_FIELD_KIND_CHOICE, "choices": ["红", "红"]}, "choices"),
        ({"kind": pb.ITEM_FIELD_KIND_CHOICE, "choices": ["红 "]}, "choices"),
    ],
)
async def test_a_field_that_could_not_be_told_from_others_is_refused(
    library: "Library", changes: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidArgument, match="PRICING_FIELD_INVALID") as refused:
        await define(library, **{"field_code": "odd", **changes})  # type: ignore[arg-type]
    assert refused.value.field == f"field.{field}"


async def test_an_item_needs_the_fields_that_its_library_requires(library: "Library") -> None:
    await put(library, part("BEFORE-THE-DUTY"))
    await define(library, "needed", required=True)
    refused = await refusal(library, part("BEFORE-THE-DUTY"))
    assert (refused.reason, refused.field) == ("PRICING_ITEM_FIELD_MISSING", "item.fields.needed")
    await put(library, part("BEFORE-THE-DUTY", needed="有"))
    await put(library, an_item("OTHER-LIBRARY"))
    await define(library, "needed", required=False)
    listed = await library.ListItemFields(pb.ListItemFieldsRequest(catalogue=PARTS))
    [kept] = [field for field in listed.fields if field.field_code == "needed"]
    assert (kept.required, kept.revision) == (False, 2)
