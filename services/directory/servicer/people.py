"""People, from their first day to their last."""

from __future__ import annotations

from datetime import datetime

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import AlreadyExists
from kit.ids import new_id
from kit.rpc.convert import page_info, page_size
from protos.directory.v1 import directory_pb2 as pb
from services.directory.convert.people import (
    leaving_to_proto,
    left_at_from_proto,
    person_from_proto,
    person_to_proto,
)
from services.directory.domain.organisation import check_leader
from services.directory.domain.people import STAFF_ROLES, check_leaving, check_person
from services.directory.servicer.base import (
    KEEPS_PEOPLE,
    Context,
    Rpcs,
    active_person,
    page_start,
    record_event,
)
from services.directory.store import organisation, outlets, people
from services.directory.store.rows import put
from services.directory.tables.people import PersonRow


class PersonRpcs(Rpcs):
    """People, from their first day to their last."""

    async def PutPerson(self, request: pb.PutPersonRequest, context: Context) -> pb.Person:
        current_actor().require_role(*KEEPS_PEOPLE)
        session, now, wanted = current_session(), self._clock.now(), request.person
        check_person(wanted.display_name, wanted.roles, wanted.department_ids)
        await self._check_regions(wanted.region_adcodes, now, "person")
        person_id = wanted.person_id or new_id("pe", now)
        await self._check_leader(person_id, wanted.leader_person_id)
        await people.lock(session, person_id)
        await self._check_references(person_id, wanted)
        known = await people.find(session, person_id)
        leaving = known.leaving if known else None
        row = await put(session, person_from_proto(wanted, person_id, leaving, now))
        person = person_to_proto(row)
        await record_event(pb.PersonPut(person=person), "person", person_id, now)
        if known is not None and leaving is None and row.leaving is not None:
            await _record_leaving(row, "", now)
        return person

    async def LeavePerson(self, request: pb.LeavePersonRequest, context: Context) -> pb.Person:
        current_actor().require_role(*KEEPS_PEOPLE)
        session, now = current_session(), self._clock.now()
        left_at, successor = left_at_from_proto(request, now), request.successor_person_id
        check_leaving(request.person_id, left_at, successor, request.reason, now)
        await people.lock(session, request.person_id, successor)
        row = await active_person(request.person_id, "person_id")
        if successor:
            await active_person(successor, "successor_person_id")
        row.left_at, row.successor_person_id = left_at, successor or None
        person = person_to_proto(row)
        await record_event(pb.PersonPut(person=person), "person", row.person_id, now)
        await _record_leaving(row, request.reason, now)
        return person

    async def GetPerson(self, request: pb.GetPersonRequest, context: Context) -> pb.Person:
        current_actor().require_role(*STAFF_ROLES)
        return self._person_today(await people.person(current_session(), request.person_id))

    async def ListPeople(
        self, request: pb.ListPeopleRequest, context: Context
    ) -> pb.ListPeopleResponse:
        current_actor().require_role(*STAFF_ROLES)
        after, size = page_start(request.page), page_size(request.page)
        rows = await people.people(
            current_session(), request.role, request.department_id, after, size + 1
        )
        return pb.ListPeopleResponse(
            people=[self._person_today(row) for row in rows[:size]],
            page=page_info([row.person_id for row in rows], size),
        )

    def _person_today(self, row: PersonRow) -> pb.Person:
        person = person_to_proto(row)
        person.region_adcodes[:] = self._renewed(row.region_adcodes)
        return person

    async def _check_leader(self, person_id: str, leader_person_id: str) -> None:
        if leader_person_id:
            session = current_session()
            await organisation.hold_still(session)
            await people.person(session, leader_person_id, "person.leader_person_id")
            check_leader(
                person_id, await organisation.leaders_named_above(session, leader_person_id)
            )

    async def _check_references(self, person_id: str, wanted: pb.Person) -> None:
        """Whether the outlet and the departments exist, and the WeCom member is nobody else."""
        session = current_session()
        if wanted.outlet_id:
            await outlets.outlet(session, wanted.outlet_id, "person.outlet_id")
        for number, department_id in enumerate(wanted.department_ids):
            field = f"person.department_ids[{number}]"
            await organisation.department(session, department_id, field)
        member = await people.person_with_wecom_userid(session, wanted.wecom_userid)
        if member is not None and member.person_id != person_id:
            raise AlreadyExists(
                "PERSON_WECOM_USERID_TAKEN",
                f"WeCom member {wanted.wecom_userid!r} is person {member.person_id!r} already",
                field="person.wecom_userid",
            )


async def _record_leaving(row: PersonRow, reason: str, now: datetime) -> None:
    await record_event(leaving_to_proto(row, reason), "person", row.person_id, now)
