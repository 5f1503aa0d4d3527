"""Absences, between messages and rows."""

from __future__ import annotations

from datetime import datetime

from kit.rpc.convert import instant_from_proto, instant_to_proto
from protos.directory.v1 import directory_pb2 as pb
from services.directory.domain.absences import Period
from services.directory.tables.people import AbsenceRow


def period_from_proto(message: pb.Absence, now: datetime) -> Period:
    """When the person is absent; from now on when nothing else is said.

    Raises:
        InvalidArgument: ``INSTANT_INVALID``.
    """
    starts_at, ends_at = now, None
    if message.HasField("starts_at"):
        starts_at = instant_from_proto(message.starts_at, "absence.starts_at")
    if message.HasField("ends_at"):
        ends_at = instant_from_proto(message.ends_at, "absence.ends_at")
    return Period(starts_at, ends_at)


def absence_from_proto(message: pb.Absence, absence_id: str, period: Period) -> AbsenceRow:
    """An absence as it will be kept."""
    return AbsenceRow(
        absence_id=absence_id,
        person_id=message.person_id,
        starts_at=period.starts_at,
        ends_at=period.ends_at,
        proxy_person_id=message.proxy_person_id or None,
        reason=message.reason,
        cancelled_at=None,
    )


def absence_to_proto(row: AbsenceRow) -> pb.Absence:
    """An absence on the wire."""
    return pb.Absence(
        absence_id=row.absence_id,
        person_id=row.person_id,
        starts_at=instant_to_proto(row.starts_at),
        ends_at=instant_to_proto(row.ends_at),
        proxy_person_id=row.proxy_person_id or "",
        reason=row.reason,
        cancelled_at=instant_to_proto(row.cancelled_at),
    )
