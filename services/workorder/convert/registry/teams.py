"""Teams, between messages and rows."""

from __future__ import annotations

from datetime import datetime

from kit.rpc.convert import instant_to_proto
from protos.workorder.v1 import registry_pb2 as pb
from services.workorder.domain.registry import registry
from services.workorder.tables.registry import TeamMemberRow, TeamRow


def row_from_proto(
    message: pb.Team, before: TeamRow | None, now: datetime, person_id: str
) -> TeamRow:
    """A team as it will be kept (``REGISTRY_INVALID``, naming the field)."""
    team_id = registry.require_code(message.team_id, "team.team_id")
    technician_ids = registry.require_codes(message.technician_ids, "team.technician_ids")
    return TeamRow(
        team_id=team_id,
        revision=before.revision + 1 if before else 1,
        name=registry.require_name(message.name, "team.name"),
        outlet_id=registry.require_code(message.outlet_id, "team.outlet_id", optional=True),
        leader_person_id=registry.require_code(
            message.leader_person_id, "team.leader_person_id", optional=True
        ),
        kind=registry.require_team_kind(message.kind),
        put_at=now,
        put_by_person_id=person_id,
        ended_at=None,
        members=[TeamMemberRow(team_id=team_id, technician_id=each) for each in technician_ids],
    )


def to_proto(row: TeamRow) -> pb.Team:
    """A team on the wire."""
    return pb.Team(
        team_id=row.team_id,
        revision=row.revision,
        name=row.name,
        outlet_id=row.outlet_id,
        leader_person_id=row.leader_person_id,
        kind=row.kind,
        technician_ids=[member.technician_id for member in row.members],
        put_at=instant_to_proto(row.put_at),
        put_by_person_id=row.put_by_person_id,
        ended_at=instant_to_proto(row.ended_at),
    )
