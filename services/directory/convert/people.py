"""People and outlets, between messages and rows."""

from __future__ import annotations

from typing import Final

from protos.directory.v1 import directory_pb2 as pb
from services.directory.tables import OutletRow, PersonRow

_PERSON_STATES: Final = {"active": pb.PERSON_STATE_ACTIVE, "left": pb.PERSON_STATE_LEFT}


def person_from_proto(message: pb.Person, person_id: str) -> PersonRow:
    """A person as they will be kept; active when nothing else is said."""
    return PersonRow(
        person_id=person_id,
        display_name=message.display_name,
        roles=list(message.roles),
        region_adcodes=list(message.region_adcodes),
        outlet_id=message.outlet_id or None,
        leader_person_id=message.leader_person_id or None,
        wecom_userid=message.wecom_userid or None,
        state="left" if message.state == pb.PERSON_STATE_LEFT else "active",
    )


def person_to_proto(row: PersonRow) -> pb.Person:
    """A person on the wire."""
    return pb.Person(
        person_id=row.person_id,
        display_name=row.display_name,
        roles=row.roles,
        region_adcodes=row.region_adcodes,
        outlet_id=row.outlet_id or "",
        leader_person_id=row.leader_person_id or "",
        wecom_userid=row.wecom_userid or "",
        state=_PERSON_STATES[row.state],
    )


def outlet_from_proto(message: pb.Outlet, outlet_id: str) -> OutletRow:
    """An outlet as it will be kept; run by the company itself when nothing else is said."""
    return OutletRow(
        outlet_id=outlet_id,
        name=message.name,
        region_adcodes=list(message.region_adcodes),
        cooperation_mode=message.cooperation_mode or "direct",
    )


def outlet_to_proto(row: OutletRow) -> pb.Outlet:
    """An outlet on the wire."""
    return pb.Outlet(
        outlet_id=row.outlet_id,
        name=row.name,
        region_adcodes=row.region_adcodes,
        cooperation_mode=row.cooperation_mode,
    )
