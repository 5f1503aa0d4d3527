"""Assets, where they have been, and their warranties, between messages and rows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Final

from kit.ids import new_id
from kit.rpc.convert import instant_to_proto
from protos.workorder.v1 import asset_pb2 as pb
from services.workorder.domain.assets import asset, warranty
from services.workorder.domain.assets.asset import Machine
from services.workorder.domain.assets.warranty import Cover, Period, Verdict, WarrantyKind
from services.workorder.tables.assets import AssetMoveRow, AssetRow, AssetWarrantyRow

_KINDS: Final = {
    pb.WARRANTY_KIND_UNSPECIFIED: WarrantyKind.STANDARD,
    pb.WARRANTY_KIND_STANDARD: WarrantyKind.STANDARD,
    pb.WARRANTY_KIND_EXTENDED: WarrantyKind.EXTENDED,
    pb.WARRANTY_KIND_GOODWILL: WarrantyKind.GOODWILL,
}
_COVERS: Final = {
    pb.WARRANTY_COVER_PARTS: Cover.PARTS,
    pb.WARRANTY_COVER_LABOUR: Cover.LABOUR,
    pb.WARRANTY_COVER_VISIT: Cover.VISIT,
}


def machine_from_proto(message: pb.RegisterAssetRequest | pb.ChangeAssetRequest) -> Machine:
    """What an asset is (``ASSET_INVALID`` for a day that is none)."""
    brand, model = message.brand.strip(), message.model.strip()
    return Machine(
        item_code=message.item_code.strip(),
        brand=brand,
        model=model,
        serial=message.serial.strip(),
        name=message.name.strip() or " ".join(filter(None, (brand, model))),
        installed_on=asset.day_from_text(message.installed_on, "installed_on"),
        parent_asset_id=message.parent_asset_id.strip(),
        notes=message.notes.strip(),
    )


def new_row(
    asset_id: str, machine: Machine, whose: tuple[str, str], now: datetime, person_id: str
) -> AssetRow:
    """A new asset at a customer's address."""
    row = AssetRow(
        asset_id=asset_id,
        revision=1,
        customer_id=whose[0],
        address_id=whose[1],
        registered_at=now,
        put_at=now,
        put_by_person_id=person_id,
        retired_at=None,
        retire_reason="",
        warranties=[],
    )
    be(row, machine)
    return row


def be(row: AssetRow, machine: Machine) -> None:
    """Have an asset be this machine."""
    row.item_code, row.brand, row.model = machine.item_code, machine.brand, machine.model
    row.serial, row.name, row.notes = machine.serial, machine.name, machine.notes
    row.installed_on = machine.installed_on
    row.parent_asset_id = machine.parent_asset_id or None


def asset_to_proto(row: AssetRow, now: datetime) -> pb.Asset:
    """An asset on the wire, in warranty or not as of now."""
    found = warranty.verdict(periods_of(row), warranty.day_of(now))
    return pb.Asset(
        asset_id=row.asset_id,
        revision=row.revision,
        customer_id=row.customer_id,
        address_id=row.address_id,
        item_code=row.item_code,
        brand=row.brand,
        model=row.model,
        serial=row.serial,
        name=row.name,
        installed_on=_day_text(row.installed_on),
        parent_asset_id=row.parent_asset_id or "",
        notes=row.notes,
        registered_at=instant_to_proto(row.registered_at),
        put_at=instant_to_proto(row.put_at),
        put_by_person_id=row.put_by_person_id,
        retired_at=instant_to_proto(row.retired_at),
        retire_reason=row.retire_reason,
        warranties=[warranty_to_proto(each) for each in row.warranties],
        in_warranty=found.in_warranty,
    )


def move_to_proto(row: AssetMoveRow) -> pb.AssetMove:
    """Where an asset came to be."""
    return pb.AssetMove(
        move_number=row.move_number,
        moved_at=instant_to_proto(row.moved_at),
        customer_id=row.customer_id,
        address_id=row.address_id,
        reason=row.reason,
        moved_by_person_id=row.moved_by_person_id,
    )


def periods_of(row: AssetRow) -> list[Period]:
    """The periods that hold: those that were not voided."""
    return [
        Period(
            each.warranty_id,
            each.first_day,
            each.last_day,
            frozenset(Cover(cover) for cover in each.covers),
        )
        for each in row.warranties
        if each.voided_at is None
    ]


def warranty_from_proto(
    message: pb.AddWarrantyRequest, row: AssetRow, now: datetime, person_id: str
) -> AssetWarrantyRow:
    """A new warranty of an asset (``WARRANTY_INVALID``, naming the field)."""
    kind = _KINDS[message.kind]
    given = (
        asset.day_from_text(message.first_day, "first_day"),
        asset.day_from_text(message.last_day, "last_day"),
        message.months,
    )
    first, last = warranty.days_of(kind, given, row.installed_on, periods_of(row))
    covers = {_COVERS[cover] for cover in message.covers if cover in _COVERS} or set(Cover)
    return warranty_row(
        row.asset_id,
        kind,
        (first, last),
        message.terms_code,
        now,
        person_id,
        covers,
        message.reference,
    )


def warranty_row(
    asset_id: str,
    kind: WarrantyKind,
    days: tuple[date, date],
    terms_code: str,
    now: datetime,
    person_id: str,
    covers: Iterable[Cover] = Cover,
    reference: str = "",
) -> AssetWarrantyRow:
    """A new warranty, as it will be kept."""
    return AssetWarrantyRow(
        warranty_id=new_id("wr", now),
        asset_id=asset_id,
        kind=kind,
        terms_code=terms_code.strip(),
        first_day=days[0],
        last_day=days[1],
        covers=sorted(covers),
        reference=reference.strip(),
        recorded_at=now,
        recorded_by_person_id=person_id,
        voided_at=None,
        voided_by_person_id="",
        void_reason="",
    )


def warranty_to_proto(row: AssetWarrantyRow) -> pb.AssetWarranty:
    """A warranty on the wire."""
    return pb.AssetWarranty(
        warranty_id=row.warranty_id,
        asset_id=row.asset_id,
        kind=pb.WarrantyKind.Value(f"WARRANTY_KIND_{row.kind.upper()}"),
        terms_code=row.terms_code,
        first_day=row.first_day.isoformat(),
        last_day=row.last_day.isoformat(),
        covers=[pb.WarrantyCover.Value(f"WARRANTY_COVER_{each.upper()}") for each in row.covers],
        reference=row.reference,
        recorded_at=instant_to_proto(row.recorded_at),
        recorded_by_person_id=row.recorded_by_person_id,
        voided_at=instant_to_proto(row.voided_at),
        voided_by_person_id=row.voided_by_person_id,
        void_reason=row.void_reason,
    )


def verdict_to_proto(row: AssetRow, found: Verdict) -> pb.WarrantyVerdict:
    """What covers an asset on a day."""
    by_id = {each.warranty_id: each for each in row.warranties}
    return pb.WarrantyVerdict(
        asset_id=row.asset_id,
        in_warranty=found.in_warranty,
        parts_covered=Cover.PARTS in found.covers,
        labour_covered=Cover.LABOUR in found.covers,
        visit_covered=Cover.VISIT in found.covers,
        warranties=[warranty_to_proto(by_id[each.warranty_id]) for each in found.periods],
        covered_until=_day_text(found.covered_until),
        day=found.day.isoformat(),
    )


def _day_text(day: date | None) -> str:
    return day.isoformat() if day else ""
