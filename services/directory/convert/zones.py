"""Zones, between messages, rows and decisions."""

from __future__ import annotations

from collections.abc import Sequence

import shapely

from kit.coordinates import GCJ_02
from kit.errors import InvalidArgument
from kit.rpc.convert import instant_to_proto
from protos.common.v1 import place_pb2
from protos.directory.v1 import directory_pb2 as pb
from services.directory.domain.versions import holds_until
from services.directory.domain.zones import (
    Ring,
    ZoneShape,
    ZoneVersion,
    area_square_metres,
    outline,
)
from services.directory.tables.places import ZoneRow


def shape_from_proto(message: pb.Zone) -> ZoneShape:
    """Where a zone is.

    Raises:
        InvalidArgument: ``LOCATION_INVALID`` for a point in another system than its zone.
    """
    system = message.coordinate_system or GCJ_02
    parts = [
        [
            [
                _degrees(point, system, f"zone.parts[{part}].rings[{ring}].points[{number}]")
                for number, point in enumerate(points.points)
            ]
            for ring, points in enumerate(rings.rings)
        ]
        for part, rings in enumerate(message.parts)
    ]
    return ZoneShape(system, parts)


def _degrees(point: place_pb2.Location, system: str, field: str) -> tuple[float, float]:
    if point.coordinate_system not in ("", system):
        raise InvalidArgument(
            "LOCATION_INVALID",
            f"the point is in {point.coordinate_system!r}, its zone in {system!r}",
            field=f"{field}.coordinate_system",
        )
    return point.longitude, point.latitude


def shape_from_row(row: ZoneRow) -> ZoneShape | None:
    """Where a zone is; None when it has ended."""
    return ZoneShape(row.coordinate_system, row.parts) if row.parts else None


def zone_from_row(row: ZoneRow) -> tuple[ZoneVersion, shapely.MultiPolygon | None]:
    """A version of a zone with its outline; None when it has ended."""
    shape = shape_from_row(row)
    drawn = outline(shape) if shape else None
    version = ZoneVersion(
        zone_code=row.zone_code,
        version=row.version,
        effective_from=row.effective_from,
        name=row.name,
        coordinate_system=row.coordinate_system,
        point_count=shape.point_count if shape else 0,
        area_square_metres=area_square_metres(drawn) if drawn else 0.0,
        put_at=row.put_at,
        put_by_person_id=row.put_by_person_id,
    )
    return version, drawn


def zone_to_proto(
    zone: ZoneVersion, versions: Sequence[ZoneVersion], shape: ZoneShape | None = None
) -> pb.Zone:
    """A version of a zone on the wire, given all its versions; with its parts if they are given."""
    return pb.Zone(
        zone_code=zone.zone_code,
        name=zone.name,
        coordinate_system=zone.coordinate_system,
        parts=_parts_to_proto(shape) if shape else (),
        version=zone.version,
        effective_from=instant_to_proto(zone.effective_from),
        effective_until=instant_to_proto(holds_until(zone, versions)),
        ended=zone.ended,
        area_square_metres=zone.area_square_metres,
        point_count=zone.point_count,
        put_at=instant_to_proto(zone.put_at),
        put_by_person_id=zone.put_by_person_id,
    )


def _parts_to_proto(shape: ZoneShape) -> list[pb.ZonePart]:
    return [
        pb.ZonePart(rings=[_ring_to_proto(ring, shape.coordinate_system) for ring in part])
        for part in shape.parts
    ]


def _ring_to_proto(ring: Ring, system: str) -> pb.ZoneRing:
    return pb.ZoneRing(
        points=[
            place_pb2.Location(longitude=longitude, latitude=latitude, coordinate_system=system)
            for longitude, latitude in ring
        ]
    )
