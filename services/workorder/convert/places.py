"""Places and points on the wire."""

from __future__ import annotations

from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from kit.rpc.convert import instant_from_proto
from protos.common.v1 import place_pb2
from services.workorder.domain.geo import COORDINATE_SYSTEM, Point, require_point


def point_from_proto(message: place_pb2.Location, *, present: bool, field: str) -> Point | None:
    """A point that distances can be measured from; None when it was not given."""
    if not present:
        return None
    return require_point(message.longitude, message.latitude, message.coordinate_system, field)


def point_to_proto(longitude: float | None, latitude: float | None) -> place_pb2.Location | None:
    """A stored point on the wire; None stays unset."""
    if longitude is None or latitude is None:
        return None
    return place_pb2.Location(
        longitude=longitude, latitude=latitude, coordinate_system=COORDINATE_SYSTEM
    )


def instant_if_given(message: Timestamp, *, present: bool, field: str) -> datetime | None:
    """An instant that may be left out."""
    return instant_from_proto(message, field) if present else None
