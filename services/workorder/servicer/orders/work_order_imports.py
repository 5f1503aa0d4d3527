"""``WorkOrderImportService``: open work orders of another system, from files."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from kit.authn import current_actor
from kit.clock import Clock
from kit.db.session import current_session
from kit.errors import InvalidArgument
from kit.rpc.events import record
from kit.spreadsheet.importing import (
    Outcome,
    Plan,
    PlannedRow,
    check_as_previewed,
    check_clean,
    refused,
    standing_sha256,
    without_repeats,
)
from kit.spreadsheet.reading import read_tables
from kit.spreadsheet.records import Record, Records, read_records
from kit.spreadsheet.table import Limits
from protos.workorder.v1 import work_order_import_pb2 as pb
from protos.workorder.v1 import workorder_pb2
from protos.workorder.v1.work_order_import_pb2_grpc import WorkOrderImportServiceServicer
from services.workorder.convert.orders.work_orders import row_from_proto
from services.workorder.convert.sheets.work_order_sheet import (
    LAYOUT,
    Spot,
    place_told,
    preview_to_proto,
    resolved_of,
)
from services.workorder.domain import access
from services.workorder.servicer.base import Context, Rpcs
from services.workorder.servicer.orders.work_orders import WorkOrderServicer
from services.workorder.servicer.sheets.base import planned_row
from services.workorder.store.orders import work_order_imports

#: Each row is a work order of its own, with its history and its event.
_LIMITS: Final = Limits(rows=500)

_Creation = workorder_pb2.CreateWorkOrderRequest


@dataclass(frozen=True, slots=True)
class _Planned:
    """What a file would create."""

    plan: Plan[_Creation]
    unresolved: frozenset[Spot]
    sha256: Mapping[str, str]


class WorkOrderImportServicer(Rpcs, WorkOrderImportServiceServicer):
    """Takes open work orders over."""

    def __init__(self, clock: Clock, work_orders: WorkOrderServicer) -> None:
        super().__init__(clock)
        self._work_orders = work_orders

    async def PreviewWorkOrderImport(
        self, request: pb.PreviewWorkOrderImportRequest, context: Context
    ) -> pb.WorkOrderImportPreview:
        current_actor().require_role(*access.INTAKE)
        planned = await self._plan(request.content, resolved_of(request.places))
        return preview_to_proto(planned.plan, planned.unresolved, planned.sha256)

    async def ImportWorkOrders(
        self, request: pb.ImportWorkOrdersRequest, context: Context
    ) -> pb.WorkOrdersImported:
        current_actor().require_role(*access.INTAKE)
        await work_order_imports.hold_still(current_session())
        planned = await self._plan(request.content, resolved_of(request.places))
        check_as_previewed(
            (request.file_sha256, request.registry_sha256),
            (planned.sha256["file"], planned.sha256["registry"]),
            "registry_sha256",
        )
        check_clean(planned.plan)
        made = [
            await self._work_orders.CreateWorkOrder(creation, context)
            for creation in planned.plan.written()
        ]
        imported = pb.WorkOrdersImported(
            file_sha256=planned.sha256["file"],
            added=len(made),
            unchanged=planned.plan.count(Outcome.UNCHANGED),
            work_order_ids=[order.work_order_id for order in made],
        )
        await record(
            imported,
            aggregate=("work_order_import", planned.sha256["file"]),
            occurred_at=self._clock.now(),
        )
        return imported

    async def _plan(self, content: bytes, places: Mapping[Spot, pb.ResolvedPlace]) -> _Planned:
        [table, *_] = await asyncio.to_thread(read_tables, content, LAYOUT.names, _LIMITS)
        reading = read_records(table, LAYOUT.columns, {LAYOUT.key})
        reading = without_repeats(reading, _number_of, LAYOUT.key)
        numbers = [_number_of(record) for record in reading.records]
        known = await work_order_imports.known_numbers(current_session(), numbers)
        rows = [self._row(reading, record, places, known) for record in reading.records]
        spots = {_spot_of(record) for record in reading.records}
        stands = {number: "known" if number in known else "" for number in numbers}
        stands |= {
            f"{spot.address_id} {spot.adcode}": place_told(place.place)
            for spot, place in places.items()
        }
        sha256 = {
            "file": hashlib.sha256(content).hexdigest(),
            "registry": standing_sha256(stands),
        }
        unresolved = frozenset(spots - set(places) - {Spot("", "")})
        return _Planned(Plan(tuple(rows), reading.problems), unresolved, sha256)

    def _row(
        self,
        reading: Records[_Creation],
        record: Record,
        places: Mapping[Spot, pb.ResolvedPlace],
        known: Collection[str],
    ) -> PlannedRow[_Creation]:
        number, spot = _number_of(record), _spot_of(record)
        if number in known and not record.problems:
            return PlannedRow(record.number, number, None, Outcome.UNCHANGED)
        found = places.get(spot)
        given = {name: value for name, value in record.given.items() if name != "place.adcode"}
        if found is not None and found.HasField("place"):
            given["place"] = found.place
        elif found is not None:
            error = InvalidArgument(
                found.reason or "PLACE_UNKNOWN", found.message, details={"zh": "这个地点无法识别。"}
            )
            at = "address_id" if spot.address_id else "place.adcode"
            return refused(reading, record, number, error, at)
        told = Record(record.number, given, record.problems)
        return planned_row(LAYOUT, reading, told, number, None, self._check)

    def _check(self, creation: _Creation) -> None:
        """Refuse what ``CreateWorkOrder`` would refuse of it by itself."""
        if not creation.source_ref:
            raise InvalidArgument(
                "WORK_ORDER_INVALID",
                "a work order of another system has its number there",
                field="source_ref",
                details={"zh": "请填写原系统的单号。"},
            )
        row_from_proto(creation, self._clock.now(), current_actor().person_id)


def _number_of(record: Record) -> str:
    return str(record.given.get(LAYOUT.key, ""))


def _spot_of(record: Record) -> Spot:
    address_id = str(record.given.get("address_id", ""))
    return Spot(address_id, "" if address_id else str(record.given.get("place.adcode", "")))
