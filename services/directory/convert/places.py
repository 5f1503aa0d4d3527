"""Places and locations, between messages, rows and decisions."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from kit.coordinates import GCJ_02, Point, check_point
from kit.rpc.convert import instant_to_proto
from protos.common.v1 import place_pb2
from protos.directory.v1 import directory_pb2 as pb
from services.directory.domain.address_text import Candidate, Confidence, ParsedAddress
from services.directory.domain.place_names import Naming
from services.directory.domain.places import ResolvedPlace
from services.directory.tables.customers import AddressRow

_CONFIDENCES: Final = {
    Confidence.NONE: pb.ADDRESS_CONFIDENCE_NONE,
    Confidence.AMBIGUOUS: pb.ADDRESS_CONFIDENCE_AMBIGUOUS,
    Confidence.LIKELY: pb.ADDRESS_CONFIDENCE_LIKELY,
    Confidence.CERTAIN: pb.ADDRESS_CONFIDENCE_CERTAIN,
}
_NAMINGS: Final = {
    Naming.FULL: pb.ADDRESS_NAMING_FULL,
    Naming.SHORT: pb.ADDRESS_NAMING_SHORT,
    Naming.LETTER: pb.ADDRESS_NAMING_SHORT,
    Naming.FORMER: pb.ADDRESS_NAMING_FORMER,
}


def place_to_proto(place: ResolvedPlace | AddressRow) -> place_pb2.Place:
    """A place on the wire: just resolved, or the snapshot that is kept with an address."""
    resolved_at: datetime | None = place.resolved_at
    return place_pb2.Place(
        adcode=place.adcode,
        adcode_path=place.adcode_path,
        zone_codes=place.zone_codes,
        city_tier=place.city_tier,
        place_name=place.place_name,
        resolved_at=instant_to_proto(resolved_at),
        zones_known=place.zones_known,
        former_adcode=place.former_adcode,
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
    return check_point(point_from_proto(message.location), f"{field}.location".lstrip("."))


def point_from_proto(message: place_pb2.Location, otherwise: str = GCJ_02) -> Point:
    """A point; one that does not say its system is in another's."""
    return Point(message.longitude, message.latitude, message.coordinate_system or otherwise)


def point_from_row(row: AddressRow) -> Point | None:
    """Where an address is, if it was said."""
    if row.longitude is None or row.latitude is None or row.coordinate_system is None:
        return None
    return Point(row.longitude, row.latitude, row.coordinate_system)


def parsed_to_proto(parsed: ParsedAddress) -> pb.ParseAddressResponse:
    """What an address text names, on the wire."""
    return pb.ParseAddressResponse(
        confidence=_CONFIDENCES[parsed.confidence],
        candidates=[_candidate_to_proto(candidate) for candidate in parsed.candidates],
        detail=parsed.detail,
    )


def _candidate_to_proto(candidate: Candidate) -> pb.AddressCandidate:
    return pb.AddressCandidate(
        adcode=candidate.place.adcode,
        place_name=candidate.place_name,
        level=candidate.place.level,
        parts=[
            pb.AddressPart(
                written=part.written,
                adcode=part.named.place.adcode,
                name=part.named.name,
                naming=_NAMINGS[part.named.naming],
            )
            for part in candidate.parts
        ],
    )
