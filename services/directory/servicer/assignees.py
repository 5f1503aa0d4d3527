"""Who can take a user task."""

from __future__ import annotations

from collections.abc import Sequence

from kit.authn import current_actor
from kit.db.session import current_session
from protos.directory.v1 import directory_pb2 as pb
from services.directory.convert.people import assignees_to_proto
from services.directory.domain.assignees import check_question, rank_assignees
from services.directory.domain.organisation import leader_above
from services.directory.domain.people import STAFF_ROLES
from services.directory.domain.substitution import takers
from services.directory.servicer.base import Context, Rpcs
from services.directory.store import organisation, people


class AssigneeRpcs(Rpcs):
    """Whom a rule means, and who stands in for them."""

    async def ResolveAssignees(
        self, request: pb.ResolveAssigneesRequest, context: Context
    ) -> pb.ResolveAssigneesResponse:
        current_actor().require_role(*STAFF_ROLES)
        check_question(request)
        meant = await self._meant(request)
        colleagues = await people.colleagues(current_session(), meant, self._clock.now())
        return assignees_to_proto(takers(meant, colleagues, request.exclude_person_ids))

    async def _meant(self, request: pb.ResolveAssigneesRequest) -> Sequence[str]:
        """Whom the rule means, before anybody stands in for them."""
        session = current_session()
        if request.role:
            path: Sequence[str] = ()
            if request.region_adcode:
                path = await self._path(request.region_adcode, self._clock.now(), "region_adcode")
            holders = await people.active_holders(session, request.role, request.outlet_id)
            return rank_assignees(
                (
                    holder._replace(region_adcodes=self._renewed(holder.region_adcodes))
                    for holder in holders
                ),
                path,
            )
        if request.leader_of_person_id:
            led = request.leader_of_person_id
            members = await organisation.leading_members(session, led)
            departments = await organisation.departments(session)
            leader = leader_above(led, request.levels or 1, members, departments)
            return [leader] if leader else []
        return request.person_ids
