"""`gongdan asset`: what is installed and repaired, its warranties, codes and guides."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from google.protobuf import json_format
from rich.console import RenderableType

from cli import asset_code, asset_guide, asset_warranty, registry_file
from cli.api import part
from cli.output import facts, moment, state, table, tell, text
from cli.pages import everything, first_page
from cli.verb import api, noun, verb
from protos.workorder.v1 import asset_pb2

app = noun("asset", "Assets 设备: machines, warranties, codes, guides, files.")
app.add_typer(asset_warranty.app)
app.add_typer(asset_code.app)
app.add_typer(asset_guide.app)
registry_file.add_to(app, "ASSETS")

_Id = Annotated[str, typer.Argument(metavar="ASSET")]
_Said = Annotated[str | None, typer.Option()]
_MACHINE = (
    "item_code", "brand", "model", "serial", "name", "installed_on", "parent_asset_id", "notes",
    "revision",
)  # fmt: skip


@verb(app, "list")
def list_assets(
    words: Annotated[
        str, typer.Argument(metavar="[WORDS]", help="In the name, the model or the serial")
    ] = "",
    customer: Annotated[str, typer.Option(help="Only this customer's")] = "",
    address: Annotated[str, typer.Option(help="Only at this address")] = "",
    serial: Annotated[str, typer.Option(help="The whole serial")] = "",
    part_of: Annotated[str, typer.Option(help="Only parts of this one")] = "",
    over_by: Annotated[
        str, typer.Option(help="Only whose warranty ends between today and this day")
    ] = "",
    retired: Annotated[bool, typer.Option("--retired", help="Retired ones, too")] = False,
    all_pages: Annotated[bool, typer.Option("--all", help="Every page")] = False,
) -> None:
    """Assets, the newest first."""
    query = {
        "text": words,
        "customer_id": customer,
        "address_id": address,
        "serial": serial,
        "parent_asset_id": part_of,
        "warranty_over_by": over_by,
        "include_retired": "true" if retired else "",
    }
    read = everything if all_pages else first_page
    tell(read("/assets", asset_pb2.ListAssetsResponse, "assets", query), _listed)


@verb(app)
def show(asset: _Id) -> None:
    """One asset with its warranties."""
    tell(api().get(f"/assets/{part(asset)}", asset_pb2.Asset), _card)


@verb(app)
def register(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="Whose it is")],
    address: Annotated[str, typer.Option(help="Where it is")] = "",
    asset: Annotated[str, typer.Option("--id", help="An id of your choice")] = "",
    brand: Annotated[str, typer.Option()] = "",
    model: Annotated[str, typer.Option()] = "",
    serial: Annotated[str, typer.Option()] = "",
    name: Annotated[str, typer.Option(help="Its brand and model")] = "",
    item: Annotated[str, typer.Option(help="Its code in the library")] = "",
    installed: Annotated[str, typer.Option(help="The day, such as 2026-03-02")] = "",
    part_of: Annotated[str, typer.Option(help="What it is a part of")] = "",
) -> None:
    """Register an asset 登记设备."""
    said = {
        "asset_id": asset,
        "customer_id": customer,
        "address_id": address,
        "item_code": item,
        "brand": brand,
        "model": model,
        "serial": serial,
        "name": name,
        "installed_on": installed,
        "parent_asset_id": part_of,
    }
    body = {field: value for field, value in said.items() if value}
    tell(api().send("POST", "/assets", asset_pb2.Asset, body), _card)


@verb(app)
def change(
    asset: _Id,
    brand: _Said = None,
    model: _Said = None,
    serial: _Said = None,
    name: _Said = None,
    item: _Said = None,
    installed: Annotated[str | None, typer.Option(help="The day, such as 2026-03-02")] = None,
    part_of: Annotated[str | None, typer.Option(help="'' for nothing")] = None,
    notes: _Said = None,
) -> None:
    """Change what is named of an asset and leave the rest."""
    path = f"/assets/{part(asset)}"
    known: dict[str, Any] = json_format.MessageToDict(
        api().get(path, asset_pb2.Asset).message, preserving_proto_field_name=True
    )
    said = {
        "brand": brand,
        "model": model,
        "serial": serial,
        "name": name,
        "item_code": item,
        "installed_on": installed,
        "parent_asset_id": part_of,
        "notes": notes,
    }
    body = {field: known[field] for field in _MACHINE if field in known}
    body |= {field: value for field, value in said.items() if value is not None}
    tell(api().send("PUT", path, asset_pb2.Asset, body), _card)


@verb(app)
def move(
    asset: _Id,
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="Whose it is from now on")],
    reason: Annotated[str, typer.Option()],
    address: Annotated[str, typer.Option(help="Where it is from now on")] = "",
) -> None:
    """Move an asset, with its parts, to another customer or address 移机."""
    body = {"customer_id": customer, "address_id": address, "reason": reason}
    tell(api().send("POST", f"/assets/{part(asset)}/move", asset_pb2.Asset, body), _card)


@verb(app)
def moves(asset: _Id) -> None:
    """Where an asset has been."""

    def shown(answer: asset_pb2.ListAssetMovesResponse) -> RenderableType:
        rows = table("#", "when", "customer", "address", "reason", "by")
        for each in answer.moves:
            rows.add_row(
                str(each.move_number),
                moment(each.moved_at),
                each.customer_id,
                each.address_id,
                text(each.reason),
                each.moved_by_person_id,
            )
        return rows

    tell(api().get(f"/assets/{part(asset)}/moves", asset_pb2.ListAssetMovesResponse), shown)


@verb(app)
def retire(asset: _Id, reason: Annotated[str, typer.Option()]) -> None:
    """Retire an asset; its code ends, its history stays 停用."""
    body = {"reason": reason}
    tell(api().send("POST", f"/assets/{part(asset)}/retire", asset_pb2.Asset, body), _card)


def _listed(answer: asset_pb2.ListAssetsResponse) -> RenderableType:
    rows = table("asset", "name", "brand", "model", "serial", "customer", "warranty")
    for asset in answer.assets:
        rows.add_row(
            asset.asset_id,
            text(asset.name),
            text(asset.brand),
            text(asset.model),
            text(asset.serial),
            asset.customer_id,
            "保内 in" if asset.in_warranty else "保外 out",
        )
    return rows


def _card(asset: asset_pb2.Asset) -> list[RenderableType]:
    head = facts(
        ("设备 asset", asset.asset_id),
        ("名称 name", text(asset.name)),
        ("品牌 brand", text(asset.brand)),
        ("型号 model", text(asset.model)),
        ("序列号 serial", text(asset.serial)),
        ("项目 item", text(asset.item_code)),
        ("客户 customer", asset.customer_id),
        ("地址 address", asset.address_id),
        ("安装 installed", asset.installed_on),
        ("上级 part of", asset.parent_asset_id),
        ("备注 notes", text(asset.notes)),
        ("停用 retired", text(asset.retire_reason)),
        ("保修 warranty", "保内 in warranty" if asset.in_warranty else "保外 out of warranty"),
        ("修订 revision", str(asset.revision)),
    )
    rows = table("warranty", "kind", "terms", "from", "to", "voided")
    for each in asset.warranties:
        rows.add_row(
            each.warranty_id,
            state(each, "kind"),
            text(each.terms_code),
            each.first_day,
            each.last_day,
            text(each.void_reason),
        )
    return [head, rows] if asset.warranties else [head]
