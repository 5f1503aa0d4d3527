"""Absences."""

from __future__ import annotations

from kit.authn import current_actor
from kit.db.session import current_session
from kit.ids import new_id
from kit.rpc.convert import page_info, page_size
from protos.directory.v1 import directory_pb2 as pb
from services.directory.convert.absences import (
    absence_from_proto,
    absence_to_proto,
    period_from_proto,
)
from services.directory.domain.absences import (
    check_absence,
    check_change,
    check_may_declare,
    check_no_overlap,
)
from services.directory.domain.people import STAFF_ROLES
from services.directory.servicer.base import (
    Context,
    Rpcs,
    active_person,
    page_start,
    record_event,
)
from services.directory.store import absences, people
from services.directory.store.rows import put


class AbsenceRpcs(Rpcs):
    """When people take no work, and who takes it meanwhile."""

    async def PutAbsence(self, request: pb.PutAbsenceRequest, context: Context) -> pb.Absence:
        session, now, wanted = current_session(), self._clock.now(), request.absence
        check_may_declare(current_actor(), wanted.person_id)
        period = period_from_proto(wanted, now)
        check_absence(wanted.person_id, wanted.proxy_person_id, period, now)
        await people.lock(session, wanted.person_id)
        await active_person(wanted.person_id, "absence.person_id")
        if wanted.proxy_person_id:
            await active_person(wanted.proxy_person_id, "absence.proxy_person_id")
        row = absence_from_proto(wanted, wanted.absence_id or new_id("ab", now), period)
        known = await absences.find(session, row.absence_id)
        if known is not None:
            check_change(known, row.person_id, now)
        others = await absences.lasting_beyond(session, row.person_id, period.starts_at)
        check_no_overlap(row.absence_id, period, others)
        absence = absence_to_proto(await put(session, row))
        event = pb.AbsencePut(absence=absence)
        await record_event(event, "absence", absence.absence_id, now)
        return absence

    async def CancelAbsence(self, request: pb.CancelAbsenceRequest, context: Context) -> pb.Absence:
        session, now = current_session(), self._clock.now()
        row = await absences.absence(session, request.absence_id)
        check_may_declare(current_actor(), row.person_id)
        check_change(row, row.person_id, now)
        row.cancelled_at = now
        absence = absence_to_proto(row)
        event = pb.AbsenceCancelled(absence=absence)
        await record_event(event, "absence", row.absence_id, now)
        return absence

    async def ListAbsences(
        self, request: pb.ListAbsencesRequest, context: Context
    ) -> pb.ListAbsencesResponse:
        current_actor().require_role(*STAFF_ROLES)
        after, size = page_start(request.page), page_size(request.page)
        not_over_at = None if request.include_past else self._clock.now()
        rows = await absences.page(
            current_session(), request.person_id, not_over_at, after, size + 1
        )
        return pb.ListAbsencesResponse(
            absences=[absence_to_proto(row) for row in rows[:size]],
            page=page_info([row.absence_id for row in rows], size),
        )
