"""Teams: put, read, listed, ended."""

from __future__ import annotations

from datetime import datetime

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import InvalidArgument
from kit.rpc.convert import decode_page_token, page_info, page_size
from kit.rpc.events import record
from protos.workorder.v1 import registry_pb2 as pb
from protos.workorder.v1.registry_pb2_grpc import RegistryServiceServicer
from services.workorder.convert.registry import teams as protos
from services.workorder.domain import access
from services.workorder.domain.registry import registry
from services.workorder.servicer.base import Context, Rpcs
from services.workorder.store.registry import teams
from services.workorder.tables.registry import TeamRow


class TeamRpcs(Rpcs, RegistryServiceServicer):
    """Who works together."""

    async def PutTeam(self, request: pb.PutTeamRequest, context: Context) -> pb.Team:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role(*access.STAFFING)
        wanted = request.team
        registry.require_outlet_of(actor, wanted.outlet_id)
        before = await teams.find(session, wanted.team_id, lock=True)
        if before is not None:
            registry.require_outlet_of(actor, before.outlet_id)
        registry.check_revision(wanted.team_id, wanted.revision, before.revision if before else 0)
        row = protos.row_from_proto(wanted, before, now, actor.person_id)
        await _require_technicians(row)
        return await _told(await teams.put(session, row), now)

    async def GetTeam(self, request: pb.GetTeamRequest, context: Context) -> pb.Team:
        current_actor().require_role(*access.OFFICE, "technician")
        return protos.to_proto(await teams.read(current_session(), request.team_id))

    async def ListTeams(
        self, request: pb.ListTeamsRequest, context: Context
    ) -> pb.ListTeamsResponse:
        current_actor().require_role(*access.OFFICE, "technician")
        size = page_size(request.page)
        (after,) = decode_page_token(request.page, 1) or ("",)
        wanted = teams.Wanted(
            request.outlet_id, request.kind, request.technician_id, request.include_ended
        )
        rows = await teams.page(current_session(), wanted, after, size + 1)
        return pb.ListTeamsResponse(
            teams=[protos.to_proto(row) for row in rows[:size]],
            page=page_info([row.team_id for row in rows], size),
        )

    async def EndTeam(self, request: pb.EndTeamRequest, context: Context) -> pb.Team:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role(*access.STAFFING)
        row = await teams.read(session, request.team_id, lock=True)
        registry.require_outlet_of(actor, row.outlet_id)
        registry.check_revision(row.team_id, request.revision, row.revision)
        registry.check_not_ended(row.team_id, row.ended_at)
        row.members = []
        row.revision += 1
        row.ended_at, row.put_at, row.put_by_person_id = now, now, actor.person_id
        return await _told(row, now)


async def _require_technicians(row: TeamRow) -> None:
    """Refuse a member who is no technician (``TEAM_MEMBER_UNKNOWN``)."""
    ids = [member.technician_id for member in row.members]
    unknown = await teams.unknown_of(current_session(), ids)
    if unknown:
        raise InvalidArgument(
            "TEAM_MEMBER_UNKNOWN",
            f"no technician: {', '.join(sorted(unknown))}; put them as technicians first",
            field="team.technician_ids",
        )


async def _told(row: TeamRow, now: datetime) -> pb.Team:
    await current_session().flush()
    team = protos.to_proto(row)
    await record(pb.TeamPut(team=team), aggregate=("team", row.team_id), occurred_at=now)
    return team
