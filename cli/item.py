"""`gongdan item`: the project library (项目库) and the spare-part library (备件库)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from google.protobuf import json_format
from rich.console import RenderableType

from cli import item_field, item_file
from cli.api import Refused, part
from cli.item_library import OfLibrary, Parent, Retired, WantRetired, catalogue_of
from cli.output import facts, state, table, tell, text, time
from cli.pages import everything, first_page
from cli.verb import api, noun, verb
from protos.pricing.v1 import library_pb2

app = noun("item", "Items 项目与备件: both libraries, their own fields, import and export.")
item_field.add_to(app)
item_file.add_to(app)

_MISSING: Final = "PRICING_ITEM_MISSING"

_Code = Annotated[str, typer.Argument(metavar="CODE")]
_Said = Annotated[str | None, typer.Option()]
_Pairs = list[str] | None


@verb(app, "list")
def list_items(
    words: Annotated[str, typer.Argument(metavar="[WORDS]", help="In the code or name")] = "",
    library: OfLibrary = None,
    parent: Parent = "",
    variant_of: Annotated[str, typer.Option(help="Only variants of this item")] = "",
    field: Annotated[str, typer.Option(metavar="CODE=VALUE", help="Of the library's own")] = "",
    retired: WantRetired = Retired.NO,
    all_pages: Annotated[
        bool, typer.Option("--all", help="Every page, not just the first")
    ] = False,
) -> None:
    """Items by code."""
    field_code, _, field_value = field.partition("=")
    query = {
        "catalogue": catalogue_of(library),
        "parent_item_code": parent,
        "variant_of_item_code": variant_of,
        "text": words,
        "field_code": field_code,
        "field_value": field_value,
        "retired": retired.wanted,
    }
    read = everything if all_pages else first_page
    tell(read("/items", library_pb2.ListItemsResponse, "items", query), _listed)


@verb(app)
def show(item: _Code) -> None:
    """One item, with all that is said of it."""
    tell(api().get(f"/items/{part(item)}", library_pb2.Item), _card)


@verb(app)
def put(
    item: _Code,
    library: OfLibrary = None,
    name: _Said = None,
    unit: _Said = None,
    parent: Annotated[str | None, typer.Option(help="What it stands below; '' for nothing")] = None,
    variant_of: Annotated[str | None, typer.Option(help="The base item it is a choice of")] = None,
    option: Annotated[_Pairs, typer.Option(metavar="NAME=VALUE", help="What is chosen")] = None,
    field: Annotated[_Pairs, typer.Option(metavar="CODE=VALUE", help="A field of your own")] = None,
    picture: Annotated[_Pairs, typer.Option(metavar="REFERENCE|@FILE")] = None,
    description: _Said = None,
    brand: _Said = None,
    model: _Said = None,
    spec: _Said = None,
) -> None:
    """Create an item, or change what is named of it and leave the rest."""
    said: dict[str, Any] = {
        "catalogue": catalogue_of(library) or None,
        "name": name,
        "unit": unit,
        "parent_item_code": parent,
        "variant_of_item_code": variant_of,
        "description": description,
        "brand": brand,
        "model": model,
        "spec": spec,
        "variant_options": None if option is None else _pairs(option),
        "pictures": None if picture is None else [_picture(each) for each in picture],
    }
    before = _as_it_is(item)
    body = before | {name: value for name, value in said.items() if value is not None}
    body["fields"] = before.get("fields", {}) | _pairs(field or [])
    tell(api().send("PUT", f"/items/{part(item)}", library_pb2.Item, body), _card)


@verb(app)
def retire(item: _Code) -> None:
    """Keep an item out of new price books; old quotes keep it."""
    tell(api().send("POST", f"/items/{part(item)}/retire", library_pb2.Item), _card)


@verb(app)
def restore(item: _Code) -> None:
    """Let a retired item be used again."""
    tell(api().send("POST", f"/items/{part(item)}/restore", library_pb2.Item), _card)


def _as_it_is(item: str) -> dict[str, Any]:
    """The item with its revision, so that nobody's change is overwritten; empty when it is new."""
    try:
        known = api().get(f"/items/{part(item)}", library_pb2.Item).message
    except Refused as refused:
        if refused.reason != _MISSING:
            raise
        return {}
    known.ClearField("retired_at")
    return json_format.MessageToDict(known, preserving_proto_field_name=True)


def _pairs(given: Iterable[str]) -> dict[str, str]:
    pairs = {}
    for piece in given:
        name, equals, value = piece.partition("=")
        if not equals:
            raise Refused(f"{piece!r}: write NAME=VALUE", "INPUT_PAIR_MALFORMED")
        pairs[name.strip()] = value.strip()
    return pairs


def _picture(given: str) -> str:
    return api().upload(Path(given[1:])) if given.startswith("@") else given


def _listed(answer: library_pb2.ListItemsResponse) -> list[RenderableType]:
    rows = table("编码 code", "库 library", "名称 name", "单位 unit", "上级 parent", "状态 state")
    for item in answer.items:
        rows.add_row(
            text(item.item_code),
            state(item, "catalogue"),
            text(item.name),
            text(item.unit),
            text(item.parent_item_code),
            _retired(item),
        )
    return [rows, f"[dim]共 {answer.total} 项 in all[/]"]


def _retired(item: library_pb2.Item) -> str:
    return f"停用 retired {time(item.retired_at)}" if item.HasField("retired_at") else ""


def _card(item: library_pb2.Item) -> RenderableType:
    options = "; ".join(f"{name}={value}" for name, value in sorted(item.variant_options.items()))
    own = [(code, text(value)) for code, value in sorted(item.fields.items())]
    return facts(
        ("编码 code", text(item.item_code)),
        ("库 library", state(item, "catalogue")),
        ("名称 name", text(item.name)),
        ("单位 unit", text(item.unit)),
        ("上级 parent", text(item.parent_item_code)),
        ("变体属于 variant of", text(item.variant_of_item_code)),
        ("变体选项 options", text(options)),
        ("品牌 brand", text(item.brand)),
        ("型号 model", text(item.model)),
        ("规格 spec", text(item.spec)),
        ("说明 description", text(item.description)),
        *own,
        ("图片 pictures", " ".join(item.pictures)),
        ("停用 retired", time(item.retired_at)),
        ("修订 revision", str(item.revision)),
    )
