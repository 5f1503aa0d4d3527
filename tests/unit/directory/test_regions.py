from dataclasses import replace
from datetime import UTC, datetime

import pytest

from kit.errors import InvalidArgument
from services.directory.domain.city_tiers import CityTier, check_city_tier
from services.directory.domain.macro_regions import (
    MacroRegion,
    MacroRegions,
    check_macro_regions,
)
from services.directory.index import Atlas

NOW = datetime(2026, 3, 2, tzinfo=UTC)
PROVINCES = {"110000": "北京市", "310000": "上海市", "320000": "江苏省"}
NORTH = MacroRegion("CN-NORTH", "华北", ("110000",))
EAST = MacroRegion("CN-EAST", "华东", ("310000", "320000"))


def test_a_province_lies_in_its_macro_region() -> None:
    table = MacroRegions(1, NOW, (NORTH, EAST), NOW, "pe_1")
    path = ("320583", "320500", "320000", "CN")
    assert table.above(path) == ("320583", "320500", "320000", "CN-EAST", "CN")
    assert table.above(("110000", "CN")) == ("110000", "CN-NORTH", "CN")
    assert table.above(("CN",)) == ("CN",)


@pytest.mark.parametrize(
    ("regions", "field", "says"),
    [
        ([NORTH], "macro_regions", "310000 上海市, 320000 江苏省"),
        ([EAST, replace(NORTH, provinces=("110000", "310000"))],
         "macro_regions[1].province_adcodes[1]", "上海市 is in CN-EAST and in CN-NORTH"),
        ([EAST, replace(NORTH, provinces=("110100",))],
         "macro_regions[1].province_adcodes[0]", "no province"),
        ([EAST, NORTH, replace(NORTH, provinces=("110000",))],
         "macro_regions[2].macro_region_code", "is taken"),
        ([EAST, replace(NORTH, code="110000")], "macro_regions[1].macro_region_code", "is taken"),
        ([EAST, replace(NORTH, code="CN")], "macro_regions[1].macro_region_code", "is taken"),
        ([EAST, replace(NORTH, name=" ")], "macro_regions[1]", "needs a code, a name"),
        ([EAST, replace(NORTH, provinces=())], "macro_regions[1]", "needs a code, a name"),
    ],
)  # fmt: skip
def test_every_province_is_in_exactly_one_macro_region(
    regions: list[MacroRegion], field: str, says: str
) -> None:
    with pytest.raises(InvalidArgument, match=says) as refusal:
        check_macro_regions(regions, PROVINCES)
    assert (refusal.value.reason, refusal.value.field) == ("MACRO_REGIONS_INVALID", field)


def test_a_whole_table_is_taken() -> None:
    check_macro_regions([NORTH, EAST], PROVINCES)


def test_the_nearest_tier_on_the_path_counts() -> None:
    atlas = Atlas().extended(
        1,
        (),
        [
            CityTier("110000", 1, NOW, "tier1", NOW, "pe_1"),
            CityTier("110105", 1, NOW, "tier1-core", NOW, "pe_1"),
            CityTier("110102", 1, NOW, "", NOW, "pe_1"),
        ],
        (),
    )
    assert atlas.nearest_tier(("110105", "110100", "110000"), NOW) == "tier1-core"
    assert atlas.nearest_tier(("110102", "110100", "110000"), NOW) == "tier1"
    assert atlas.nearest_tier(("542200",), NOW) == ""
    assert [tier.adcode for tier in atlas.tiers(NOW)] == ["110000", "110105"]


@pytest.mark.parametrize("tier", [" tier1", "一" * 41])
def test_a_tier_has_a_plain_name(tier: str) -> None:
    check_city_tier("tier1")
    check_city_tier("")
    with pytest.raises(InvalidArgument, match="CITY_TIER_INVALID"):
        check_city_tier(tier)
