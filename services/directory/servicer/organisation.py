"""Departments."""

from __future__ import annotations

from kit.authn import current_actor
from kit.db.session import current_session
from kit.ids import new_id
from kit.rpc.convert import page_info, page_size
from protos.directory.v1 import directory_pb2 as pb
from services.directory.convert.organisation import department_from_proto, department_to_proto
from services.directory.domain.organisation import check_department, check_parent
from services.directory.domain.people import STAFF_ROLES
from services.directory.servicer.base import KEEPS_PEOPLE, Context, Rpcs, page_start, record_event
from services.directory.store import organisation, people
from services.directory.store.rows import put


class OrganisationRpcs(Rpcs):
    """The tree of departments."""

    async def PutDepartment(
        self, request: pb.PutDepartmentRequest, context: Context
    ) -> pb.Department:
        current_actor().require_role(*KEEPS_PEOPLE)
        session, now, wanted = current_session(), self._clock.now(), request.department
        check_department(wanted.name)
        row = department_from_proto(wanted, wanted.department_id or new_id("dp", now))
        if row.leader_person_id:
            await people.person(session, row.leader_person_id, "department.leader_person_id")
        if row.parent_id:
            await organisation.hold_still(session)
            await organisation.department(session, row.parent_id, "department.parent_id")
            line = await organisation.departments_above(session, row.parent_id)
            check_parent(row.department_id, line)
        department = department_to_proto(await put(session, row))
        event = pb.DepartmentPut(department=department)
        await record_event(event, "department", row.department_id, now)
        return department

    async def ListDepartments(
        self, request: pb.ListDepartmentsRequest, context: Context
    ) -> pb.ListDepartmentsResponse:
        current_actor().require_role(*STAFF_ROLES)
        after, size = page_start(request.page), page_size(request.page)
        rows = await organisation.page(current_session(), after, size + 1)
        return pb.ListDepartmentsResponse(
            departments=[department_to_proto(row) for row in rows[:size]],
            page=page_info([row.department_id for row in rows], size),
        )
