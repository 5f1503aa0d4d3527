"""`gongdan item fields|field`: the company's own fields of its items."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from cli.api import part
from cli.item_library import InLibrary, OfLibrary, catalogue_of
from cli.output import state, table, tell, text
from cli.verb import api, verb
from protos.pricing.v1 import library_pb2


class _Kind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    CHOICE = "choice"
    DATE = "date"


def add_to(app: typer.Typer) -> None:
    """Make these commands of the noun."""
    verb(app, "fields")(fields)
    verb(app, "field")(field)


def fields(library: OfLibrary = None) -> None:
    """The fields that items have besides those of every item."""

    def shown(answer: library_pb2.ListItemFieldsResponse) -> RenderableType:
        return _table(answer.fields)

    answer = api().get(
        "/item-fields", library_pb2.ListItemFieldsResponse, catalogue=catalogue_of(library)
    )
    tell(answer, shown)


def field(
    code: Annotated[str, typer.Argument(metavar="CODE", help="Such as power_kw")],
    library: InLibrary,
    label: Annotated[str, typer.Option(help="The heading of its column, such as 功率(kW)")],
    kind: Annotated[_Kind, typer.Option(help="Fixed once the field is there")] = _Kind.TEXT,
    choice: Annotated[list[str] | None, typer.Option(help="May be given again")] = None,
    required: Annotated[bool, typer.Option(help="No item can be put without it")] = False,
) -> None:
    """Define a field, or change its label, choices and duty."""
    body: dict[str, Any] = {
        "label": label,
        "kind": f"ITEM_FIELD_KIND_{kind.name}",
        "choices": choice or [],
        "required": required,
    }
    path = f"/item-fields/{library.catalogue}/{part(code)}"
    tell(api().send("PUT", path, library_pb2.ItemField, body), lambda kept: _table([kept]))


def _table(shown: Iterable[library_pb2.ItemField]) -> RenderableType:
    rows = table(
        "库 library", "字段 field", "名称 label", "类型 kind", "选项 choices", "必填 required"
    )
    for one in shown:
        rows.add_row(
            state(one, "catalogue"),
            one.field_code,
            text(one.label),
            state(one, "kind"),
            text("、".join(one.choices)),
            "是 yes" if one.required else "",
        )
    return rows
