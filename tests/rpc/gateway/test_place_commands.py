"""`gongdan place`: what people read of places, and zones carried to and from other maps."""

import json
from pathlib import Path

from tests.rpc.gateway.test_command_line import Gongdan, gongdan  # noqa: F401 - a fixture

RING = [[121.45, 31.2], [121.5, 31.2], [121.5, 31.25], [121.45, 31.2]]
BOW = [[121.45, 31.2], [121.5, 31.25], [121.5, 31.2], [121.45, 31.25], [121.45, 31.2]]


def feature(zone_code: str, ring: list[list[float]]) -> dict[str, object]:
    return {
        "type": "Feature",
        "properties": {"zone_code": zone_code, "name": "陆家嘴", "coordinate_system": "WGS-84"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


async def test_a_place_is_told_with_its_path_and_zones(gongdan: Gongdan) -> None:  # noqa: F811
    shown = await gongdan(
        "place", "resolve", "北京朝阳建国路88号", "--location", "116.4612,39.9087"
    )
    assert shown.exit_code == 0, shown.output
    for words in ("北京市朝阳区", "110105 < 110100 < 110000 < CN-NORTH < CN", "BJ-RING5", "tier1"):
        assert words in shown.stdout


async def test_what_a_code_became_is_told_and_what_it_was(gongdan: Gongdan) -> None:  # noqa: F811
    today = await gongdan("place", "resolve", "330103")
    assert "330105" in today.stdout
    assert "未给坐标" in today.stdout
    then = await gongdan("place", "resolve", "330103", "--at", "2021-03-01", "--json")
    assert json.loads(then.stdout)["place_name"] == "浙江省杭州市下城区"
    divided = await gongdan("place", "resolve", "330104")
    assert divided.exit_code == 1
    assert "PLACE_AMBIGUOUS" in divided.output
    assert "candidates: 330102 330114" in divided.output


async def test_an_ambiguous_address_is_shown_with_all_that_fit(
    gongdan: Gongdan,  # noqa: F811
) -> None:
    shown = await gongdan("place", "parse", "鼓楼区中山路1号")
    assert "有歧义" in shown.stdout
    for city in ("南京", "徐州", "福州", "开封"):
        assert city in shown.stdout
    assert "杭州市下城区" not in (await gongdan("place", "list", "330100")).stdout
    assert "下城区" in (await gongdan("place", "list", "330100", "--at", "2020-01-01")).stdout


async def test_zones_are_imported_shown_exported_and_ended(
    gongdan: Gongdan,  # noqa: F811
    tmp_path: Path,
) -> None:
    drawn = tmp_path / "zones.geojson"
    features = [feature("SH-LJZ", RING), feature("SH-BOW", BOW)]
    drawn.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    imported = await gongdan("place", "zone", "import", str(drawn))
    assert imported.exit_code == 1
    assert "SH-LJZ" in imported.stdout
    assert "features[1] SH-BOW: parts[0].rings[0].points[0]" in imported.output
    exported = json.loads((await gongdan("place", "zone", "export", "SH-LJZ")).stdout)
    assert exported["features"][0]["geometry"] == features[0]["geometry"]
    every = json.loads((await gongdan("place", "zone", "export")).stdout)["features"]
    assert {each["id"] for each in every} >= {"SH-LJZ", "BJ-RING5"}
    put = await gongdan(
        "place", "zone", "put", "SH-LJZ", "121.4,31.2 121.5,31.2 121.5,31.3", "--version", "1"
    )
    assert put.exit_code == 0, put.output
    stale = await gongdan("place", "zone", "end", "SH-LJZ", "--version", "1")
    assert "PLACE_VERSION_STALE" in stale.output
    ended = await gongdan("place", "zone", "end", "SH-LJZ")
    assert "结束" in ended.stdout
    assert "SH-LJZ" not in (await gongdan("place", "zone", "list")).stdout
    shown = (await gongdan("place", "zone", "show", "SH-LJZ", "--json")).stdout
    versions = json.loads(shown)["versions"]
    assert [(each["version"], each["name"]) for each in versions] == [
        (3, "陆家嘴"), (2, "陆家嘴"), (1, "陆家嘴"),
    ]  # fmt: skip
    assert "结束 ended" in (await gongdan("place", "zone", "show", "SH-LJZ")).stdout


async def test_tiers_and_macro_regions_are_edited_from_an_instant(
    gongdan: Gongdan,  # noqa: F811
) -> None:
    put = await gongdan("place", "tier", "put", "510100", "tier1", "--from", "2099-01-01")
    assert put.exit_code == 0, put.output
    assert "510100" not in (await gongdan("place", "tier", "list")).stdout
    assert "四川省成都市" in (await gongdan("place", "tier", "history", "510100")).stdout
    later = ("--from", "2099-01-01")
    moved = await gongdan("place", "region", "put", "CN-NORTH", "370000", *later)
    assert moved.exit_code == 0, moved.output
    then = await gongdan("place", "resolve", "370200", "--at", "2099-02-01")
    assert "CN-NORTH" in then.stdout
    now = await gongdan("place", "region", "list", "--json")
    assert json.loads(now.stdout)["version"] == 1
