"""People and outlets, between messages and rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

from kit.rpc.convert import instant_from_proto, instant_to_proto
from protos.directory.v1 import directory_pb2 as pb
from services.directory.domain.people import Leaving, leaving_as_put
from services.directory.domain.substitution import Taker
from services.directory.tables.people import DepartmentMemberRow, OutletRow, PersonRow

_PUT_STATES: Final[dict[int, Literal["active", "left", ""]]] = {
    pb.PERSON_STATE_ACTIVE: "active",
    pb.PERSON_STATE_LEFT: "left",
}


def person_from_proto(
    message: pb.Person, person_id: str, known: Leaving | None, now: datetime
) -> PersonRow:
    """A person as they will be kept.

    Args:
        message: the person as put.
        person_id: their id.
        known: whether they left, as it is so far.
        now: the present instant.
    """
    leaving = leaving_as_put(_PUT_STATES.get(message.state, ""), known, now)
    return PersonRow(
        person_id=person_id,
        display_name=message.display_name,
        roles=list(message.roles),
        region_adcodes=list(message.region_adcodes),
        outlet_id=message.outlet_id or None,
        leader_person_id=message.leader_person_id or None,
        wecom_userid=message.wecom_userid or None,
        left_at=leaving.left_at if leaving else None,
        successor_person_id=leaving.successor_person_id if leaving else None,
        memberships=[
            DepartmentMemberRow(person_id=person_id, department_id=department_id, rank=rank)
            for rank, department_id in enumerate(message.department_ids)
        ],
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
        state=pb.PERSON_STATE_LEFT if row.leaving else pb.PERSON_STATE_ACTIVE,
        department_ids=[membership.department_id for membership in row.memberships],
        left_at=instant_to_proto(row.left_at),
        successor_person_id=row.successor_person_id or "",
    )


def left_at_from_proto(message: pb.LeavePersonRequest, now: datetime) -> datetime:
    """When a person left; now when nothing else is said.

    Raises:
        InvalidArgument: ``INSTANT_INVALID``.
    """
    return instant_from_proto(message.left_at, "left_at") if message.HasField("left_at") else now


def leaving_to_proto(row: PersonRow, reason: str) -> pb.PersonLeft:
    """That a person left, as an event."""
    return pb.PersonLeft(
        person_id=row.person_id,
        left_at=instant_to_proto(row.left_at),
        successor_person_id=row.successor_person_id or "",
        reason=reason.strip(),
    )


def assignees_to_proto(taken: Sequence[Taker]) -> pb.ResolveAssigneesResponse:
    """Who takes the work, each once, and in whose place."""
    return pb.ResolveAssigneesResponse(
        person_ids=dict.fromkeys(taker.person_id for taker in taken),
        substitutions=[
            pb.Substitution(person_id=taker.person_id, on_behalf_of_person_id=taker.meant_person_id)
            for taker in taken
            if taker.person_id != taker.meant_person_id
        ],
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
