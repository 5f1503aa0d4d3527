from datetime import date

import pytest

from kit.errors import InvalidArgument
from services.directory.domain.places import city_tier
from services.directory.index import load_places

PLACES = load_places()
TODAY = date(2026, 3, 2)


def test_a_district_lies_in_its_city_province_macro_region_and_country() -> None:
    assert PLACES.path("110105", TODAY) == ("110105", "110100", "110000", "CN-NORTH", "CN")
    assert PLACES.path("310115", TODAY) == ("310115", "310100", "310000", "CN-EAST", "CN")


def test_a_county_directly_under_its_province_has_no_city_above_it() -> None:
    assert PLACES.path("429004", TODAY) == ("429004", "420000", "CN-CENTRAL", "CN")


def test_a_merged_district_stands_for_its_successor_from_the_day_of_the_merge() -> None:
    assert PLACES.path("330103", date(2021, 4, 8))[0] == "330103"
    assert PLACES.path("330103", date(2021, 4, 9))[0] == "330105"
    assert PLACES.path("371202", TODAY) == ("370116", "370100", "370000", "CN-EAST", "CN")


def test_a_new_district_is_unknown_before_it_was_founded() -> None:
    assert PLACES.path("330113", TODAY)[1] == "330100"
    with pytest.raises(InvalidArgument, match="PLACE_UNKNOWN"):
        PLACES.path("330113", date(2020, 1, 1))


def test_an_unknown_code_is_refused_by_the_name_of_its_field() -> None:
    with pytest.raises(InvalidArgument) as refusal:
        PLACES.path("999999", TODAY, "address.adcode")
    assert (refusal.value.reason, refusal.value.field) == ("PLACE_UNKNOWN", "address.adcode")


def test_every_place_we_ship_leads_up_to_the_country() -> None:
    codes = list(PLACES.adcodes())
    assert len(codes) > 3400
    assert {PLACES.path(code, TODAY)[-1] for code in codes} == {"CN"}


def test_the_nearest_tier_on_the_path_counts() -> None:
    tiers = {"110000": "tier1", "110105": "tier1-core"}
    assert city_tier(("110105", "110100", "110000"), tiers) == "tier1-core"
    assert city_tier(("110102", "110100", "110000"), tiers) == "tier1"
    assert city_tier(("542200",), tiers) == ""


@pytest.mark.parametrize(
    ("adcode", "name"),
    [("110105", "北京市朝阳区"), ("330106", "浙江省杭州市西湖区"), ("441900", "广东省东莞市")],
)
def test_a_place_is_named_as_people_say_it(adcode: str, name: str) -> None:
    assert PLACES.name(PLACES.path(adcode, TODAY)) == name
