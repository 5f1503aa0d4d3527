"""Zones."""

from __future__ import annotations

from kit.authn import current_actor
from kit.coordinates import GCJ_02, check_point
from kit.db.session import current_session
from kit.errors import NotFound
from kit.rpc.convert import instant_to_proto, page_info, page_size
from protos.directory.v1 import directory_pb2 as pb
from services.directory.convert.places import point_from_proto
from services.directory.convert.zones import (
    shape_from_proto,
    shape_from_row,
    zone_from_row,
    zone_to_proto,
)
from services.directory.domain.people import STAFF_ROLES
from services.directory.domain.versions import check_version, shown
from services.directory.domain.zones import ZoneShape, check_zone
from services.directory.servicer.base import (
    KEEPS_PLACES,
    Context,
    Rpcs,
    asked_beginning,
    asked_instant,
    page_start,
    record_event,
)
from services.directory.store import places
from services.directory.store.rows import add
from services.directory.tables.places import ZoneRow


class ZoneRpcs(Rpcs):
    """Zones."""

    async def PutZone(self, request: pb.PutZoneRequest, context: Context) -> pb.Zone:
        current_actor().require_role(*KEEPS_PLACES)
        wanted, shape = request.zone, shape_from_proto(request.zone)
        check_zone(wanted.zone_code, wanted.name, shape)
        return await self._edit(request, wanted.zone_code, wanted.name, shape)

    async def EndZone(self, request: pb.EndZoneRequest, context: Context) -> pb.Zone:
        current_actor().require_role(*KEEPS_PLACES)
        return await self._edit(request, request.zone_code, "", None)

    async def GetZone(self, request: pb.GetZoneRequest, context: Context) -> pb.GetZoneResponse:
        current_actor().require_role(*STAFF_ROLES)
        atlas = await self._atlas()
        versions = atlas.zone_versions(request.zone_code)
        at = asked_instant(request, "at", self._clock.now())
        zone = shown(versions, at, or_another=not request.HasField("at"))
        if zone is None:
            raise _unknown(request.zone_code)
        row = await places.zone_version(current_session(), zone.zone_code, zone.version)
        return pb.GetZoneResponse(
            zone=zone_to_proto(zone, versions, shape_from_row(row)),
            versions=[zone_to_proto(each, versions) for each in reversed(versions)],
        )

    async def ListZones(
        self, request: pb.ListZonesRequest, context: Context
    ) -> pb.ListZonesResponse:
        current_actor().require_role(*STAFF_ROLES)
        after, size = page_start(request.page), page_size(request.page)
        at, atlas = asked_instant(request, "at", self._clock.now()), await self._atlas()
        zones = atlas.zones(at)
        if request.HasField("around"):
            point = check_point(point_from_proto(request.around), "around")
            zones = sorted(atlas.zones_around(point, at), key=lambda zone: zone.zone_code)
        found = [
            zone
            for zone in zones
            if zone.zone_code > after
            and (request.name_contains in zone.name or request.name_contains in zone.zone_code)
        ]
        return pb.ListZonesResponse(
            zones=[
                zone_to_proto(zone, atlas.zone_versions(zone.zone_code)) for zone in found[:size]
            ],
            page=page_info([zone.zone_code for zone in found[: size + 1]], size),
        )

    async def _edit(
        self,
        request: pb.PutZoneRequest | pb.EndZoneRequest,
        zone_code: str,
        name: str,
        shape: ZoneShape | None,
    ) -> pb.Zone:
        """Keep the next version of a zone; without a shape it ends."""
        session, now = current_session(), self._clock.now()
        effective_from = asked_beginning(request, now)
        revision = await places.next_revision(session)
        before = await places.newest_zone(session, zone_code)
        if shape is None and (before is None or before.parts is None):
            raise _unknown(zone_code)
        check_version(request.version, before.version if before else 0)
        row = ZoneRow(
            zone_code=zone_code,
            version=before.version + 1 if before else 1,
            effective_from=effective_from,
            name=name or (before.name if before else ""),
            coordinate_system=shape.coordinate_system if shape else GCJ_02,
            parts=shape.parts if shape else None,
            revision=revision,
            put_at=now,
            put_by_person_id=current_actor().person_id,
        )
        await add(session, row)
        edited = pb.PlacesEdited(
            zone_code=zone_code, effective_from=instant_to_proto(effective_from)
        )
        await record_event(edited, "zone", zone_code, now)
        zone, _ = zone_from_row(row)
        return zone_to_proto(zone, [zone], shape)


def _unknown(zone_code: str) -> NotFound:
    return NotFound("ZONE_UNKNOWN", f"there is no zone {zone_code!r}", field="zone_code")
