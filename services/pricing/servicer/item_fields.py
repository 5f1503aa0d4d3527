"""The fields that a company's own items have."""

from __future__ import annotations

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import FailedPrecondition
from kit.rpc.events import record
from protos.pricing.v1 import library_pb2 as pb
from services.pricing.convert.items import (
    catalogue_name,
    field_from_proto,
    field_from_row,
    field_to_proto,
    field_to_row,
)
from services.pricing.domain.item_columns import taken_headings
from services.pricing.domain.item_fields import MOST_FIELDS, check_change, check_definition
from services.pricing.domain.items import check_revision
from services.pricing.servicer.base import KEEPS_PRICES, QUOTES, Context
from services.pricing.servicer.library_base import LibraryRpcs, needed_catalogue
from services.pricing.store import item_fields, items


class ItemFieldRpcs(LibraryRpcs):
    """Define the fields, and look at them."""

    async def PutItemField(self, request: pb.PutItemFieldRequest, context: Context) -> pb.ItemField:
        current_actor().require_role(*KEEPS_PRICES)
        session, wanted = current_session(), field_from_proto(request.field)
        catalogue = needed_catalogue(request.field.catalogue)
        await items.hold_still(session)
        kept = {row.field_code: row for row in await item_fields.fields(session, catalogue)}
        before = kept.pop(wanted.field_code, None)
        check_revision(wanted.field_code, request.field.revision, before.revision if before else 0)
        check_definition(wanted, taken_headings(map(field_from_row, kept.values())))
        if before is not None:
            chosen: set[str] = set()
            if wanted.choices:
                chosen = await item_fields.used_values(session, catalogue, wanted.field_code)
            check_change(field_from_row(before), wanted, chosen)
        elif len(kept) >= MOST_FIELDS:
            raise FailedPrecondition(
                "PRICING_FIELDS_FULL", f"a library has at most {MOST_FIELDS} fields", field="field"
            )
        row = await item_fields.put(session, field_to_row(wanted, catalogue, before))
        field = field_to_proto(row)
        await record(
            pb.ItemFieldPut(field=field),
            aggregate=("item_field", f"{catalogue}/{row.field_code}"),
            occurred_at=self._clock.now(),
        )
        return field

    async def ListItemFields(
        self, request: pb.ListItemFieldsRequest, context: Context
    ) -> pb.ListItemFieldsResponse:
        current_actor().require_role(*QUOTES)
        rows = await item_fields.fields(current_session(), catalogue_name(request.catalogue))
        return pb.ListItemFieldsResponse(fields=[field_to_proto(row) for row in rows])
