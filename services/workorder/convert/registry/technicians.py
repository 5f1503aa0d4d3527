"""Technicians on the wire."""

from __future__ import annotations

from datetime import datetime

from kit.errors import InvalidArgument
from kit.rpc.convert import instant_to_proto
from protos.workorder.v1 import workorder_pb2
from services.workorder.convert.places import instant_if_given, point_from_proto, point_to_proto
from services.workorder.domain.registry import registry, skill, technician, working_hours
from services.workorder.tables.technicians import TechnicianRow, TechnicianSkillRow

_MOST_PER_DAY = 100
_DAY_MINUTES = 24 * 60


def row_from_proto(
    message: workorder_pb2.Technician, now: datetime, person_id: str
) -> TechnicianRow:
    """The rows of a technician as they were put.

    Raises:
        InvalidArgument: ``TECHNICIAN_INVALID`` or a ``LOCATION_…``, naming the field.
    """
    home = point_from_proto(message.home, present=message.HasField("home"), field="technician.home")
    return TechnicianRow(
        technician_id=technician.require_name(message.technician_id, "technician.technician_id"),
        display_name=technician.require_name(message.display_name, "technician.display_name"),
        outlet_id=message.outlet_id,
        cooperation_mode=technician.require_cooperation_mode(
            message.cooperation_mode, "technician.cooperation_mode"
        ),
        territory_codes=sorted(set(message.territory_codes)),
        home_longitude=home and home.longitude,
        home_latitude=home and home.latitude,
        daily_capacity=_within(message.daily_capacity, 0, _MOST_PER_DAY, "daily_capacity"),
        rating_hundredths=message.rating_hundredths
        and _within(message.rating_hundredths, 100, 500, "rating_hundredths"),
        active=message.active,
        working_hours=_stored_hours(message),
        tags=registry.require_codes(message.tags, "technician.tags"),
        vehicle_location_id=registry.require_code(
            message.vehicle_location_id, "technician.vehicle_location_id", optional=True
        ),
        most_minutes_per_day=_within(
            message.most_minutes_per_day, 0, _DAY_MINUTES, "most_minutes_per_day"
        )
        or None,
        put_at=now,
        put_by_person_id=person_id,
        skills=_skill_rows(message),
    )


def to_proto(row: TechnicianRow) -> workorder_pb2.Technician:
    """A technician as they stand."""
    return workorder_pb2.Technician(
        technician_id=row.technician_id,
        display_name=row.display_name,
        outlet_id=row.outlet_id,
        cooperation_mode=row.cooperation_mode,
        skills=[
            workorder_pb2.Skill(
                skill_code=held.skill_code,
                level=held.level,
                certificate_expires_at=instant_to_proto(held.certificate_expires_at),
            )
            for held in row.skills
        ],
        territory_codes=row.territory_codes,
        home=point_to_proto(row.home_longitude, row.home_latitude),
        daily_capacity=row.daily_capacity,
        rating_hundredths=row.rating_hundredths,
        active=row.active,
        working_hours=[hours_to_proto(stretch) for stretch in hours_of(row)],
        tags=row.tags,
        vehicle_location_id=row.vehicle_location_id,
        most_minutes_per_day=row.most_minutes_per_day or 0,
    )


def hours_of(row: TechnicianRow) -> tuple[working_hours.Stretch, ...]:
    """When a technician works, in order."""
    return tuple(working_hours.Stretch(**stored) for stored in row.working_hours)


def hours_to_proto(stretch: working_hours.Stretch) -> workorder_pb2.WorkingHours:
    """A stretch of a weekday on the wire."""
    return workorder_pb2.WorkingHours(
        weekday=stretch.weekday,
        start_minute=stretch.start_minute,
        end_minute=stretch.end_minute,
    )


def _stored_hours(message: workorder_pb2.Technician) -> list[dict[str, int]]:
    given = [
        working_hours.Stretch(one.weekday, one.start_minute, one.end_minute)
        for one in message.working_hours
    ]
    return [
        {name: getattr(stretch, name) for name in working_hours.Stretch.__slots__}
        for stretch in working_hours.require_hours(given, "technician.working_hours")
    ]


def _skill_rows(message: workorder_pb2.Technician) -> list[TechnicianSkillRow]:
    rows: dict[str, TechnicianSkillRow] = {}
    for position, held in enumerate(message.skills):
        field = f"skills[{position}]"
        if not skill.is_skill_code(held.skill_code) or held.skill_code in rows:
            raise InvalidArgument(
                "TECHNICIAN_INVALID",
                f"{held.skill_code!r} must be a skill code, and stand here once",
                field=f"technician.{field}.skill_code",
                details={"zh": f"{held.skill_code!r} 不是技能代码，或写了两次。"},
            )
        rows[held.skill_code] = TechnicianSkillRow(
            technician_id=message.technician_id.strip(),
            skill_code=held.skill_code,
            level=_within(held.level, skill.LOWEST_LEVEL, skill.HIGHEST_LEVEL, f"{field}.level"),
            certificate_expires_at=instant_if_given(
                held.certificate_expires_at,
                present=held.HasField("certificate_expires_at"),
                field=f"technician.{field}.certificate_expires_at",
            ),
        )
    return [rows[code] for code in sorted(rows)]


def _within(value: int, least: int, most: int, field: str) -> int:
    if not least <= value <= most:
        raise InvalidArgument(
            "TECHNICIAN_INVALID",
            f"{field} is {least} to {most}, not {value}",
            field=f"technician.{field}",
            details={"zh": f"应为 {least} 到 {most}，不能是 {value}。"},
        )
    return value
