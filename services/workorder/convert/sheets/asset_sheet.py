"""Assets as rows of a file, each with its standard warranty."""

from __future__ import annotations

from datetime import date
from typing import Final, Literal

from kit.spreadsheet.records import Column
from protos.workorder.v1 import asset_pb2 as pb
from services.workorder.convert.sheets.sheets import Layout, text_column
from services.workorder.domain.assets import asset
from services.workorder.domain.assets.asset import Machine
from services.workorder.domain.assets.warranty import WarrantyKind
from services.workorder.domain.registry import cells
from services.workorder.tables.assets import AssetRow, AssetWarrantyRow

_Day = Literal["first_day", "last_day"]


def _read_day(text: str) -> str:
    day = cells.read_day(text)
    return day.isoformat() if day else ""


def _write_day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _warranty_day(field: _Day, chinese: str, english: str) -> Column[pb.Asset]:
    def write(message: pb.Asset) -> date | None:
        given = message.warranties
        return _write_day(getattr(given[0], field)) if given else None

    return Column(f"warranties.{field}", chinese, english, _read_day, write)


LAYOUT: Final[Layout[pb.Asset]] = Layout(
    names=("设备", "assets"),
    columns=(
        text_column("asset_id", "编号", "asset"),
        text_column("customer_id", "客户", "customer"),
        text_column("address_id", "地址", "address"),
        text_column("item_code", "项目编码", "item"),
        text_column("brand", "品牌", "brand"),
        text_column("model", "型号", "model"),
        text_column("serial", "序列号", "serial"),
        text_column("name", "名称", "name"),
        Column(
            "installed_on",
            "安装日期",
            "installed on",
            _read_day,
            lambda message: _write_day(message.installed_on),
        ),
        text_column("parent_asset_id", "上级设备", "part of"),
        text_column("notes", "备注", "notes"),
        _warranty_day("first_day", "保修起", "warranty from"),
        _warranty_day("last_day", "保修止", "warranty to"),
        Column(
            "warranties.terms_code",
            "保修条款",
            "warranty terms",
            str.strip,
            lambda message: message.warranties[0].terms_code if message.warranties else "",
        ),
    ),
    key="asset_id",
    holder="",
    blank=pb.Asset,
)


def line_of(row: AssetRow) -> pb.Asset:
    """An asset as a file says it: what it is, whose, and its standard warranty."""
    message = pb.Asset(
        asset_id=row.asset_id,
        revision=row.revision,
        customer_id=row.customer_id,
        address_id=row.address_id,
        item_code=row.item_code,
        brand=row.brand,
        model=row.model,
        serial=row.serial,
        name=row.name,
        installed_on=row.installed_on.isoformat() if row.installed_on else "",
        parent_asset_id=row.parent_asset_id or "",
        notes=row.notes,
    )
    standard = standard_warranty(row)
    if standard is not None:
        message.warranties.add(
            first_day=standard.first_day.isoformat(),
            last_day=standard.last_day.isoformat(),
            terms_code=standard.terms_code,
        )
    return message


def standard_warranty(row: AssetRow) -> AssetWarrantyRow | None:
    """The standard warranty that an asset has: the one given last."""
    standing = [
        each
        for each in row.warranties
        if each.kind == WarrantyKind.STANDARD and each.voided_at is None
    ]
    return max(standing, key=lambda each: each.warranty_id, default=None)


def machine_of(line: pb.Asset) -> Machine:
    """What a row says that an asset is (``ASSET_INVALID``)."""
    return Machine(
        item_code=line.item_code,
        brand=line.brand,
        model=line.model,
        serial=line.serial,
        name=line.name or " ".join(filter(None, (line.brand, line.model))),
        installed_on=asset.day_from_text(line.installed_on, "installed_on"),
        parent_asset_id=line.parent_asset_id,
        notes=line.notes,
    )


def warranty_days_of(line: pb.Asset) -> tuple[date, date] | None:
    """The days of the standard warranty that a row names (``ASSET_INVALID``); None: it names none."""
    given = line.warranties[0] if line.warranties else pb.AssetWarranty()
    first = asset.day_from_text(given.first_day, "warranties.first_day")
    last = asset.day_from_text(given.last_day, "warranties.last_day")
    if first is None and last is None:
        return None
    if first is None or last is None or last < first:
        raise asset.invalid(
            "warranties.last_day",
            "a warranty has a first and a last day, in this order",
            "保修要同时写起止日期，且止不早于起。",
        )
    return first, last
