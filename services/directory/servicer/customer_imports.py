"""Customers from files: a preview, then all of it as it was previewed."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, replace

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import InvalidArgument
from kit.ids import new_id
from kit.rpc.events import record, record_all
from kit.spreadsheet import importing
from kit.spreadsheet.importing import Outcome, Plan, PlannedRow
from kit.spreadsheet.reading import read_tables
from kit.spreadsheet.records import Record, Records, read_records
from kit.spreadsheet.table import Table
from protos.directory.v1 import customer_import_pb2 as pb
from protos.directory.v1 import directory_pb2
from protos.directory.v1.customer_import_pb2_grpc import CustomerImportServiceServicer
from services.directory.convert.customer_imports import (
    address_of,
    counts_of,
    problem_to_proto,
    row_to_proto,
)
from services.directory.domain.customer_access import IMPORTS_CUSTOMERS
from services.directory.domain.customer_facts import check_level, settled_tags
from services.directory.domain.customer_import import (
    COLUMNS,
    LIMITS,
    NEEDED,
    SHEETS,
    IncomingCustomer,
    column_of,
    in_chinese,
    incoming,
)
from services.directory.domain.customers import check_customer
from services.directory.domain.fingerprints import phone_text
from services.directory.servicer.base import Context
from services.directory.servicer.customer_base import CustomerKeeping, Placed
from services.directory.store import customers, personal_data
from services.directory.tables.customers import CustomerRow, CustomerTagRow

_FIELD = "known_sha256"


@dataclass(frozen=True, slots=True)
class _File:
    """A file, read into its table."""

    table: Table
    sha256: str


@dataclass(frozen=True, slots=True)
class _Planned:
    """What a file would do, and whom of it the directory knows, by the number of the row."""

    plan: Plan[IncomingCustomer]
    said: dict[int, IncomingCustomer]
    placed: dict[int, Placed]
    known: dict[int, str]
    file_sha256: str
    known_sha256: str


class CustomerImportServicer(CustomerKeeping, CustomerImportServiceServicer):
    """Preview and import."""

    async def PreviewCustomerImport(
        self, request: pb.PreviewCustomerImportRequest, context: Context
    ) -> pb.CustomerImportPreview:
        current_actor().require_role(*IMPORTS_CUSTOMERS)
        planned = await self._plan(await _read(request.content))
        return pb.CustomerImportPreview(
            rows=[
                row_to_proto(
                    row,
                    planned.said[row.number],
                    planned.placed[row.number].place.place_name
                    if row.number in planned.placed
                    else "",
                    planned.known.get(row.number, ""),
                )
                for row in planned.plan.rows
            ],
            problems=[problem_to_proto(problem) for problem in planned.plan.problems],
            file_sha256=planned.file_sha256,
            known_sha256=planned.known_sha256,
            **counts_of(planned.plan),
        )

    async def ImportCustomers(
        self, request: pb.ImportCustomersRequest, context: Context
    ) -> pb.CustomersImported:
        current_actor().require_role(*IMPORTS_CUSTOMERS)
        session, now = current_session(), self._clock.now()
        # Nobody waits while a file is read.
        file = await _read(request.content)
        await customers.hold_imports(session)
        planned = await self._plan(file)
        importing.check_as_previewed(
            (request.file_sha256, request.known_sha256),
            (planned.file_sha256, planned.known_sha256),
            _FIELD,
        )
        importing.check_clean(planned.plan)
        made = [
            await self._new(row, planned)
            for row in planned.plan.rows
            if row.outcome is Outcome.ADDED
        ]
        await customers.register(session, [new for new, _ in made])
        session.add_all([tag for _, tags in made for tag in tags])
        await session.flush()
        created = [
            (
                new.customer.customer_id,
                directory_pb2.CustomerCreated(customer_id=new.customer.customer_id),
            )
            for new, _ in made
        ]
        await record_all("customer", created, occurred_at=now)
        counts = counts_of(planned.plan)
        imported = pb.CustomersImported(
            file_sha256=planned.file_sha256, added=counts["added"], known=counts["known"]
        )
        await record(imported, aggregate=("customer_import", planned.file_sha256), occurred_at=now)
        return imported

    async def _plan(self, file: _File) -> _Planned:
        reading = read_records(file.table, COLUMNS, NEEDED)
        reading = importing.without_repeats(reading, _phone_of, "phone")
        reading = importing.without_repeats(reading, _id_of, "customer_id")
        said = {record.number: incoming(record) for record in reading.records}
        known = await self._known(said)
        placed: dict[int, Placed] = {}
        rows = [
            await self._planned_row(reading, record, said[record.number], known, placed)
            for record in reading.records
        ]
        standing = {str(number): known.get(number, "") for number in said}
        return _Planned(
            Plan(tuple(rows), reading.problems),
            said,
            placed,
            known,
            file.sha256,
            importing.standing_sha256(standing),
        )

    async def _planned_row(
        self,
        reading: Records[IncomingCustomer],
        record: Record,
        one: IncomingCustomer,
        known: dict[int, str],
        placed: dict[int, Placed],
    ) -> PlannedRow[IncomingCustomer]:
        """What a row comes to; where its address is goes into ``placed``."""
        key = str(record.number)
        try:
            check_customer(one.name, one.phone)
            check_level(one.customer_level)
            settled_tags(one.tags, "tags")
            if one.address:
                placed[record.number] = await self._placed(address_of(one), "address")
        except InvalidArgument as error:
            return importing.refused(reading, record, key, in_chinese(error), column_of(error))
        row = importing.planned(reading, record, key, None, one, IncomingCustomer())
        if row.outcome is Outcome.ADDED and record.number in known:
            return replace(row, outcome=Outcome.UNCHANGED, changes=())
        return row

    async def _known(self, said: dict[int, IncomingCustomer]) -> dict[int, str]:
        """Whom of a file the directory knows, by their id or their phone."""
        session = current_session()
        marks = {
            number: await self._keys.fingerprint(phone_text(one.phone))
            for number, one in said.items()
        }
        by_phone = await personal_data.known_phones(session, set(marks.values()))
        ids = {one.customer_id for one in said.values() if one.customer_id}
        by_id = await customers.survivors(session, ids)
        found = {
            number: by_id.get(one.customer_id) or by_phone.get(marks[number], "")
            for number, one in said.items()
        }
        return {number: customer_id for number, customer_id in found.items() if customer_id}

    async def _new(
        self, row: PlannedRow[IncomingCustomer], planned: _Planned
    ) -> tuple[customers.NewCustomer, list[CustomerTagRow]]:
        now, by, one = self._clock.now(), current_actor().person_id, planned.said[row.number]
        customer = CustomerRow(
            customer_id=one.customer_id or new_id("cu", now),
            customer_type=one.customer_type,
            customer_level=one.customer_level or "standard",
            registered_at=now,
            registered_by_person_id=by,
        )
        placed = [planned.placed[row.number]] if row.number in planned.placed else []
        tags = [
            CustomerTagRow(
                customer_id=customer.customer_id,
                tag=tag,
                tag_source="import",
                tagged_at=now,
                tagged_by_person_id=by,
            )
            for tag in settled_tags(one.tags, "tags")
        ]
        return await self._made(customer, one.name, one.phone, placed), tags


def _phone_of(record: Record) -> str:
    phone = str(record.given.get("phone", ""))
    return phone_text(phone).removeprefix("phone:") if phone else ""


def _id_of(record: Record) -> str:
    return str(record.given.get("customer_id", ""))


async def _read(content: bytes) -> _File:
    [table, *_] = await asyncio.to_thread(read_tables, content, SHEETS, LIMITS)
    return _File(table, hashlib.sha256(content).hexdigest())
