"""What the RPCs of every noun share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final

from google.protobuf.message import Message
from grpc.aio import ServicerContext

from kit.clock import SHANGHAI, Clock
from kit.coordinates import Point
from kit.db.session import current_session
from kit.rpc.convert import decode_page_token, instant_from_proto
from kit.rpc.events import record
from protos.common.v1 import page_pb2
from services.directory import vault
from services.directory.convert.regions import macro_regions_from_row, tier_from_row
from services.directory.convert.zones import zone_from_row
from services.directory.domain.people import check_active
from services.directory.domain.places import COUNTRY, PlaceTable, ResolvedPlace
from services.directory.domain.versions import begin
from services.directory.index import Atlas
from services.directory.store import people, places
from services.directory.tables.people import PersonRow
from services.directory.tables.places import CityTierRow, MacroRegionsRow, ZoneRow

Context = ServicerContext[Any, Any]

KEEPS_PEOPLE: Final = ("hq", "admin")
KEEPS_PLACES: Final = ("pricing_manager", "hq", "admin")


class Rpcs:
    """What a noun's RPCs are served with."""

    def __init__(self, clock: Clock, place_table: PlaceTable, keys: vault.KeyService) -> None:
        self._clock = clock
        self._place_table = place_table
        self._keys = keys
        self._atlas_so_far = Atlas()

    async def _atlas(self) -> Atlas:
        """What the company says of places, with every edit that this transaction sees."""
        known, session = self._atlas_so_far, current_session()
        revision = await places.revision(session)
        if revision > known.revision:
            seen = (known.revision, revision)
            known = known.extended(
                revision,
                map(zone_from_row, await places.edited_since(session, ZoneRow, *seen)),
                map(tier_from_row, await places.edited_since(session, CityTierRow, *seen)),
                map(
                    macro_regions_from_row,
                    await places.edited_since(session, MacroRegionsRow, *seen),
                ),
            )
            self._atlas_so_far = max(self._atlas_so_far, known, key=lambda each: each.revision)
        return known

    async def _resolve(
        self, adcode: str, point: Point | None, at: datetime, field: str
    ) -> ResolvedPlace:
        """Where an adcode, and a point when there is one, lie at an instant.

        Raises:
            InvalidArgument: ``PLACE_UNKNOWN`` or ``PLACE_AMBIGUOUS``, naming ``field``.
        """
        atlas = await self._atlas()
        path, name = self._path_and_name(atlas, adcode, at, field)
        around = atlas.zones_around(point, at) if point else ()
        return ResolvedPlace(
            adcode=path[0],
            adcode_path=path,
            zone_codes=tuple(zone.zone_code for zone in around),
            city_tier=atlas.nearest_tier(path, at),
            place_name=name,
            resolved_at=at,
            zones_known=point is not None,
            former_adcode=adcode if adcode != path[0] else "",
        )

    def _path_and_name(
        self, atlas: Atlas, adcode: str, at: datetime, field: str
    ) -> tuple[tuple[str, ...], str]:
        macro_regions, on = atlas.macro_regions(at), shanghai_day(at)
        if macro_regions and (region := macro_regions.find(adcode)):
            return (region.code, COUNTRY), region.name
        place = self._place_table.current(adcode, on, field)
        path = self._place_table.path(place.adcode, on)
        name = self._place_table.name(place.adcode, on)
        return macro_regions.above(path) if macro_regions else path, name

    async def _path(self, adcode: str, at: datetime, field: str) -> tuple[str, ...]:
        return self._path_and_name(await self._atlas(), adcode, at, field)[0]

    def _renewed(self, codes: Iterable[str]) -> list[str]:
        """The codes of regions, as they are today."""
        return self._place_table.renewed(codes, shanghai_day(self._clock.now()))

    async def _check_regions(self, adcodes: Sequence[str], now: datetime, holder: str) -> None:
        for number, adcode in enumerate(adcodes):
            await self._path(adcode, now, f"{holder}.region_adcodes[{number}]")


def shanghai_day(at: datetime) -> date:
    """The day of an instant where the places are."""
    return at.astimezone(SHANGHAI).date()


def asked_instant(message: Message, field: str, now: datetime) -> datetime:
    """An instant of a request; now, when it says none.

    Raises:
        InvalidArgument: ``INSTANT_INVALID``.
    """
    if not message.HasField(field):
        return now
    return instant_from_proto(getattr(message, field), field)


def asked_beginning(message: Message, now: datetime) -> datetime:
    """Since when an edit of a request holds.

    Raises:
        InvalidArgument: ``INSTANT_INVALID`` or ``EFFECTIVE_FROM_PAST``.
    """
    return begin(asked_instant(message, "effective_from", now), now)


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
