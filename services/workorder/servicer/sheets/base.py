"""What every sheet of the registry does."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from google.protobuf.message import Message

from kit.clock import Clock
from kit.errors import ServiceError
from kit.spreadsheet.importing import (
    Plan,
    PlannedRow,
    planned,
    refused,
    standing_sha256,
    without_repeats,
)
from kit.spreadsheet.records import Record, Records, read_records
from kit.spreadsheet.table import Table
from protos.workorder.v1 import registry_pb2 as pb
from services.workorder.convert.sheets.sheets import Layout, said_of
from services.workorder.servicer.base import Context

M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True)
class Planned(Generic[M]):
    """What a file would change, and how what it speaks of stands."""

    plan: Plan[M]
    registry_sha256: str


class Sheet(ABC, Generic[M]):
    """One sheet, for one request."""

    layout: Layout[M]

    def __init__(self, clock: Clock, person_id: str) -> None:
        self._clock = clock
        self._now = clock.now()
        self._person_id = person_id

    @abstractmethod
    def require_keeper(self) -> None:
        """Refuse an actor who may not import this (``ROLE_REQUIRED``)."""

    @abstractmethod
    async def plan(self, table: Table, *, lock: bool) -> Planned[M]:
        """What a file would change.

        Args:
            lock: nobody else changes what it speaks of until the transaction ends.
        """

    @abstractmethod
    async def keep(self, things: Sequence[M], context: Context) -> None:
        """Write what a plan adds and changes, and tell the world."""

    @abstractmethod
    async def exported(self, request: pb.ExportRegistryRequest, limit: int) -> list[M]:
        """What a file shall hold."""


class KeyedSheet(Sheet[M]):
    """A sheet whose rows all name the id of what they are about."""

    @abstractmethod
    async def before(self, keys: Collection[str], *, lock: bool) -> Mapping[str, M]:
        """What there is of these, by id."""

    @abstractmethod
    def check(self, message: M) -> None:
        """Refuse what cannot be kept (``InvalidArgument``)."""

    async def plan(self, table: Table, *, lock: bool) -> Planned[M]:
        """What a file would change, by the ids in it."""
        layout = self.layout
        reading = read_records(table, layout.columns, {layout.key})
        reading = without_repeats(reading, self._key_of, layout.key)
        keys = [self._key_of(record) for record in reading.records]
        before = await self.before(keys, lock=lock)
        rows = [
            planned_row(layout, reading, record, key, before.get(key), self.check)
            for key, record in zip(keys, reading.records, strict=True)
        ]
        return Planned(Plan(tuple(rows), reading.problems), standing(keys, before))

    def _key_of(self, record: Record) -> str:
        return str(record.given.get(self.layout.key, ""))


def planned_row(
    layout: Layout[M],
    reading: Records[M],
    record: Record,
    key: str,
    before: M | None,
    check: Callable[[M], None],
) -> PlannedRow[M]:
    """A row with the thing as it would be, or with what is wrong with it."""
    blank = layout.blank()
    after = said_of(blank if before is None else before, record.given)
    try:
        check(after)
    except ServiceError as error:
        return refused(reading, record, key, error, layout.field_of(error.field))
    return planned(reading, record, key, before, after, blank)


def standing(keys: Collection[str], before: Mapping[str, Message]) -> str:
    """How things stand, by all that there is to tell of them."""
    stands = dict.fromkeys(keys, "")
    for key, message in before.items():
        whole = message.SerializeToString(deterministic=True)
        stands[key] = hashlib.sha256(whole).hexdigest()
    return standing_sha256(stands)
