"""What the RPCs of the libraries share."""

from __future__ import annotations

from collections.abc import Collection

from kit.clock import Clock
from kit.db.session import current_session
from kit.errors import InvalidArgument
from protos.pricing.v1 import library_pb2 as pb
from protos.pricing.v1.library_pb2_grpc import LibraryServiceServicer
from services.pricing.convert.items import catalogue_name, field_from_row, items_of
from services.pricing.domain.item_fields import ItemField
from services.pricing.domain.item_tree import Surroundings
from services.pricing.domain.items import Item
from services.pricing.store import item_fields, items


class LibraryRpcs(LibraryServiceServicer):
    """What the RPCs of the libraries are served with."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock


async def definitions_of(catalogue: str) -> list[ItemField]:
    """The company's own fields of a library."""
    return [field_from_row(row) for row in await item_fields.fields(current_session(), catalogue)]


async def surroundings_of(changed: Collection[Item]) -> Surroundings:
    """Items as they would be, among all those that matter to them."""
    session = current_session()
    parents = {item.parent_item_code for item in changed}
    bases = {item.variant_of_item_code for item in changed}
    codes = {item.item_code for item in changed}
    above = await items.with_all_above(session, (parents | bases) - {""})
    variants = await items.variants_of(session, (codes | bases) - {""})
    as_they_would_be = {item.item_code: item for item in changed}
    return Surroundings(items_of(above | variants) | as_they_would_be)


def needed_catalogue(catalogue: pb.Catalogue.ValueType) -> str:
    """The library that a request names.

    Raises:
        InvalidArgument: ``PRICING_CATALOGUE_MISSING``.
    """
    name = catalogue_name(catalogue)
    if not name:
        raise InvalidArgument(
            "PRICING_CATALOGUE_MISSING",
            "say which library: CATALOGUE_PROJECT_LIBRARY or CATALOGUE_SPARE_PART_LIBRARY",
            field="catalogue",
        )
    return name
