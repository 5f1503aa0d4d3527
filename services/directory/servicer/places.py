"""Places, zones and city tiers."""

from __future__ import annotations

from typing import Final

from kit.authn import current_actor
from kit.clock import SHANGHAI
from kit.db.session import current_session
from kit.errors import InvalidArgument
from protos.common.v1 import place_pb2
from protos.directory.v1 import directory_pb2 as pb
from services.directory.convert.places import (
    location_from_proto,
    place_to_proto,
    zone_from_proto,
    zone_to_proto,
)
from services.directory.domain.people import STAFF_ROLES
from services.directory.domain.zones import check_boundary
from services.directory.servicer.base import Context, Rpcs
from services.directory.store import customers, places
from services.directory.store.rows import put
from services.directory.tables import CityTierRow

_KEEPS_PLACES: Final = ("pricing_manager", "hq", "admin")


class PlaceRpcs(Rpcs):
    """Places, zones and city tiers."""

    async def ResolvePlace(
        self, request: pb.ResolvePlaceRequest, context: Context
    ) -> place_pb2.Place:
        current_actor().require_role(*STAFF_ROLES)
        if request.address_id:
            row = await customers.address(current_session(), request.address_id)
            return place_to_proto(row)
        point = location_from_proto(request)
        return place_to_proto(await self._resolve(request.adcode, point, "adcode"))

    async def ListPlaces(
        self, request: pb.ListPlacesRequest, context: Context
    ) -> pb.ListPlacesResponse:
        today = self._clock.now().astimezone(SHANGHAI).date()
        table = self._place_table
        return pb.ListPlacesResponse(
            places=[
                pb.NamedPlace(
                    adcode=place.adcode,
                    name=place.name,
                    divided=bool(table.within(place.adcode, today)),
                )
                for place in table.within(request.parent_adcode, today)
            ]
        )

    async def PutZone(self, request: pb.PutZoneRequest, context: Context) -> pb.Zone:
        current_actor().require_role(*_KEEPS_PLACES)
        row, boundary = zone_from_proto(request.zone)
        check_boundary(boundary)
        if not row.zone_code or not row.name:
            raise InvalidArgument(
                "ZONE_NAME_MISSING", "a zone needs a code and a name", field="zone"
            )
        return zone_to_proto(await put(current_session(), row))

    async def ListZones(
        self, request: pb.ListZonesRequest, context: Context
    ) -> pb.ListZonesResponse:
        current_actor().require_role(*STAFF_ROLES)
        zones = await places.zones(current_session())
        return pb.ListZonesResponse(zones=[zone_to_proto(row) for row in zones])

    async def PutCityTier(self, request: pb.PutCityTierRequest, context: Context) -> pb.CityTier:
        current_actor().require_role(*_KEEPS_PLACES)
        wanted = request.city_tier
        self._path(wanted.adcode, self._clock.now(), "city_tier.adcode")
        if not wanted.city_tier:
            raise InvalidArgument(
                "CITY_TIER_MISSING", "name a tier, such as tier1", field="city_tier.city_tier"
            )
        row = CityTierRow(adcode=wanted.adcode, city_tier=wanted.city_tier)
        await put(current_session(), row)
        return wanted
