"""Technicians as rows of a file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from kit.rpc.convert import instant_from_proto, instant_to_proto
from kit.spreadsheet.records import Column, Unreadable
from protos.common.v1 import place_pb2
from protos.workorder.v1 import workorder_pb2 as pb
from services.workorder.convert.registry.technicians import hours_to_proto
from services.workorder.convert.sheets.sheets import Layout, text_column
from services.workorder.domain.geo import COORDINATE_SYSTEM
from services.workorder.domain.registry import cells, working_hours
from services.workorder.domain.registry.working_hours import Stretch

_SKILL: Final = re.compile(r"(?P<code>[^\s:@]+)(:(?P<level>[0-9]+))?(@(?P<until>\S+))?")
#: What a new technician takes on, unless the file says otherwise.
_CAPACITY: Final = 4


def _read_skills(text: str) -> list[pb.Skill]:
    skills = []
    for piece in cells.read_codes(text.replace("：", ":")):
        found = _SKILL.fullmatch(piece)
        if found is None:
            raise Unreadable(
                f"{piece!r}: write a skill as code:level@last-day, such as"
                " work_at_height:3@2027-03-01",
                f"{piece!r}：技能请写成 代码:等级@证书有效期，如 work_at_height:3@2027-03-01。",
            )
        skill = pb.Skill(skill_code=found["code"], level=int(found["level"] or 1))
        if found["until"]:
            skill.certificate_expires_at.CopyFrom(instant_to_proto(cells.read_end(found["until"])))  # type: ignore[arg-type]  # there is one
        skills.append(skill)
    return sorted(skills, key=lambda skill: skill.skill_code)


def _write_skills(technician: pb.Technician) -> str:
    return " ".join(map(_write_skill, technician.skills))


def _write_skill(skill: pb.Skill) -> str:
    text = f"{skill.skill_code}:{skill.level}"
    if not skill.HasField("certificate_expires_at"):
        return text
    return f"{text}@{cells.write_end(instant_from_proto(skill.certificate_expires_at))}"


def _read_hours(text: str) -> list[pb.WorkingHours]:
    try:
        hours = working_hours.read_hours(text)
    except ValueError as error:
        raise Unreadable(
            f"{error}: write hours as 1-5 09:00-18:00; 6 10:00-16:00, Monday being 1",
            f"{error}：工作时间请写成 1-5 09:00-18:00; 6 10:00-16:00（周一为 1）。",
        ) from error
    return [hours_to_proto(stretch) for stretch in sorted(hours)]


def _write_hours(technician: pb.Technician) -> str:
    return working_hours.write_hours(_stretches(technician.working_hours))


def _stretches(hours: Iterable[pb.WorkingHours]) -> Iterable[Stretch]:
    return (Stretch(one.weekday, one.start_minute, one.end_minute) for one in hours)


def read_location(text: str) -> place_pb2.Location | None:
    """A point as files say it."""
    found = cells.read_point(text)
    if found is None:
        return None
    return place_pb2.Location(
        longitude=found[0], latitude=found[1], coordinate_system=COORDINATE_SYSTEM
    )


def write_location(location: place_pb2.Location, *, present: bool) -> str:
    """A point in a file."""
    return cells.write_point(location.longitude, location.latitude) if present else ""


def _read_list(text: str) -> list[str]:
    return sorted(set(cells.read_codes(text)))


LAYOUT: Final[Layout[pb.Technician]] = Layout(
    names=("师傅", "technicians"),
    columns=(
        text_column("technician_id", "编号", "technician"),
        text_column("display_name", "姓名", "name"),
        text_column("outlet_id", "网点", "outlet"),
        text_column("cooperation_mode", "合作模式", "cooperation mode"),
        Column("skills", "技能", "skills", _read_skills, _write_skills),
        Column(
            "territory_codes",
            "服务区域",
            "territory",
            _read_list,
            lambda technician: cells.write_codes(technician.territory_codes),
        ),
        Column(
            "home",
            "住址坐标",
            "home",
            read_location,
            lambda technician: write_location(technician.home, present=technician.HasField("home")),
        ),
        Column(
            "daily_capacity",
            "每日单量",
            "daily capacity",
            cells.read_number,
            lambda technician: str(technician.daily_capacity),
        ),
        Column(
            "most_minutes_per_day",
            "每日分钟上限",
            "minutes a day",
            cells.read_number,
            lambda technician: str(technician.most_minutes_per_day or ""),
        ),
        Column("working_hours", "工作时间", "working hours", _read_hours, _write_hours),
        Column(
            "tags",
            "标签",
            "tags",
            _read_list,
            lambda technician: cells.write_codes(technician.tags),
        ),
        text_column("vehicle_location_id", "车辆库位", "vehicle stock"),
        Column(
            "active",
            "在岗",
            "active",
            cells.read_flag,
            lambda technician: cells.write_flag(technician.active),
        ),
    ),
    key="technician_id",
    holder="technician.",
    blank=lambda: pb.Technician(active=True, daily_capacity=_CAPACITY),
)
