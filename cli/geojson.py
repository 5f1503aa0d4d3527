"""Zones as GeoJSON: features that other programs draw, with our codes and names as properties."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from cli.api import Refused
from protos.directory.v1 import directory_pb2


def read_zones(path: Path, coordinate_system: str) -> list[dict[str, Any]]:
    """The zones of a file, as they are put.

    Args:
        path: a FeatureCollection or a single Feature, of Polygons and MultiPolygons.
        coordinate_system: that of features which do not name one; empty: each must.

    Raises:
        Refused: ``INPUT_FILE_UNREADABLE`` or ``GEOJSON_INVALID``, naming the feature.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{path} cannot be read: {error}", "INPUT_FILE_UNREADABLE") from error
    except ValueError as error:
        raise Refused(f"{path} is no JSON: {error}", "GEOJSON_INVALID") from error
    kind = found.get("type") if isinstance(found, dict) else None
    if kind == "Feature":
        return [_zone(found, coordinate_system, "feature")]
    if kind != "FeatureCollection" or not isinstance(found.get("features"), list):
        raise Refused("give a FeatureCollection or a Feature", "GEOJSON_INVALID", "type")
    return [
        _zone(feature, coordinate_system, f"features[{number}]")
        for number, feature in enumerate(found["features"])
    ]


def write_zones(zones: Iterable[directory_pb2.Zone]) -> dict[str, Any]:
    """Zones as a FeatureCollection, each in its own system, which its properties name."""
    return {"type": "FeatureCollection", "features": [_feature(zone) for zone in zones]}


def _zone(feature: Any, coordinate_system: str, where: str) -> dict[str, Any]:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise Refused("this is no Feature", "GEOJSON_INVALID", where)
    properties = feature.get("properties") or {}
    code = str(properties.get("zone_code") or feature.get("id") or "")
    if not code:
        raise Refused("a zone needs a zone_code", "GEOJSON_INVALID", f"{where}.properties")
    system = properties.get("coordinate_system") or coordinate_system
    if not system:
        raise Refused(
            "GeoJSON is WGS-84 by its standard, and Chinese maps give GCJ-02 all the same: say"
            " which by --system, or by a property coordinate_system",
            "GEOJSON_INVALID",
            f"{where}.properties.coordinate_system",
        )
    return {
        "zone_code": code,
        "name": str(properties.get("name") or code),
        "coordinate_system": str(system),
        "parts": list(_parts(feature.get("geometry"), f"{where}.geometry")),
    }


def _parts(geometry: Any, where: str) -> Iterator[dict[str, Any]]:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        raise Refused(
            f"a zone is a Polygon or a MultiPolygon, not {kind!r}", "GEOJSON_INVALID", where
        )
    coordinates = geometry.get("coordinates")
    polygons = [coordinates] if kind == "Polygon" else coordinates
    try:
        for polygon in polygons:
            yield {"rings": [{"points": [_point(each) for each in ring]} for ring in polygon]}
    except (TypeError, ValueError, IndexError) as error:
        raise Refused(
            f"the coordinates are no rings of positions: {error}",
            "GEOJSON_INVALID",
            f"{where}.coordinates",
        ) from error


def _point(position: Any) -> dict[str, float]:
    # A height may follow, which says nothing to us.
    return {"longitude": float(position[0]), "latitude": float(position[1])}


def _feature(zone: directory_pb2.Zone) -> dict[str, Any]:
    polygons = [
        [[[point.longitude, point.latitude] for point in ring.points] for ring in part.rings]
        for part in zone.parts
    ]
    return {
        "type": "Feature",
        "id": zone.zone_code,
        "properties": {
            "zone_code": zone.zone_code,
            "name": zone.name,
            "coordinate_system": zone.coordinate_system,
        },
        "geometry": {"type": "MultiPolygon", "coordinates": polygons}
        if len(polygons) != 1
        else {"type": "Polygon", "coordinates": polygons[0]},
    }
