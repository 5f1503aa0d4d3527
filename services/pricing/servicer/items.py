"""Items: put, retire, restore, look at."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import InvalidArgument
from kit.rpc.convert import page_info, page_size
from kit.rpc.events import record
from kit.spreadsheet.records import Unreadable
from protos.pricing.v1 import library_pb2 as pb
from services.pricing.convert.items import (
    catalogue_name,
    item_from_proto,
    item_from_row,
    item_to_proto,
    item_to_row,
)
from services.pricing.domain.item_fields import settle
from services.pricing.domain.item_import import in_other_library
from services.pricing.domain.items import Item, check_revision, problems_of, settled_fields
from services.pricing.domain.refusing import refuse
from services.pricing.servicer.base import KEEPS_PRICES, QUOTES, Context, page_start
from services.pricing.servicer.library_base import LibraryRpcs, definitions_of, surroundings_of
from services.pricing.store import items
from services.pricing.tables import ItemRow

#: Whether retired items are wanted: only those, only the others, or all.
RETIRED: Final = {
    pb.RETIRED_ITEMS_UNSPECIFIED: False,
    pb.RETIRED_ITEMS_INCLUDED: None,
    pb.RETIRED_ITEMS_ONLY: True,
}


class ItemRpcs(LibraryRpcs):
    """One item at a time, and lists of them."""

    async def PutItem(self, request: pb.PutItemRequest, context: Context) -> pb.Item:
        current_actor().require_role(*KEEPS_PRICES)
        session, wanted = current_session(), item_from_proto(request.item)
        await items.hold_still(session)
        before = (await items.by_code(session, [wanted.item_code])).get(wanted.item_code)
        check_revision(wanted.item_code, request.item.revision, before.revision if before else 0)
        retired = before is not None and before.retired_at is not None
        item = await _checked(replace(wanted, retired=retired), before)
        return await self._keep(item, before)

    async def RetireItem(self, request: pb.RetireItemRequest, context: Context) -> pb.Item:
        current_actor().require_role(*KEEPS_PRICES)
        return await self._turn(request.item_code, request.revision, retired=True)

    async def RestoreItem(self, request: pb.RestoreItemRequest, context: Context) -> pb.Item:
        current_actor().require_role(*KEEPS_PRICES)
        return await self._turn(request.item_code, request.revision, retired=False)

    async def GetItem(self, request: pb.GetItemRequest, context: Context) -> pb.Item:
        current_actor().require_role(*QUOTES)
        return item_to_proto(await items.item(current_session(), request.item_code))

    async def ListItems(
        self, request: pb.ListItemsRequest, context: Context
    ) -> pb.ListItemsResponse:
        current_actor().require_role(*QUOTES)
        session, size, wanted = current_session(), page_size(request.page), await _wanted(request)
        rows = await items.page(session, wanted, page_start(request.page), size + 1)
        return pb.ListItemsResponse(
            items=[item_to_proto(row) for row in rows[:size]],
            page=page_info([row.item_code for row in rows], size),
            total=await items.count(session, wanted),
        )

    async def _turn(self, item_code: str, seen: int, *, retired: bool) -> pb.Item:
        session = current_session()
        await items.hold_still(session)
        before = await items.item(session, item_code)
        check_revision(item_code, seen, before.revision)
        item = item_from_row(before)
        return await self._keep(replace(item, retired=retired), before)

    async def _keep(self, item: Item, before: ItemRow | None) -> pb.Item:
        """The item as it is kept; what changes nothing makes neither a revision nor an event."""
        if before is not None and item_from_row(before) == item:
            return item_to_proto(before)
        now = self._clock.now()
        row = await items.put(current_session(), item_to_row(item, before, now))
        kept = item_to_proto(row)
        await record(pb.ItemPut(item=kept), aggregate=("item", row.item_code), occurred_at=now)
        return kept


async def _checked(item: Item, before: ItemRow | None) -> Item:
    """An item with its own fields written in the one way; refused with all that is wrong with it."""
    fields, problems = settled_fields(item, await definitions_of(item.catalogue))
    settled = replace(item, fields=fields)
    if before is not None and item.catalogue and item.catalogue != before.catalogue:
        problems.append(in_other_library(item.item_code, "catalogue"))
    among_others = (await surroundings_of([settled])).problems_of(settled)
    refuse([*problems_of(settled), *problems, *among_others], "item")
    return settled


async def _wanted(request: pb.ListItemsRequest) -> items.Wanted:
    catalogue = catalogue_name(request.catalogue)
    fields = {}
    if request.field_code:
        fields[request.field_code] = await _settled_value(
            catalogue, request.field_code, request.field_value
        )
    return items.Wanted(
        catalogue=catalogue,
        parent_item_code=request.parent_item_code,
        variant_of_item_code=request.variant_of_item_code,
        text=request.text.strip(),
        fields=fields,
        retired=RETIRED[request.retired],
    )


async def _settled_value(catalogue: str, field_code: str, text: str) -> str:
    """The value of a field as items have it.

    Raises:
        InvalidArgument: ``PRICING_ITEM_FIELD_UNKNOWN`` or ``PRICING_ITEM_FIELD_INVALID``.
    """
    definitions = await definitions_of(catalogue) if catalogue else []
    for definition in definitions:
        if definition.field_code == field_code:
            try:
                return settle(definition, text)
            except Unreadable as error:
                raise InvalidArgument(
                    "PRICING_ITEM_FIELD_INVALID", error.english, field="field_value"
                ) from error
    raise InvalidArgument(
        "PRICING_ITEM_FIELD_UNKNOWN",
        f"name the library, and one of its own fields; it has no {field_code!r}",
        field="field_code",
    )
