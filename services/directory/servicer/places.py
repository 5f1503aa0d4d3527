"""Places: what lies where, as of when, and what an address text names."""

from __future__ import annotations

from collections.abc import Sequence

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import InvalidArgument
from protos.common.v1 import place_pb2
from protos.directory.v1 import directory_pb2 as pb
from services.directory.convert.places import (
    location_from_proto,
    parsed_to_proto,
    place_to_proto,
    point_from_row,
)
from services.directory.domain.address_text import chosen, parse_address
from services.directory.domain.people import STAFF_ROLES
from services.directory.domain.places import PlaceRecord
from services.directory.index import load_names
from services.directory.servicer.base import Context, Rpcs, asked_instant, shanghai_day
from services.directory.store import customers


class PlaceRpcs(Rpcs):
    """Places."""

    async def ResolvePlace(
        self, request: pb.ResolvePlaceRequest, context: Context
    ) -> place_pb2.Place:
        current_actor().require_role(*STAFF_ROLES)
        at = asked_instant(request, "at", self._clock.now())
        if request.address_id:
            row = await customers.address(current_session(), request.address_id)
            point = point_from_row(row)
            return place_to_proto(await self._resolve(row.adcode, point, at, "address_id"))
        point = location_from_proto(request)
        if not request.address_text:
            return place_to_proto(await self._resolve(request.adcode, point, at, "adcode"))
        if request.adcode:
            raise InvalidArgument(
                "PLACE_ASKED_TWICE", "give an adcode or an address text", field="address_text"
            )
        parsed = parse_address(request.address_text, load_names(shanghai_day(at)))
        adcode = chosen(parsed, "address_text").place.adcode
        return place_to_proto(await self._resolve(adcode, point, at, "address_text"))

    async def ParseAddress(
        self, request: pb.ParseAddressRequest, context: Context
    ) -> pb.ParseAddressResponse:
        current_actor().require_role(*STAFF_ROLES)
        at = asked_instant(request, "at", self._clock.now())
        return parsed_to_proto(parse_address(request.address_text, load_names(shanghai_day(at))))

    async def ListPlaces(
        self, request: pb.ListPlacesRequest, context: Context
    ) -> pb.ListPlacesResponse:
        at = asked_instant(request, "at", self._clock.now())
        on, table = shanghai_day(at), self._place_table
        macro_regions = (await self._atlas()).macro_regions(at)
        region = macro_regions.find(request.parent_adcode) if macro_regions else None
        found: Sequence[PlaceRecord] = table.within("" if region else request.parent_adcode, on)
        return pb.ListPlacesResponse(
            places=[
                pb.NamedPlace(
                    adcode=place.adcode,
                    name=place.name,
                    divided=bool(table.within(place.adcode, on)),
                )
                for place in found
                if region is None or place.adcode in region.provinces
            ]
        )
