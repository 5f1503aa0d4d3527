import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import InvalidArgument
from services.directory.domain.address_text import (
    Confidence,
    ParsedAddress,
    chosen,
    parse_address,
)
from services.directory.domain.place_names import Naming
from services.directory.domain.places import COUNTRY
from services.directory.index import load_names, load_places

TODAY = date(2026, 3, 2)
PLACES, NAMES = load_places(), load_names(TODAY)
IN_FORCE = sorted(
    {record.adcode for record in PLACES.records() if record.is_in_force(TODAY)} - {COUNTRY}
)


def parse(text: str) -> ParsedAddress:
    return parse_address(text, NAMES)


def codes(parsed: ParsedAddress) -> list[str]:
    return [candidate.place.adcode for candidate in parsed.candidates]


@pytest.mark.parametrize(
    ("text", "adcode", "detail"),
    [
        ("北京市朝阳区朝阳北路101号", "110105", "朝阳北路101号"),
        ("广东省深圳市南山区深南大道9号", "440305", "深南大道9号"),
        ("江苏省昆山市千灯镇玉溪西路168号", "320583", "千灯镇玉溪西路168号"),
        ("吉林市昌邑区解放大路1号", "220202", "解放大路1号"),
        ("湖北省省直辖县级行政区划仙桃市沔州大道", "429004", "沔州大道"),
        ("海南省儋州市那大镇", "460400", "那大镇"),
        ("东莞市南城街道", "441900", "南城街道"),
        ("北京市 市辖区 朝阳区 建国路88号", "110105", "建国路88号"),
        ("中国，上海市，浦东新区，世纪大道8号", "310115", "世纪大道8号"),
        ("张三 13800138000 北京市海淀区中关村大街1号", "110108", "张三 13800138000 中关村大街1号"),
        ("上海市", "310000", ""),
        ("安徽省巢湖市半汤路", "340181", "半汤路"),
    ],
)
def test_a_place_that_is_named_in_full_is_certain(text: str, adcode: str, detail: str) -> None:
    parsed = parse(text)
    assert (codes(parsed), parsed.detail) == ([adcode], detail)
    assert parsed.confidence is Confidence.CERTAIN


@pytest.mark.parametrize(
    ("text", "adcode", "detail"),
    [
        ("北京朝阳建国路1号", "110105", "建国路1号"),
        ("长春朝阳区前进大街", "220104", "前进大街"),
        ("辽宁朝阳双塔区", "211302", ""),
        ("沪浦东新区世纪大道8号", "310115", "世纪大道8号"),
        ("内蒙古呼和浩特新城区", "150102", ""),
        ("内蒙包头昆都仑区", "150203", ""),
        ("新疆乌鲁木齐天山区", "650102", ""),
        ("恩施州恩施市", "422801", ""),
        ("香港中西区", "810101", ""),
        ("南京鼓楼区中山北路", "320106", "中山北路"),
        ("江苏徐州鼓楼", "320302", ""),
        ("吉林", "220000", ""),
        ("荆州", "421000", ""),
        ("荆州荆州区", "421003", ""),
        ("大兴安岭加格达奇区", "232761", ""),
        ("海南州共和县", "632521", ""),
        ("河北石家庄桥西", "130104", ""),
        ("陕西安康镇坪", "610927", ""),
    ],
)
def test_a_place_is_recognised_by_its_short_names(text: str, adcode: str, detail: str) -> None:
    parsed = parse(text)
    assert (codes(parsed), parsed.detail) == ([adcode], detail)
    assert parsed.confidence is Confidence.LIKELY


@pytest.mark.parametrize(
    ("text", "adcodes"),
    [
        ("朝阳区建国路1号", ["110105", "220104"]),
        ("鼓楼区中山路", ["320106", "320302", "350102", "410204"]),
        ("江苏鼓楼区", ["320106", "320302"]),
        ("朝阳", ["110105", "211300", "211321", "220104"]),
        ("江北区", ["330205", "500157"]),
    ],
)
def test_of_several_places_that_fit_none_is_chosen(text: str, adcodes: list[str]) -> None:
    parsed = parse(text)
    assert parsed.confidence is Confidence.AMBIGUOUS
    assert codes(parsed) == adcodes
    with pytest.raises(InvalidArgument) as refusal:
        chosen(parsed, "address_text")
    assert (refusal.value.reason, refusal.value.field) == ("PLACE_AMBIGUOUS", "address_text")
    assert refusal.value.details["candidates"].split() == adcodes


