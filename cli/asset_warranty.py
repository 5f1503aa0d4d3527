"""`gongdan asset warranty`: who pays for work on an asset."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from cli.api import part
from cli.output import facts, state, table, tell, text
from cli.times import when
from cli.verb import api, noun, verb
from protos.workorder.v1 import asset_pb2

app = noun("warranty", "Warranties 保修: given, checked, voided.")

_Asset = Annotated[str, typer.Argument(metavar="ASSET")]


class Kind(StrEnum):
    """Whose period it is."""

    STANDARD = "standard"
    EXTENDED = "extended"
    GOODWILL = "goodwill"


@verb(app)
def add(
    asset: _Asset,
    kind: Annotated[Kind, typer.Option(help="标准, 延保 or 善意")] = Kind.STANDARD,
    terms: Annotated[str, typer.Option(help="Of the company's terms, such as AC-6Y")] = "",
    start: Annotated[
        str, typer.Option("--from", help="The first day; of installation, or after the last one")
    ] = "",
    to: Annotated[str, typer.Option(help="The last day")] = "",
    months: Annotated[int, typer.Option(help="How long it lasts, instead")] = 0,
    reference: Annotated[str, typer.Option(help="What it was bought by")] = "",
) -> None:
    """Give an asset a warranty."""
    body: dict[str, Any] = {
        "kind": f"WARRANTY_KIND_{kind.name}",
        "terms_code": terms,
        "first_day": start,
        "last_day": to,
        "months": months,
        "reference": reference,
    }
    made = api().send("POST", f"/assets/{part(asset)}/warranties", asset_pb2.AssetWarranty, body)
    tell(made, lambda given: _table([given]))


@verb(app)
def check(
    asset: _Asset, at: Annotated[str, typer.Argument(metavar="[WHEN]", help="Now")] = ""
) -> None:
    """Whether an asset is in warranty, for what, and until when."""
    found = api().get(f"/assets/{part(asset)}/warranty", asset_pb2.WarrantyVerdict, **when(at))
    tell(found, _verdict)


@verb(app)
def void(
    warranty: Annotated[str, typer.Argument(metavar="WARRANTY", help="wr_…")],
    reason: Annotated[str, typer.Option()],
) -> None:
    """Void a warranty; it stays in the history."""
    path = f"/warranties/{part(warranty)}/void"
    voided = api().send("POST", path, asset_pb2.AssetWarranty, {"reason": reason})
    tell(voided, lambda given: _table([given]))


def _verdict(found: asset_pb2.WarrantyVerdict) -> list[RenderableType]:
    covered = (
        ("配件 parts", found.parts_covered),
        ("人工 labour", found.labour_covered),
        ("上门 visit", found.visit_covered),
    )
    head = facts(
        ("日期 day", found.day),
        ("结论 verdict", "保内 in warranty" if found.in_warranty else "保外 out of warranty"),
        ("承担 covers", "、".join(name for name, is_covered in covered if is_covered)),
        ("连续保到 covered until", found.covered_until),
    )
    return [head, _table(list(found.warranties))] if found.warranties else [head]


def _table(given: list[asset_pb2.AssetWarranty]) -> RenderableType:
    rows = table("warranty", "kind", "terms", "from", "to", "reference", "voided")
    for each in given:
        rows.add_row(
            each.warranty_id,
            state(each, "kind"),
            text(each.terms_code),
            each.first_day,
            each.last_day,
            text(each.reference),
            text(each.void_reason),
        )
    return rows
