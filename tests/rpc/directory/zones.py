"""Zones to test with."""

from protos.common.v1.place_pb2 import Location
from protos.directory.v1 import directory_pb2 as pb


def ring(*corners: tuple[float, float]) -> pb.ZoneRing:
    """A ring through corners in degrees, closed."""
    return pb.ZoneRing(
        points=[
            Location(longitude=longitude, latitude=latitude)
            for longitude, latitude in (*corners, corners[0])
        ]
    )


def square(west: float, south: float, east: float, north: float) -> pb.ZoneRing:
    """A ring along two parallels and two meridians."""
    return ring((west, south), (east, south), (east, north), (west, north))


def zone(zone_code: str, *rings: pb.ZoneRing, name: str = "") -> pb.Zone:
    """A zone of one part."""
    return pb.Zone(zone_code=zone_code, name=name or zone_code, parts=[pb.ZonePart(rings=rings)])


RING5 = zone("BJ-RING5", square(116.20, 39.76, 116.55, 40.02), name="北京五环内")