@pytest.mark.parametrize(
    ("text", "adcode"), [("海淀中关村大街1号", "110108"), ("长江路88号 长春 花园", "220100")]
)
def test_a_short_name_of_a_district_or_behind_other_words_is_only_a_suggestion(
    text: str, adcode: str
) -> None:
    parsed = parse(text)
    assert (parsed.confidence, codes(parsed)) == (Confidence.AMBIGUOUS, [adcode])


@pytest.mark.parametrize(
    "text",
    [
        "中关村大街1号",
        "南京路步行街",
        "吉林大学",
        "川大路1号",
        "黑A12345",
        "hello",
        "市场路1号",
        "建国路88号 新",
    ],
)
def test_a_street_or_school_that_bears_a_city_s_name_is_no_city(text: str) -> None:
    parsed = parse(text)
    assert (parsed.confidence, codes(parsed), parsed.detail) == (Confidence.NONE, [], text)
    with pytest.raises(InvalidArgument, match="PLACE_UNKNOWN"):
        chosen(parsed, "address_text")


@pytest.mark.parametrize(
    ("text", "adcodes"),
    [
        ("杭州市下城区武林路", ["330105"]),
        ("莱芜市莱城区花园路", ["370116"]),
        ("密云县鼓楼东大街", ["110118"]),
        ("重庆市江北区观音桥", ["500157"]),
        ("襄樊市樊城区", ["420606"]),
        ("杭州市江干区钱江路", ["330102", "330114"]),
    ],
)
def test_a_former_name_leads_to_what_the_place_became(text: str, adcodes: list[str]) -> None:
    parsed = parse(text)
    assert codes(parsed) == adcodes
    assert parsed.confidence is not Confidence.CERTAIN
    namings = {part.named.naming for part in parsed.candidates[0].parts}
    assert Naming.FORMER in namings


def test_an_address_is_read_by_the_names_of_its_day() -> None:
    then = parse_address("杭州市下城区武林路", load_names(date(2020, 1, 1)))
    assert (codes(then), then.confidence) == (["330103"], Confidence.CERTAIN)
    early = parse_address("杭州市临平区", load_names(date(2020, 1, 1)))
    assert codes(early) == ["330100"]


def test_what_may_be_a_part_that_we_do_not_know_leaves_a_doubt() -> None:
    parsed = parse("马鞍山市经济技术开发区红旗南路51号")
    assert (codes(parsed), parsed.confidence) == (["340500"], Confidence.LIKELY)
    assert parse("杭州市延安路508号").confidence is Confidence.CERTAIN


@pytest.mark.parametrize("text", ["", "   ", "北京市" + "x" * 500])
def test_an_address_has_a_length(text: str) -> None:
    with pytest.raises(InvalidArgument, match="ADDRESS_TEXT_INVALID"):
        parse(text)


@pytest.mark.parametrize("detail", ["", "建国路88号3单元1201", "长江村7组"])
def test_every_place_in_words_is_read_as_that_place_and_reads_the_same_again(detail: str) -> None:
    for adcode in IN_FORCE:
        words = NAMES.words(adcode)
        parsed = parse(words + detail)
        assert [each.place_name for each in parsed.candidates] == [words]
        assert parsed.detail == detail
        # A city named like its province is said once, and 北京市 is read as the province.
        assert adcode in codes(parsed) or adcode[2:] in ("0100", "0200")
        assert parse(parsed.candidates[0].place_name + parsed.detail) == parsed


@given(st.text(alphabet="北京市朝阳区吉林省沪内蒙古鼓楼县旗路号1 ,中国", min_size=1, max_size=20))
def test_any_text_is_read_to_the_end_without_inventing(text: str) -> None:
    if not text.strip():
        return
    for candidate in parse(text).candidates:
        for part in candidate.parts:
            assert part.written in text
            assert PLACES.current(part.named.place.adcode, TODAY) == part.named.place


def stem(name: str) -> str:
    """A name as people say it, when that is plain to see; otherwise in full."""
    short = re.sub(r"(市|省|区|县)$", "", name)
    return short if len(short) > 1 and "自治" not in name else name


@pytest.mark.parametrize("detail", ["", "人民路1号"])
def test_of_every_district_its_short_names_lead_to_it_and_to_none_but_namesakes(
    detail: str,
) -> None:
    for adcode in IN_FORCE:
        district, *above, _ = (PLACES.current(code, TODAY).name for code in NAMES.path(adcode))
        if not above:
            continue
        words = "".join(dict.fromkeys(stem(name) for name in reversed([district, *above])))
        found = codes(parse(words + detail))
        assert adcode in found or any(code in NAMES.path(adcode) for code in found), words
        names = {NAMES.words(code)[-len(district) :] for code in found}
        assert len(found) == 1 or all(stem(district) in name for name in names), words
