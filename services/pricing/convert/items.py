"""Items of both libraries, between messages, rows and decisions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from kit.rpc.convert import instant_to_proto
from protos.pricing.v1 import library_pb2 as pb
from services.pricing.domain.item_fields import FieldKind, ItemField
from services.pricing.domain.items import Item
from services.pricing.tables import ItemFieldRow, ItemRow

CATALOGUES: Final = {
    "project_library": pb.CATALOGUE_PROJECT_LIBRARY,
    "spare_part_library": pb.CATALOGUE_SPARE_PART_LIBRARY,
}
_KINDS: Final = {
    FieldKind.TEXT: pb.ITEM_FIELD_KIND_TEXT,
    FieldKind.NUMBER: pb.ITEM_FIELD_KIND_NUMBER,
    FieldKind.FLAG: pb.ITEM_FIELD_KIND_FLAG,
    FieldKind.CHOICE: pb.ITEM_FIELD_KIND_CHOICE,
    FieldKind.DATE: pb.ITEM_FIELD_KIND_DATE,
}
_KIND_OF_NUMBER: Final = {number: kind for kind, number in _KINDS.items()}


def catalogue_name(catalogue: pb.Catalogue.ValueType) -> str:
    """What a catalogue is called in rows; empty when it was left out."""
    return next((name for name, number in CATALOGUES.items() if number == catalogue), "")


def item_from_proto(message: pb.Item) -> Item:
    """What a message says of an item, unchecked."""
    return Item(
        item_code=message.item_code.strip(),
        catalogue=catalogue_name(message.catalogue),
        name=message.name.strip(),
        unit=message.unit.strip(),
        parent_item_code=message.parent_item_code.strip(),
        variant_of_item_code=message.variant_of_item_code.strip(),
        variant_options={
            name.strip(): option.strip() for name, option in message.variant_options.items()
        },
        fields=dict(message.fields),
        pictures=tuple(message.pictures),
        description=message.description.strip(),
        brand=message.brand.strip(),
        model=message.model.strip(),
        spec=message.spec.strip(),
    )


def item_from_row(row: ItemRow) -> Item:
    """What is kept of an item."""
    return Item(
        item_code=row.item_code,
        catalogue=row.catalogue,
        name=row.name,
        unit=row.unit,
        parent_item_code=row.parent_item_code or "",
        variant_of_item_code=row.variant_of_item_code or "",
        variant_options=row.variant_options,
        fields=row.fields,
        pictures=tuple(row.pictures),
        description=row.description,
        brand=row.brand,
        model=row.model,
        spec=row.spec,
        retired=row.retired_at is not None,
    )


def item_to_row(item: Item, before: ItemRow | None, now: datetime) -> ItemRow:
    """A checked item as it will be kept, the next revision of what there was before."""
    retired_since = before.retired_at if before else None
    return ItemRow(
        item_code=item.item_code,
        catalogue=item.catalogue,
        name=item.name,
        unit=item.unit,
        parent_item_code=item.parent_item_code or None,
        variant_of_item_code=item.variant_of_item_code or None,
        variant_options=dict(item.variant_options),
        fields=dict(item.fields),
        pictures=list(item.pictures),
        description=item.description,
        brand=item.brand,
        model=item.model,
        spec=item.spec,
        revision=before.revision + 1 if before else 1,
        retired_at=(retired_since or now) if item.retired else None,
    )


def item_to_proto(row: ItemRow) -> pb.Item:
    """An item on the wire."""
    return pb.Item(
        item_code=row.item_code,
        catalogue=CATALOGUES[row.catalogue],
        name=row.name,
        unit=row.unit,
        parent_item_code=row.parent_item_code or "",
        variant_of_item_code=row.variant_of_item_code or "",
        variant_options=row.variant_options,
        fields=row.fields,
        pictures=row.pictures,
        description=row.description,
        brand=row.brand,
        model=row.model,
        spec=row.spec,
        revision=row.revision,
        retired_at=instant_to_proto(row.retired_at),
    )


def field_from_proto(message: pb.ItemField) -> ItemField:
    """What a message says of a field, unchecked."""
    return ItemField(
        field_code=message.field_code.strip(),
        label=message.label.strip(),
        kind=_KIND_OF_NUMBER.get(message.kind),
        choices=tuple(message.choices),
        required=message.required,
    )


def field_from_row(row: ItemFieldRow) -> ItemField:
    """What is kept of a field."""
    return ItemField(
        row.field_code, row.label, FieldKind(row.kind), tuple(row.choices), row.required
    )


def field_to_row(field: ItemField, catalogue: str, before: ItemFieldRow | None) -> ItemFieldRow:
    """A checked field as it will be kept."""
    return ItemFieldRow(
        catalogue=catalogue,
        field_code=field.field_code,
        label=field.label,
        kind=field.kind,
        choices=list(field.choices),
        required=field.required,
        revision=before.revision + 1 if before else 1,
    )


def field_to_proto(row: ItemFieldRow) -> pb.ItemField:
    """A field on the wire."""
    return pb.ItemField(
        catalogue=CATALOGUES[row.catalogue],
        field_code=row.field_code,
        label=row.label,
        kind=_KINDS[FieldKind(row.kind)],
        choices=row.choices,
        required=row.required,
        revision=row.revision,
    )


def items_of(rows: Mapping[str, ItemRow]) -> dict[str, Item]:
    """What is kept of items, by their codes."""
    return {code: item_from_row(row) for code, row in rows.items()}


def columns_of_row(row: ItemRow) -> dict[str, Any]:
    """A row as the parameters of a statement."""
    return {column.key: getattr(row, column.key) for column in ItemRow.__table__.columns}
