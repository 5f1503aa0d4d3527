from collections import defaultdict
from datetime import date, timedelta

import pytest

from kit.errors import InvalidArgument
from services.directory.domain.places import COUNTRY, PlaceRecord
from services.directory.index import load_places

PLACES = load_places()
TODAY = date(2026, 3, 2)


CHANGES: dict[str, set[date]] = defaultdict(set)
for each in PLACES.records():
    CHANGES[each.adcode] |= {day for day in (each.valid_from, each.valid_to) if day}


def days_of(record: PlaceRecord) -> set[date]:
    """The days of a place's life on which anything about it or what is above it may change."""
    first = record.valid_from or date(2000, 1, 1)
    last = record.valid_to - timedelta(days=1) if record.valid_to else date(2030, 1, 1)
    changes = CHANGES[record.parent] | CHANGES[f"{record.adcode[:2]}0000"]
    return {first, last} | {day for day in changes if first <= day <= last}


def test_a_district_lies_in_its_city_province_and_country() -> None:
    assert PLACES.path("110105", TODAY) == ("110105", "110100", "110000", "CN")
    assert PLACES.path("310115", TODAY) == ("310115", "310100", "310000", "CN")


def test_a_county_directly_under_its_province_has_no_city_above_it() -> None:
    assert PLACES.path("429004", TODAY) == ("429004", "420000", "CN")


def test_every_place_has_a_path_to_the_country_on_every_day_of_its_life() -> None:
    records = list(PLACES.records())
    assert len(records) > 4400
    for record in records:
        for day in days_of(record):
            path = PLACES.path(record.adcode, day)
            assert (path[0], path[-1]) == (record.adcode, COUNTRY), (record, day)


def test_every_code_that_ended_is_part_of_places_of_today() -> None:
    ended = [record for record in PLACES.records() if record.has_ended(TODAY)]
    assert len(ended) > 1000
    for record in ended:
        assert PLACES.successors(record.adcode, TODAY), record


def test_a_code_has_one_name_at_a_time() -> None:
    for record in PLACES.records():
        for day in days_of(record):
            assert PLACES.current(record.adcode, day) == record


@pytest.mark.parametrize(
    ("code", "last_day", "successor"),
    [
        ("330103", date(2021, 3, 10), "330105"),  # Hangzhou: 下城区 to 拱墅区
        ("371202", date(2018, 12, 25), "370116"),  # 莱芜 became two districts of Jinan
        ("371200", date(2018, 12, 25), "370100"),
        ("110103", date(2010, 6, 30), "110101"),  # Beijing: 崇文区 to 东城区
        ("310108", date(2015, 10, 12), "310106"),  # Shanghai: 闸北区 to 静安区
        ("500105", date(2025, 11, 5), "500157"),  # Chongqing: 江北区 to 两江新区
        ("632100", date(2013, 2, 7), "630200"),  # a prefecture became a city
    ],
)
def test_a_merged_place_stands_for_its_successor_from_the_day_of_the_merge(
    code: str, last_day: date, successor: str
) -> None:
    assert PLACES.current(code, last_day).adcode == code
    assert PLACES.current(code, last_day + timedelta(days=1)).adcode == successor
    assert PLACES.current(code, TODAY).adcode == successor


def test_a_renamed_place_keeps_its_code() -> None:
    assert PLACES.current("210112", date(2014, 6, 16)).name == "东陵区"
    assert PLACES.current("210112", date(2014, 6, 17)).name == "浑南区"


def test_a_county_that_became_a_district_and_was_merged_is_followed_all_the_way() -> None:
    # 余杭市 became 余杭区 in 2001; 巢湖's 庐江县 went to Hefei in 2011 under the same name.
    assert PLACES.current("330184", TODAY).adcode == "330110"
    assert PLACES.current("341421", TODAY).adcode == "340124"


def test_a_divided_place_is_not_guessed_at() -> None:
    with pytest.raises(InvalidArgument) as refusal:
        PLACES.current("330104", TODAY, "address.adcode")
    assert (refusal.value.reason, refusal.value.field) == ("PLACE_AMBIGUOUS", "address.adcode")
    assert refusal.value.details == {"candidates": "330102 330114"}
    assert "上城区" in refusal.value.message


def test_a_new_district_is_unknown_before_it_was_founded() -> None:
    assert PLACES.path("330113", TODAY)[1] == "330100"
    with pytest.raises(InvalidArgument, match="临平区 began on 2021-03-11"):
        PLACES.path("330113", date(2020, 1, 1))


def test_an_unknown_code_is_refused_by_the_name_of_its_field() -> None:
    with pytest.raises(InvalidArgument) as refusal:
        PLACES.path("999999", TODAY, "address.adcode")
    assert (refusal.value.reason, refusal.value.field) == ("PLACE_UNKNOWN", "address.adcode")


def test_what_lies_in_a_place_is_told_as_of_a_day() -> None:
    before = {place.name for place in PLACES.within("330100", date(2021, 3, 10))}
    after = {place.name for place in PLACES.within("330100", date(2021, 3, 11))}
    assert before - after == {"下城区", "江干区"}
    assert after - before == {"临平区", "钱塘区"}
    assert len(PLACES.within("", TODAY)) == 34


@pytest.mark.parametrize(
    ("adcode", "name"),
    [("110105", "北京市朝阳区"), ("330106", "浙江省杭州市西湖区"), ("441900", "广东省东莞市")],
)
def test_a_place_is_named_as_people_say_it(adcode: str, name: str) -> None:
    assert PLACES.name(adcode, TODAY) == name


def test_regions_that_were_written_down_long_ago_are_those_of_today() -> None:
    written = ["CN-NORTH", "330103", "330105", "330104", "110105"]
    assert PLACES.renewed(written, TODAY) == ["CN-NORTH", "330105", "330102", "330114", "110105"]
