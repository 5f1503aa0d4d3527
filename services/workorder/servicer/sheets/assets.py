"""Assets in files: known by their id, or by brand, model and serial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from kit.authn import current_actor
from kit.clock import Clock
from kit.db.session import current_session
from kit.ids import new_id
from kit.rpc.events import record_all
from kit.spreadsheet.importing import Plan, PlannedRow, refused, without_repeats
from kit.spreadsheet.records import Record, Records, read_records
from kit.spreadsheet.table import Table
from protos.workorder.v1 import asset_pb2
from protos.workorder.v1 import registry_pb2 as pb
from services.workorder.convert.assets import assets as protos
from services.workorder.convert.sheets.asset_sheet import (
    LAYOUT,
    line_of,
    machine_of,
    standard_warranty,
    warranty_days_of,
)
from services.workorder.domain.assets import asset, asset_parts
from services.workorder.domain.assets.warranty import WarrantyKind
from services.workorder.servicer.base import Context
from services.workorder.servicer.sheets.base import Planned, Sheet, planned_row, standing
from services.workorder.store.assets import assets
from services.workorder.store.assets.assets import Plate
from services.workorder.tables.assets import AssetRow, AssetWarrantyRow

_IMPORTED: Final = "导入 imported"
#: Stands for the id of an asset that has none yet.
_NEW: Final = "as_new"


class AssetSheet(Sheet[asset_pb2.Asset]):
    """Machines, whose they are, and their standard warranties."""

    layout = LAYOUT

    def __init__(self, clock: Clock, person_id: str) -> None:
        super().__init__(clock, person_id)
        self._by_id: dict[str, AssetRow] = {}
        self._by_plate: dict[Plate, AssetRow] = {}

    def require_keeper(self) -> None:
        """Who keeps assets."""
        current_actor().require_role(*asset.KEEPERS)

    async def plan(self, table: Table, *, lock: bool) -> Planned[asset_pb2.Asset]:
        """What a file would change."""
        if lock:
            await assets.lock_parts(current_session())
        reading = read_records(table, LAYOUT.columns)
        await self._look_up(reading.records, lock=lock)
        reading = without_repeats(reading, self._key_of, "asset_id")
        reading = without_repeats(reading, lambda record: " ".join(_serial_of(record)), "serial")
        before = {row.asset_id: line_of(row) for row in self._by_id.values()}
        rows = [self._row(reading, record, before) for record in reading.records]
        rows = await self._parts_checked(reading, rows)
        keys = [row.key for row in rows]
        return Planned(Plan(tuple(rows), reading.problems), standing(keys, before))

    async def _look_up(self, records: Sequence[Record], *, lock: bool) -> None:
        session = current_session()
        plates = {plate for record in records if (plate := _plate_of(record)).serial}
        self._by_plate = await assets.by_plate(session, plates)
        ids = {str(record.given.get("asset_id", "")) for record in records}
        ids |= {row.asset_id for row in self._by_plate.values()}
        self._by_id = await assets.by_id(session, ids, lock=lock)

    def _key_of(self, record: Record) -> str:
        """The asset that a row is about; of a new one without an id, its rating plate."""
        plate = _plate_of(record)
        known = self._by_plate.get(plate)
        named = str(record.given.get("asset_id", ""))
        return named or (known.asset_id if known else " ".join(_serial_of(record)))

    def _row(
        self,
        reading: Records[asset_pb2.Asset],
        record: Record,
        before: Mapping[str, asset_pb2.Asset],
    ) -> PlannedRow[asset_pb2.Asset]:
        key = self._key_of(record)
        known, given = before.get(key), dict(record.given)
        if known is not None:
            # A row that knows an asset by its plate leaves the id as it is.
            given["asset_id"] = key
        if given.get("name") == "":
            given["name"] = " ".join(filter(None, _plate_of(record)[:2]))
        record = Record(record.number, given, record.problems)
        return planned_row(LAYOUT, reading, record, key, known, self._check)

    def _check(self, line: asset_pb2.Asset) -> None:
        """Refuse what ``RegisterAsset`` and ``ChangeAsset`` would refuse, parts aside."""
        if not (line.asset_id or line.serial):
            raise asset.invalid(
                "serial",
                "a new asset needs a serial, or an id of your choice",
                "新设备要有序列号，或者自定的编号。",
            )
        asset.require_customer(line.customer_id)
        asset.require_machine(machine_of(line), line.asset_id or _NEW)
        warranty_days_of(line)
        other = self._by_plate.get(Plate(line.brand, line.model, line.serial))
        if line.serial and other is not None and other.asset_id != line.asset_id:
            raise asset.invalid(
                "serial",
                f"asset {other.asset_id} has this serial",
                f"设备 {other.asset_id} 已有这个序列号。",
            )
        row = self._by_id.get(line.asset_id)
        if row is not None and row.retired_at is not None:
            raise asset.invalid(
                "asset_id", "the asset is retired and changes no more", "设备已停用，不能再改。"
            )

    async def _parts_checked(
        self,
        reading: Records[asset_pb2.Asset],
        rows: list[PlannedRow[asset_pb2.Asset]],
    ) -> list[PlannedRow[asset_pb2.Asset]]:
        """The rows, told where one names a whole that there is not, or would be a part of itself."""
        said = {row.key: row.after.parent_asset_id for row in rows if row.after is not None}
        named = set(filter(None, said.values()))
        known = await assets.lines_above(current_session(), named)
        wrong = asset_parts.problems(known, said)
        return [
            refused(
                reading,
                Record(row.number, {}, row.problems),
                row.key,
                wrong[row.key],
                "parent_asset_id",
            )
            if row.after is not None and row.key in wrong
            else row
            for row in rows
        ]

    async def keep(self, things: Sequence[asset_pb2.Asset], context: Context) -> None:
        """Register the new ones, change and move the others, give and void standard warranties."""
        session = current_session()
        parents = {each.asset_id: each.parent_asset_id for each in things if each.asset_id}
        touched: list[AssetRow] = []
        moved: list[AssetRow] = []
        for line in sorted(things, key=lambda each: _place(each.parent_asset_id, parents)):
            row = self._by_id.get(line.asset_id)
            whose = (line.customer_id, line.address_id)
            if row is None:
                new = line.asset_id or new_id("as", self._now)
                row = protos.new_row(new, machine_of(line), whose, self._now, self._person_id)
                session.add(row)
                moved.append(row)
            else:
                if (row.customer_id, row.address_id) != whose:
                    moved.append(row)
                protos.be(row, machine_of(line))
                row.customer_id, row.address_id = whose
                row.revision += 1
                row.put_at, row.put_by_person_id = self._now, self._person_id
            touched.append(row)
            self._warrant(row, line)
        await session.flush()
        await assets.moved(session, moved, _IMPORTED)
        told = [
            (row.asset_id, asset_pb2.AssetChanged(asset=protos.asset_to_proto(row, self._now)))
            for row in touched
        ]
        await record_all("asset", told, occurred_at=self._now)

    def _warrant(self, row: AssetRow, line: asset_pb2.Asset) -> None:
        """Have the asset's standard warranty be the one that the row says; the one before is voided."""
        days, terms = warranty_days_of(line), ""
        if days is not None:
            terms = line.warranties[0].terms_code
        standing_one = standard_warranty(row)
        if standing_one is not None:
            if (
                days == (standing_one.first_day, standing_one.last_day)
                and terms == standing_one.terms_code
            ):
                return
            _void(standing_one, self._now, self._person_id)
        if days is not None:
            row.warranties.append(
                protos.warranty_row(
                    row.asset_id, WarrantyKind.STANDARD, days, terms, self._now, self._person_id
                )
            )

    async def exported(
        self, request: pb.ExportRegistryRequest, limit: int
    ) -> list[asset_pb2.Asset]:
        """All that are in use, or a customer's."""
        wanted = assets.Wanted(customer_id=request.customer_id)
        return [line_of(row) for row in await assets.page(current_session(), wanted, "", limit)]


def _place(parent: str, parents: Mapping[str, str]) -> int:
    """Where a new asset comes among others: after what it is a part of."""
    return 1 + (asset_parts.depth(parent, parents) or 0) if parent else 0


def _plate_of(record: Record) -> Plate:
    return Plate(*(str(record.given.get(name, "")) for name in Plate._fields))


def _serial_of(record: Record) -> Sequence[str]:
    """The plate, if it has a serial."""
    plate = _plate_of(record)
    return plate if plate.serial else ()


def _void(row: AssetWarrantyRow, now: datetime, person_id: str) -> None:
    row.voided_at, row.voided_by_person_id, row.void_reason = now, person_id, _IMPORTED
