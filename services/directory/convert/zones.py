"""Zones, between messages, rows and decisions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kit.rpc.convert import instant_to_proto
from protos.common.v1 import place_pb2
from protos.directory.v1 import directory_pb2 as pb
from services.directory.convert.places import point_from_proto
from services.directory.domain.coordinates import GCJ_02, Point
from services.directory.domain.versions import holds_until
from services.directory.domain.zones import ZoneShape, ZoneVersion, point_count
from services.directory.tables import ZoneRow


def shape_from_proto(message: pb.Zone) -> ZoneShape:
    """Where a zone is; a point that does not say its system is in the zone's."""
    system = message.coordinate_system or GCJ_02
    parts = tuple(
        tuple(tuple(point_from_proto(each, system) for each in ring.points) for ring in part.rings)
        for part in message.parts
    )
    return ZoneShape(system, parts)


def zone_to_row(zone: ZoneVersion, coordinate_system: str, revision: int) -> ZoneRow:
    """A version of a zone as it will be kept; one that ends keeps the system of the one before."""
    return ZoneRow(
        zone_code=zone.zone_code,
        version=zone.version,
        effective_from=zone.effective_from,
        name=zone.name,
        coordinate_system=coordinate_system,
        parts=_plain(zone.shape) if zone.shape else None,
        revision=revision,
        put_at=zone.put_at,
        put_by_person_id=zone.put_by_person_id,
    )


def zone_from_row(row: ZoneRow) -> ZoneVersion:
    """A version of a zone."""
    return ZoneVersion(
        zone_code=row.zone_code,
        version=row.version,
        effective_from=row.effective_from,
        name=row.name,
        shape=_shape(row.coordinate_system, row.parts) if row.parts else None,
        put_at=row.put_at,
        put_by_person_id=row.put_by_person_id,
    )


def zone_to_proto(
    zone: ZoneVersion, versions: Sequence[ZoneVersion], area: float, *, with_parts: bool
) -> pb.Zone:
    """A version of a zone on the wire, given all its versions and how large it is."""
    shape = zone.shape
    return pb.Zone(
        zone_code=zone.zone_code,
        name=zone.name,
        coordinate_system=shape.coordinate_system if shape else "",
        parts=_parts_to_proto(shape) if shape and with_parts else (),
        version=zone.version,
        effective_from=instant_to_proto(zone.effective_from),
        effective_until=instant_to_proto(holds_until(zone, versions)),
        ended=shape is None,
        area_square_metres=area,
        point_count=point_count(shape) if shape else 0,
        put_at=instant_to_proto(zone.put_at),
        put_by_person_id=zone.put_by_person_id,
    )


def _plain(shape: ZoneShape) -> list[Any]:
    return [
        [[[point.longitude, point.latitude] for point in ring] for ring in part]
        for part in shape.parts
    ]


def _shape(coordinate_system: str, parts: Sequence[Any]) -> ZoneShape:
    return ZoneShape(
        coordinate_system,
        tuple(
            tuple(
                tuple(Point(longitude, latitude, coordinate_system) for longitude, latitude in ring)
                for ring in part
            )
            for part in parts
        ),
    )


def _parts_to_proto(shape: ZoneShape) -> list[pb.ZonePart]:
    return [
        pb.ZonePart(
            rings=[pb.ZoneRing(points=[_location(point) for point in ring]) for ring in part]
        )
        for part in shape.parts
    ]


def _location(point: Point) -> place_pb2.Location:
    return place_pb2.Location(
        longitude=point.longitude,
        latitude=point.latitude,
        coordinate_system=point.coordinate_system,
    )
