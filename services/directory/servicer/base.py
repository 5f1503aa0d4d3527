"""What the RPCs of every noun share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from google.protobuf.message import Message
from grpc.aio import ServicerContext

from kit.clock import SHANGHAI, Clock
from kit.db.session import current_session
from kit.rpc.convert import decode_page_token
from kit.rpc.events import record
from protos.common.v1 import page_pb2
from protos.directory.v1.directory_pb2_grpc import DirectoryServiceServicer
from services.directory import vault
from services.directory.convert.places import zone_shape
from services.directory.domain.coordinates import Point
from services.directory.domain.people import check_active
from services.directory.domain.places import PlaceTable, ResolvedPlace, city_tier
from services.directory.domain.zones import zones_at
from services.directory.store import people, places
from services.directory.tables import PersonRow

Context = ServicerContext[Any, Any]

KEEPS_PEOPLE: Final = ("hq", "admin")


class Rpcs(DirectoryServiceServicer):
    """What a noun's RPCs are served with."""

    def __init__(self, clock: Clock, place_table: PlaceTable, keys: vault.KeyService) -> None:
        self._clock = clock
        self._place_table = place_table
        self._keys = keys

    def _path(self, adcode: str, now: datetime, field: str) -> tuple[str, ...]:
        return self._place_table.path(adcode, now.astimezone(SHANGHAI).date(), field)

    def _check_regions(self, adcodes: Sequence[str], now: datetime, holder: str) -> None:
        for number, adcode in enumerate(adcodes):
            self._path(adcode, now, f"{holder}.region_adcodes[{number}]")

    async def _resolve(self, adcode: str, point: Point | None, field: str) -> ResolvedPlace:
        session = current_session()
        path = self._path(adcode, self._clock.now(), field)
        tiers = await places.city_tiers(session, path)
        zone_codes: tuple[str, ...] = ()
        if point is not None:
            zone_codes = zones_at(point, map(zone_shape, await places.zones(session)))
        return ResolvedPlace(
            path[0], path, zone_codes, city_tier(path, tiers), self._place_table.name(path)
        )


async def record_event(event: Message, noun: str, noun_id: str, now: datetime) -> None:
    """Say what happened to one thing, in the transaction of the effect."""
    await record(event, aggregate=(noun, noun_id), occurred_at=now)


async def active_person(person_id: str, field: str) -> PersonRow:
    """One person who is here.

    Raises:
        NotFound: ``PERSON_UNKNOWN``, naming ``field``.
        FailedPrecondition: ``PERSON_LEFT``, naming ``field``.
    """
    row = await people.person(current_session(), person_id, field)
    check_active(person_id, row.leaving, field)
    return row


def page_start(page: page_pb2.PageRequest) -> str:
    """The id that a page starts after; empty for the first one."""
    token = decode_page_token(page, parts=1)
    return token[0] if token else ""
