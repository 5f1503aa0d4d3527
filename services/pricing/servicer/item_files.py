"""Items from files and into files."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Final

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import FailedPrecondition
from kit.rpc.events import record, record_all
from kit.spreadsheet.importing import Outcome
from kit.spreadsheet.reading import read_tables
from kit.spreadsheet.records import read_records
from kit.spreadsheet.table import Limits, Table
from protos.pricing.v1 import library_pb2 as pb
from services.pricing.convert.item_files import preview_to_proto, write_items
from services.pricing.convert.items import (
    CATALOGUES,
    columns_of_row,
    field_from_row,
    item_from_row,
    item_to_proto,
    item_to_row,
    items_of,
)
from services.pricing.domain import item_import
from services.pricing.domain.item_columns import SHEETS, columns_of
from services.pricing.domain.item_import import Plan
from services.pricing.servicer.base import KEEPS_PRICES, QUOTES, Context
from services.pricing.servicer.items import RETIRED
from services.pricing.servicer.library_base import (
    LibraryRpcs,
    definitions_of,
    needed_catalogue,
    surroundings_of,
)
from services.pricing.store import item_fields, items
from services.pricing.tables import ItemRow

LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class _File:
    """A file, read into its table."""

    table: Table
    sha256: str


@dataclass(frozen=True, slots=True)
class _Planned:
    """What a file would change, and what that was computed from."""

    plan: Plan
    before: dict[str, ItemRow]
    file_sha256: str
    library_sha256: str


class ItemFileRpcs(LibraryRpcs):
    """Preview, import, export."""

    async def PreviewItemImport(
        self, request: pb.PreviewItemImportRequest, context: Context
    ) -> pb.ItemImportPreview:
        current_actor().require_role(*KEEPS_PRICES)
        catalogue = needed_catalogue(request.catalogue)
        planned = await _plan(catalogue, await _read(catalogue, request.content))
        return preview_to_proto(planned.plan, planned.file_sha256, planned.library_sha256)

    async def ImportItems(
        self, request: pb.ImportItemsRequest, context: Context
    ) -> pb.ItemsImported:
        current_actor().require_role(*KEEPS_PRICES)
        session, now = current_session(), self._clock.now()
        catalogue = needed_catalogue(request.catalogue)
        # Nobody waits while a file is read.
        file = await _read(catalogue, request.content)
        await items.hold_still(session)
        planned = await _plan(catalogue, file)
        item_import.check_as_previewed(
            (request.file_sha256, request.library_sha256),
            (planned.file_sha256, planned.library_sha256),
        )
        plan = planned.plan
        item_import.check_clean(plan)
        rows = [
            item_to_row(item, planned.before.get(item.item_code), now)
            for item in plan.changed_items()
        ]
        await items.put_all(session, [columns_of_row(row) for row in rows])
        put = [(row.item_code, pb.ItemPut(item=item_to_proto(row))) for row in rows]
        await record_all("item", put, occurred_at=now)
        imported = pb.ItemsImported(
            catalogue=CATALOGUES[catalogue],
            file_sha256=planned.file_sha256,
            added=plan.count(Outcome.ADDED),
            changed=plan.count(Outcome.CHANGED),
            unchanged=plan.count(Outcome.UNCHANGED),
        )
        await record(imported, aggregate=("catalogue", catalogue), occurred_at=now)
        return imported

    async def ExportItems(
        self, request: pb.ExportItemsRequest, context: Context
    ) -> pb.ItemsExported:
        current_actor().require_role(*QUOTES)
        session, catalogue = current_session(), needed_catalogue(request.catalogue)
        wanted = items.Wanted(
            catalogue=catalogue,
            parent_item_code=request.parent_item_code,
            text=request.text.strip(),
            retired=RETIRED[request.retired],
        )
        rows = await items.page(session, wanted, "", LIMITS.rows + 1)
        if len(rows) > LIMITS.rows:
            raise _too_large()
        columns = columns_of(await definitions_of(catalogue))
        found = [item_from_row(row) for row in rows]
        content = await asyncio.to_thread(write_items, found, columns, catalogue, request.format)
        if len(content) > LIMITS.bytes:
            raise _too_large()
        return pb.ItemsExported(content=content, count=len(found))


def _too_large() -> FailedPrecondition:
    return FailedPrecondition(
        "PRICING_EXPORT_TOO_LARGE",
        f"a file has at most {LIMITS.rows} items and {LIMITS.bytes // 1024**2} MiB, or it would not"
        " import again; narrow it down by parent or text",
        field="catalogue",
    )


async def _read(catalogue: str, content: bytes) -> _File:
    [table, *_] = await asyncio.to_thread(read_tables, content, SHEETS[catalogue], LIMITS)
    return _File(table, hashlib.sha256(content).hexdigest())


async def _plan(catalogue: str, file: _File) -> _Planned:
    session = current_session()
    defined = await item_fields.fields(session, catalogue)
    definitions = [field_from_row(row) for row in defined]
    columns = columns_of(definitions)
    reading = item_import.without_repeats(read_records(file.table, columns, {item_import.CODE}))
    codes = {record.given.get(item_import.CODE, "") for record in reading.records}
    before = await items.by_code(session, codes)
    existing = items_of(before)
    merged = item_import.merge(reading, catalogue, existing, definitions)
    surroundings = await surroundings_of([row.item for row in merged])
    plan = item_import.finish(reading, merged, existing, surroundings)
    library = item_import.library_sha256(
        codes,
        {code: row.revision for code, row in before.items()},
        {row.field_code: row.revision for row in defined},
    )
    return _Planned(plan, before, file.sha256, library)
