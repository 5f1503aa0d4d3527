"""Items of both libraries, between messages and rows."""

from __future__ import annotations

from typing import Final

from kit.errors import InvalidArgument
from protos.pricing.v1 import library_pb2 as pb
from services.pricing.tables import ItemRow

CATALOGUES: Final = {
    "project_library": pb.CATALOGUE_PROJECT_LIBRARY,
    "spare_part_library": pb.CATALOGUE_SPARE_PART_LIBRARY,
}


def catalogue_name(catalogue: pb.Catalogue.ValueType) -> str:
    """What a catalogue is called in rows; empty when it was left out."""
    return next((name for name, number in CATALOGUES.items() if number == catalogue), "")


def item_from_proto(message: pb.Item) -> ItemRow:
    """An item as it will be kept.

    Raises:
        InvalidArgument: ``PRICING_ITEM_INVALID``, naming the field.
    """
    catalogue = catalogue_name(message.catalogue)
    for field, value in (
        ("item_code", message.item_code),
        ("name", message.name),
        ("catalogue", catalogue),
    ):
        if not value.strip():
            raise InvalidArgument(
                "PRICING_ITEM_INVALID",
                "an item needs a code, a name and the library it is in",
                field=f"item.{field}",
            )
    return ItemRow(
        item_code=message.item_code, catalogue=catalogue, name=message.name, unit=message.unit
    )


def item_to_proto(row: ItemRow) -> pb.Item:
    """An item on the wire."""
    return pb.Item(
        item_code=row.item_code,
        catalogue=CATALOGUES[row.catalogue],
        name=row.name,
        unit=row.unit,
    )
