"""City tiers and macro-regions, between messages, rows and decisions."""

from __future__ import annotations

from collections.abc import Sequence

from kit.rpc.convert import instant_to_proto
from protos.directory.v1 import directory_pb2 as pb
from services.directory.domain.city_tiers import CityTier
from services.directory.domain.macro_regions import MacroRegion, MacroRegions
from services.directory.domain.versions import holds_until
from services.directory.tables.places import CityTierRow, MacroRegionsRow


def tier_to_row(tier: CityTier, revision: int) -> CityTierRow:
    """A version of a tier as it will be kept."""
    return CityTierRow(
        adcode=tier.adcode,
        version=tier.version,
        effective_from=tier.effective_from,
        city_tier=tier.city_tier,
        revision=revision,
        put_at=tier.put_at,
        put_by_person_id=tier.put_by_person_id,
    )


def tier_from_row(row: CityTierRow) -> CityTier:
    """A version of a tier."""
    return CityTier(
        row.adcode, row.version, row.effective_from, row.city_tier, row.put_at, row.put_by_person_id
    )


def tier_to_proto(tier: CityTier, versions: Sequence[CityTier], place_name: str) -> pb.CityTier:
    """A version of a tier on the wire, given all its versions and its place in words."""
    return pb.CityTier(
        adcode=tier.adcode,
        city_tier=tier.city_tier,
        version=tier.version,
        effective_from=instant_to_proto(tier.effective_from),
        effective_until=instant_to_proto(holds_until(tier, versions)),
        place_name=place_name,
        put_at=instant_to_proto(tier.put_at),
        put_by_person_id=tier.put_by_person_id,
    )


def regions_from_proto(message: pb.PutMacroRegionsRequest) -> tuple[MacroRegion, ...]:
    """The table of macro-regions as it is wanted."""
    return tuple(
        MacroRegion(region.macro_region_code, region.name, tuple(region.province_adcodes))
        for region in message.macro_regions
    )


def macro_regions_to_row(table: MacroRegions, revision: int) -> MacroRegionsRow:
    """A version of the table of macro-regions as it will be kept."""
    regions = [
        {"code": region.code, "name": region.name, "provinces": list(region.provinces)}
        for region in table.regions
    ]
    return MacroRegionsRow(
        version=table.version,
        effective_from=table.effective_from,
        regions=regions,
        revision=revision,
        put_at=table.put_at,
        put_by_person_id=table.put_by_person_id,
    )


def macro_regions_from_row(row: MacroRegionsRow) -> MacroRegions:
    """A version of the table of macro-regions."""
    regions = tuple(
        MacroRegion(each["code"], each["name"], tuple(each["provinces"])) for each in row.regions
    )
    return MacroRegions(row.version, row.effective_from, regions, row.put_at, row.put_by_person_id)


def macro_regions_to_proto(table: MacroRegions) -> pb.MacroRegions:
    """A version of the table of macro-regions on the wire."""
    return pb.MacroRegions(
        macro_regions=[
            pb.MacroRegion(
                macro_region_code=region.code, name=region.name, province_adcodes=region.provinces
            )
            for region in table.regions
        ],
        version=table.version,
        effective_from=instant_to_proto(table.effective_from),
        put_at=instant_to_proto(table.put_at),
        put_by_person_id=table.put_by_person_id,
    )
