"""The directory's absences, from the events of those who keep them, and technicians' calendars."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kit.rpc.convert import instant_from_proto, instant_to_proto
from protos.directory.v1 import directory_pb2
from protos.events.v1 import events_pb2
from protos.workorder.v1 import registry_pb2 as pb
from services.workorder.convert.registry import technicians
from services.workorder.domain.registry.working_hours import Absence, Span, Stretch
from services.workorder.tables.registry import TechnicianAbsenceRow


def absence_of(event: events_pb2.DomainEvent) -> TechnicianAbsenceRow | None:
    """The absence that an event tells of, as it stands since; None: it tells of something else."""
    told: directory_pb2.AbsencePut | directory_pb2.AbsenceCancelled = directory_pb2.AbsencePut()
    if not event.payload.Unpack(told):
        told = directory_pb2.AbsenceCancelled()
        if not event.payload.Unpack(told):
            return None
    absence = told.absence
    has_end = absence.HasField("ends_at")
    return TechnicianAbsenceRow(
        absence_id=absence.absence_id,
        technician_id=absence.person_id,
        starts_at=instant_from_proto(absence.starts_at, "events.payload.starts_at"),
        ends_at=instant_from_proto(absence.ends_at, "events.payload.ends_at") if has_end else None,
        cancelled=absence.HasField("cancelled_at"),
        revision=event.aggregate_sequence,
    )


def calendar_to_proto(
    technician_id: str,
    spans: Iterable[Span],
    absences: Iterable[TechnicianAbsenceRow],
    hours: Sequence[Stretch],
) -> pb.TechnicianCalendar:
    """When a technician works."""
    return pb.TechnicianCalendar(
        technician_id=technician_id,
        available=[
            pb.AvailableTime(
                starts_at=instant_to_proto(span.starts_at), ends_at=instant_to_proto(span.ends_at)
            )
            for span in spans
        ],
        absences=[
            pb.TechnicianAbsence(
                absence_id=row.absence_id,
                starts_at=instant_to_proto(row.starts_at),
                ends_at=instant_to_proto(row.ends_at),
            )
            for row in absences
        ],
        working_hours=[technicians.hours_to_proto(stretch) for stretch in hours],
    )


def absence_from_row(row: TechnicianAbsenceRow) -> Absence:
    """An absence as it bounds working time."""
    return Absence(row.starts_at, row.ends_at)
