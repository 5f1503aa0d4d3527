"""Delegations of local pricing, between messages, rows and decisions."""

from __future__ import annotations

from datetime import datetime

from kit.rpc.convert import instant_from_proto, instant_to_proto
from protos.pricing.v1 import draft_pb2 as pb
from protos.pricing.v1.library_pb2 import CATALOGUE_UNSPECIFIED
from services.pricing.convert.items import CATALOGUES, catalogue_name
from services.pricing.domain.delegation import DelegatedPlace, Delegation
from services.pricing.tables import PriceDelegationRow


def delegation_from_proto(message: pb.PriceDelegation) -> Delegation:
    """What a message delegates, unchecked."""
    return Delegation(
        tuple(DelegatedPlace(p.place_code, tuple(p.places_above)) for p in message.places),
        tuple(message.item_codes),
        catalogue_name(message.catalogue),
        message.least_ratio,
        message.most_ratio,
        message.list_only,
    )


def delegation_from_row(row: PriceDelegationRow) -> Delegation:
    """What is delegated."""
    return Delegation(
        tuple(DelegatedPlace(p["place_code"], tuple(p["places_above"])) for p in row.places),
        tuple(row.item_codes),
        row.catalogue,
        row.least_ratio,
        row.most_ratio,
        row.list_only,
    )


def delegation_to_row(
    message: pb.PriceDelegation,
    delegation_id: str,
    before: PriceDelegationRow | None,
    now: datetime,
    by_person_id: str,
) -> PriceDelegationRow:
    """A checked delegation as it will be kept."""
    since = before.valid_from if before else now
    return PriceDelegationRow(
        delegation_id=delegation_id,
        price_book_code=message.price_book_code,
        person_id=message.person_id,
        role=message.role,
        places=[
            {"place_code": place.place_code, "places_above": list(place.places_above)}
            for place in message.places
        ],
        item_codes=list(message.item_codes),
        catalogue=catalogue_name(message.catalogue),
        least_ratio=message.least_ratio,
        most_ratio=message.most_ratio,
        list_only=message.list_only,
        valid_from=instant_from_proto(message.valid_from, "delegation.valid_from")
        if message.HasField("valid_from")
        else since,
        valid_until=instant_from_proto(message.valid_until, "delegation.valid_until")
        if message.HasField("valid_until")
        else None,
        revision=before.revision + 1 if before else 1,
        put_by_person_id=by_person_id,
    )


def delegation_to_proto(row: PriceDelegationRow) -> pb.PriceDelegation:
    """A delegation on the wire."""
    return pb.PriceDelegation(
        delegation_id=row.delegation_id,
        price_book_code=row.price_book_code,
        person_id=row.person_id,
        role=row.role,
        places=[pb.DelegatedPlace(**place) for place in row.places],
        item_codes=row.item_codes,
        catalogue=CATALOGUES[row.catalogue] if row.catalogue else CATALOGUE_UNSPECIFIED,
        least_ratio=row.least_ratio,
        most_ratio=row.most_ratio,
        list_only=row.list_only,
        valid_from=instant_to_proto(row.valid_from),
        valid_until=instant_to_proto(row.valid_until),
        revision=row.revision,
        put_by_person_id=row.put_by_person_id,
    )
