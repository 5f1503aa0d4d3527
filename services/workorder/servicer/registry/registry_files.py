"""Technicians, outlets and assets from files and into files."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any, Final

from kit.authn import current_actor
from kit.errors import FailedPrecondition, InvalidArgument
from kit.rpc.events import record
from kit.spreadsheet.importing import Outcome, Plan, check_as_previewed, check_clean
from kit.spreadsheet.reading import read_tables
from kit.spreadsheet.table import Limits, Table
from protos.workorder.v1 import registry_pb2 as pb
from protos.workorder.v1.registry_pb2_grpc import RegistryServiceServicer
from services.workorder.convert.sheets.sheets import preview_to_proto, write_file
from services.workorder.servicer.base import Context, Rpcs
from services.workorder.servicer.sheets.assets import AssetSheet
from services.workorder.servicer.sheets.base import Sheet
from services.workorder.servicer.sheets.outlets import OutletSheet
from services.workorder.servicer.sheets.stock import StockSheet
from services.workorder.servicer.sheets.technicians import TechnicianSheet

LIMITS: Final = Limits()
_SHEETS: Final[dict[int, type[Sheet[Any]]]] = {
    pb.REGISTRY_SHEET_TECHNICIANS: TechnicianSheet,
    pb.REGISTRY_SHEET_OUTLETS: OutletSheet,
    pb.REGISTRY_SHEET_ASSETS: AssetSheet,
    pb.REGISTRY_SHEET_STOCK: StockSheet,
}


class RegistryFileRpcs(Rpcs, RegistryServiceServicer):
    """Preview, import, export."""

    async def PreviewRegistryImport(
        self, request: pb.PreviewRegistryImportRequest, context: Context
    ) -> pb.RegistryImportPreview:
        sheet = self._sheet(request.sheet)
        table = await _read(sheet, request.content)
        planned = await sheet.plan(table, lock=False)
        return preview_to_proto(planned.plan, _sha256(request.content), planned.registry_sha256)

    async def ImportRegistry(
        self, request: pb.ImportRegistryRequest, context: Context
    ) -> pb.RegistryImported:
        sheet = self._sheet(request.sheet)
        # Nobody waits while a file is read.
        table = await _read(sheet, request.content)
        planned = await sheet.plan(table, lock=True)
        file_sha256 = _sha256(request.content)
        check_as_previewed(
            (request.file_sha256, request.registry_sha256),
            (file_sha256, planned.registry_sha256),
            "registry_sha256",
        )
        check_clean(planned.plan)
        await sheet.keep(planned.plan.written(), context)
        imported = _imported(request.sheet, file_sha256, planned.plan)
        await record(imported, aggregate=("registry", file_sha256), occurred_at=self._clock.now())
        return imported

    async def ExportRegistry(
        self, request: pb.ExportRegistryRequest, context: Context
    ) -> pb.RegistryExported:
        sheet = self._sheet(request.sheet)
        found = await sheet.exported(request, LIMITS.rows + 1)
        if len(found) > LIMITS.rows:
            raise _too_large()
        content = await asyncio.to_thread(write_file, sheet.layout, found, request.format)
        if len(content) > LIMITS.bytes:
            raise _too_large()
        return pb.RegistryExported(content=content, count=len(found))

    def _sheet(self, wanted: pb.RegistrySheet.ValueType) -> Sheet[Any]:
        """The sheet that is asked for, for who may keep what it is about."""
        if wanted not in _SHEETS:
            raise InvalidArgument(
                "REGISTRY_SHEET_UNKNOWN", "technicians, outlets, assets or stock", field="sheet"
            )
        sheet = _SHEETS[wanted](self._clock, current_actor().person_id)
        sheet.require_keeper()
        return sheet


async def _read(sheet: Sheet[Any], content: bytes) -> Table:
    [table, *_] = await asyncio.to_thread(read_tables, content, sheet.layout.names, LIMITS)
    return table


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _imported(
    sheet: pb.RegistrySheet.ValueType, file_sha256: str, plan: Plan[Any]
) -> pb.RegistryImported:
    return pb.RegistryImported(
        sheet=sheet,
        file_sha256=file_sha256,
        added=plan.count(Outcome.ADDED),
        changed=plan.count(Outcome.CHANGED),
        unchanged=plan.count(Outcome.UNCHANGED),
    )


def _too_large() -> FailedPrecondition:
    return FailedPrecondition(
        "REGISTRY_EXPORT_TOO_LARGE",
        f"a file has at most {LIMITS.rows} rows and {LIMITS.bytes // 1024**2} MiB, or it would not"
        " import again; narrow it down by outlet or customer",
        field="sheet",
    )
