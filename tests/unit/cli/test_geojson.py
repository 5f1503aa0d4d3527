import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format

from cli.api import Refused
from cli.geojson import read_zones, write_zones
from protos.directory.v1 import directory_pb2

RING = [[116.3, 39.8], [116.4, 39.8], [116.4, 40.0], [116.3, 39.8]]
HOLE = [[116.36, 39.85], [116.38, 39.85], [116.38, 39.9], [116.36, 39.85]]


def feature(geometry: Any, **properties: object) -> dict[str, Any]:
    given = {"zone_code": "Z", "coordinate_system": "GCJ-02"} | properties
    return {"type": "Feature", "properties": given, "geometry": geometry}


@pytest.fixture
def written(tmp_path: Path) -> Any:
    def write(content: object) -> Path:
        path = tmp_path / "zones.geojson"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return write


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Polygon", "coordinates": [RING, HOLE]},
        {"type": "MultiPolygon", "coordinates": [[RING], [HOLE]]},
    ],
)
def test_what_is_imported_is_exported_the_same(written: Any, geometry: Any) -> None:
    collection = {"type": "FeatureCollection", "features": [feature(geometry, name="五环")]}
    (zone,) = read_zones(written(collection), "")
    message = json_format.ParseDict(zone, directory_pb2.Zone())
    exported = write_zones([message])
    assert exported["features"][0]["geometry"] == geometry
    assert exported["features"][0]["properties"] == {
        "zone_code": "Z", "name": "五环", "coordinate_system": "GCJ-02",
    }  # fmt: skip
    assert read_zones(written(exported), "") == [zone]


def test_the_system_is_that_of_the_feature_or_of_the_option(written: Any) -> None:
    polygon = {"type": "Polygon", "coordinates": [RING]}
    features = [feature(polygon, coordinate_system=system) for system in ("BD-09", None)]
    path = written({"type": "FeatureCollection", "features": features})
    systems = [zone["coordinate_system"] for zone in read_zones(path, "WGS-84")]
    assert systems == ["BD-09", "WGS-84"]


def test_a_feature_alone_and_heights_are_taken(written: Any) -> None:
    polygon = {"type": "Polygon", "coordinates": [[[*point, 50.0] for point in RING]]}
    (zone,) = read_zones(written(feature(polygon)), "")
    assert zone["parts"][0]["rings"][0]["points"][0] == {"longitude": 116.3, "latitude": 39.8}


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ("{", ""),
        ([], "type"),
        ({"type": "FeatureCollection"}, "type"),
        ({"type": "FeatureCollection", "features": [3]}, "features[0]"),
        (feature(None), "feature.geometry"),
        (feature({"type": "Point", "coordinates": [1, 2]}), "feature.geometry"),
        (
            feature({"type": "Polygon", "coordinates": [[["x", 1]]]}),
            "feature.geometry.coordinates",
        ),
        (feature({"type": "Polygon", "coordinates": [[[1]]]}), "feature.geometry.coordinates"),
        (feature({"type": "Polygon"}), "feature.geometry.coordinates"),
        (feature({"type": "Polygon", "coordinates": [RING]}, zone_code=""), "feature.properties"),
        (
            feature({"type": "Polygon", "coordinates": [RING]}, coordinate_system=None),
            "feature.properties.coordinate_system",
        ),
    ],
)
def test_a_file_that_draws_no_zones_is_refused_by_feature(
    written: Any, content: object, field: str
) -> None:
    with pytest.raises(Refused) as refusal:
        read_zones(written(content), "")
    assert (refusal.value.reason, refusal.value.field) == ("GEOJSON_INVALID", field)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot be read"):
        read_zones(tmp_path / "none.geojson", "")
