"""Places, locations and zones, between messages, rows and decisions."""

from __future__ import annotations

from protos.common.v1 import place_pb2
from protos.directory.v1 import directory_pb2 as pb
from services.directory.domain.coordinates import GCJ_02, Point, check_point
from services.directory.domain.places import ResolvedPlace
from services.directory.domain.zones import ZoneShape
from services.directory.tables import AddressRow, ZoneRow


def place_to_proto(place: ResolvedPlace | AddressRow) -> place_pb2.Place:
    """A place on the wire: just resolved, or the snapshot that is kept with an address."""
    return place_pb2.Place(
        adcode=place.adcode,
        adcode_path=place.adcode_path,
        zone_codes=place.zone_codes,
        city_tier=place.city_tier,
        place_name=place.place_name,
    )


def location_from_proto(
    message: pb.NewAddress | pb.ResolvePlaceRequest, field: str = ""
) -> Point | None:
    """Where on the map, if it was said.

    Raises:
        InvalidArgument: ``LOCATION_INVALID``.
    """
    if not message.HasField("location"):
        return None
    return check_point(_point(message.location), f"{field}.location".lstrip("."))


def _point(message: place_pb2.Location) -> Point:
    return Point(message.longitude, message.latitude, message.coordinate_system or GCJ_02)


def zone_from_proto(message: pb.Zone) -> tuple[ZoneRow, list[Point]]:
    """A zone as it will be kept, and its boundary to check; each point is in the zone's system."""
    system = message.coordinate_system or GCJ_02
    points = [Point(point.longitude, point.latitude, system) for point in message.boundary]
    row = ZoneRow(
        zone_code=message.zone_code,
        name=message.name,
        coordinate_system=system,
        boundary=[[point.longitude, point.latitude] for point in points],
    )
    return row, points


def zone_shape(row: ZoneRow) -> ZoneShape:
    """A zone as points are tested against it."""
    return ZoneShape(
        row.zone_code, [Point(lon, lat, row.coordinate_system) for lon, lat in row.boundary]
    )


def zone_to_proto(row: ZoneRow) -> pb.Zone:
    """A zone on the wire."""
    return pb.Zone(
        zone_code=row.zone_code,
        name=row.name,
        coordinate_system=row.coordinate_system,
        boundary=[
            place_pb2.Location(longitude=lon, latitude=lat, coordinate_system=row.coordinate_system)
            for lon, lat in row.boundary
        ],
    )
