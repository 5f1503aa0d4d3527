"""City tiers and macro-regions."""

from __future__ import annotations

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import NotFound
from kit.rpc.convert import instant_to_proto, page_info, page_size
from protos.directory.v1 import directory_pb2 as pb
from services.directory.convert.regions import (
    macro_regions_to_proto,
    macro_regions_to_row,
    regions_from_proto,
    tier_to_proto,
    tier_to_row,
)
from services.directory.domain.city_tiers import CityTier, check_city_tier
from services.directory.domain.macro_regions import MacroRegions, check_macro_regions
from services.directory.domain.people import STAFF_ROLES
from services.directory.domain.versions import check_version
from services.directory.index import Atlas
from services.directory.servicer.base import (
    KEEPS_PLACES,
    Context,
    Rpcs,
    asked_beginning,
    asked_instant,
    page_start,
    record_event,
    shanghai_day,
)
from services.directory.store import places
from services.directory.store.rows import add


class RegionRpcs(Rpcs):
    """City tiers and macro-regions."""

    async def PutCityTier(self, request: pb.PutCityTierRequest, context: Context) -> pb.CityTier:
        current_actor().require_role(*KEEPS_PLACES)
        session, now, wanted = current_session(), self._clock.now(), request.city_tier
        check_city_tier(wanted.city_tier)
        effective_from = asked_beginning(request, now)
        atlas = await self._atlas()
        path, name = self._path_and_name(atlas, wanted.adcode, effective_from, "city_tier.adcode")
        revision = await places.next_revision(session)
        newest = await places.newest_tier_version(session, path[0])
        check_version(request.version, newest)
        tier = CityTier(
            adcode=path[0],
            version=newest + 1,
            effective_from=effective_from,
            city_tier=wanted.city_tier,
            put_at=now,
            put_by_person_id=current_actor().person_id,
        )
        await add(session, tier_to_row(tier, revision))
        edited = pb.PlacesEdited(
            tier_of_adcode=tier.adcode, effective_from=instant_to_proto(effective_from)
        )
        await record_event(edited, "city_tier", tier.adcode, now)
        return tier_to_proto(tier, [tier], name)

    async def ListCityTiers(
        self, request: pb.ListCityTiersRequest, context: Context
    ) -> pb.ListCityTiersResponse:
        current_actor().require_role(*STAFF_ROLES)
        atlas, now = await self._atlas(), self._clock.now()
        if adcode := request.history_of_adcode:
            versions = reversed(atlas.tier_versions(adcode))
            return pb.ListCityTiersResponse(
                city_tiers=[self._tier_to_proto(atlas, tier) for tier in versions]
            )
        after, size = page_start(request.page), page_size(request.page)
        tiers = atlas.tiers(asked_instant(request, "at", now))
        found = [tier for tier in tiers if tier.adcode > after]
        return pb.ListCityTiersResponse(
            city_tiers=[self._tier_to_proto(atlas, tier) for tier in found[:size]],
            page=page_info([tier.adcode for tier in found[: size + 1]], size),
        )

    async def PutMacroRegions(
        self, request: pb.PutMacroRegionsRequest, context: Context
    ) -> pb.MacroRegions:
        current_actor().require_role(*KEEPS_PLACES)
        session, now = current_session(), self._clock.now()
        effective_from = asked_beginning(request, now)
        provinces = self._place_table.within("", shanghai_day(effective_from))
        regions = regions_from_proto(request)
        check_macro_regions(regions, {place.adcode: place.name for place in provinces})
        revision = await places.next_revision(session)
        newest = await places.newest_macro_regions_version(session)
        check_version(request.version, newest)
        table = MacroRegions(newest + 1, effective_from, regions, now, current_actor().person_id)
        await add(session, macro_regions_to_row(table, revision))
        edited = pb.PlacesEdited(
            macro_regions_version=table.version, effective_from=instant_to_proto(effective_from)
        )
        await record_event(edited, "macro_regions", "CN", now)
        return macro_regions_to_proto(table)

    async def GetMacroRegions(
        self, request: pb.GetMacroRegionsRequest, context: Context
    ) -> pb.MacroRegions:
        current_actor().require_role(*STAFF_ROLES)
        atlas = await self._atlas()
        found = atlas.macro_regions(asked_instant(request, "at", self._clock.now()))
        if request.version:
            every = atlas.macro_region_versions
            found = next((each for each in every if each.version == request.version), None)
        if found is None:
            raise NotFound(
                "MACRO_REGIONS_UNKNOWN", "there was no such table of macro-regions", field="version"
            )
        return macro_regions_to_proto(found)

    def _tier_to_proto(self, atlas: Atlas, tier: CityTier) -> pb.CityTier:
        _, name = self._path_and_name(atlas, tier.adcode, tier.put_at, "adcode")
        return tier_to_proto(tier, atlas.tier_versions(tier.adcode), name)
