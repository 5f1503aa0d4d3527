"""People, and who of them may take a user task."""

from __future__ import annotations

from collections.abc import Sequence

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import AlreadyExists
from kit.ids import new_id
from kit.rpc.convert import page_info, page_size
from protos.directory.v1 import directory_pb2 as pb
from services.directory.convert.people import person_from_proto, person_to_proto
from services.directory.domain.people import STAFF_ROLES, check_person, rank_assignees
from services.directory.servicer.base import KEEPS_PEOPLE, Context, Rpcs, page_start, record_event
from services.directory.store import outlets, people
from services.directory.store.rows import put


class PersonRpcs(Rpcs):
    """People, and who of them may take a user task."""

    async def PutPerson(self, request: pb.PutPersonRequest, context: Context) -> pb.Person:
        current_actor().require_role(*KEEPS_PEOPLE)
        session, now, wanted = current_session(), self._clock.now(), request.person
        check_person(wanted.display_name, wanted.roles)
        self._check_regions(wanted.region_adcodes, now, "person")
        if wanted.outlet_id:
            await outlets.outlet(session, wanted.outlet_id, "person.outlet_id")
        row = person_from_proto(wanted, wanted.person_id or new_id("pe", now))
        if row.wecom_userid:
            member = await people.person_with_wecom_userid(session, row.wecom_userid)
            if member is not None and member.person_id != row.person_id:
                raise AlreadyExists(
                    "PERSON_WECOM_USERID_TAKEN",
                    f"WeCom member {row.wecom_userid!r} is person {member.person_id!r} already",
                    field="person.wecom_userid",
                )
        person = person_to_proto(await put(session, row))
        await record_event(pb.PersonPut(person=person), "person", row.person_id, now)
        return person

    async def GetPerson(self, request: pb.GetPersonRequest, context: Context) -> pb.Person:
        current_actor().require_role(*STAFF_ROLES)
        return person_to_proto(await people.person(current_session(), request.person_id))

    async def ListPeople(
        self, request: pb.ListPeopleRequest, context: Context
    ) -> pb.ListPeopleResponse:
        current_actor().require_role(*STAFF_ROLES)
        after, size = page_start(request.page), page_size(request.page)
        rows = await people.people(current_session(), request.role, after, size + 1)
        return pb.ListPeopleResponse(
            people=[person_to_proto(row) for row in rows[:size]],
            page=page_info([row.person_id for row in rows], size),
        )

    async def ResolveAssignees(
        self, request: pb.ResolveAssigneesRequest, context: Context
    ) -> pb.ResolveAssigneesResponse:
        current_actor().require_role(*STAFF_ROLES)
        path: Sequence[str] = ()
        if request.region_adcode:
            path = self._path(request.region_adcode, self._clock.now(), "region_adcode")
        holders = await people.active_holders(current_session(), request.role, request.outlet_id)
        return pb.ResolveAssigneesResponse(person_ids=rank_assignees(holders, path))
