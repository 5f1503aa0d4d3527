"""`gongdan technician`: who does the work, what they can do and when."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import RenderableType

from cli import registry_file
from cli.api import Refused, part, read_file
from cli.output import facts, moment, table, tell, text
from cli.pages import everything, first_page
from cli.times import end, instant
from cli.verb import api, noun, verb
from protos.workorder.v1 import registry_pb2, workorder_pb2

app = noun("technician", "Technicians 师傅: skills, territory, hours, calendars, files.")
registry_file.add_to(app, "TECHNICIANS")

_Id = Annotated[str, typer.Argument(metavar="TECHNICIAN")]


@verb(app, "list")
def list_technicians(
    outlet: Annotated[str, typer.Option(help="Only this outlet's")] = "",
    team: Annotated[str, typer.Option(help="Only this team's")] = "",
    skill: Annotated[str, typer.Option(help="Only who holds it")] = "",
    tag: Annotated[str, typer.Option(help="Only who has it, such as lang_en")] = "",
    territory: Annotated[str, typer.Option(help="Only who serves this adcode or zone")] = "",
    expires_by: Annotated[
        str, typer.Option(help="Only whose certificate is good no longer than this day")
    ] = "",
    active: Annotated[bool, typer.Option("--active", help="Only who takes work")] = False,
    all_pages: Annotated[bool, typer.Option("--all", help="Every page")] = False,
) -> None:
    """Technicians by id."""
    query = {
        "outlet_id": outlet,
        "team_id": team,
        "skill_code": skill,
        "tag": tag,
        "territory_code": territory,
        "certificate_expires_by": end(expires_by).isoformat() if expires_by else "",
        "active_only": "true" if active else "",
    }
    read = everything if all_pages else first_page
    found = read("/technicians", workorder_pb2.ListTechniciansResponse, "technicians", query)
    tell(found, _listed)


@verb(app)
def show(technician: _Id) -> None:
    """One technician."""
    tell(api().get(f"/technicians/{part(technician)}", workorder_pb2.Technician), _card)


@verb(app)
def put(
    technician: _Id,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON, as `show --json` gives it")],
) -> None:
    """Create a technician, or replace all that is known of them."""
    try:
        body = json.loads(read_file(file))
    except ValueError as error:
        raise Refused(f"{file} is no JSON: {error}", "INPUT_FILE_UNREADABLE") from error
    path = f"/technicians/{part(technician)}"
    tell(api().send("PUT", path, workorder_pb2.Technician, body), _card)


@verb(app)
def calendar(
    technician: _Id,
    start: Annotated[str, typer.Option("--from", help="Now")] = "",
    to: Annotated[str, typer.Option(help="Seven days later")] = "",
) -> None:
    """When a technician works: their hours without their absences."""
    query = {
        "starts_at": instant(start).isoformat() if start else "",
        "ends_at": end(to).isoformat() if to else "",
    }
    path = f"/technicians/{part(technician)}/calendar"
    tell(api().get(path, registry_pb2.TechnicianCalendar, **query), _calendar)


def _listed(answer: workorder_pb2.ListTechniciansResponse) -> RenderableType:
    rows = table("technician", "name", "outlet", "mode", "skills", "territory", "a day", "active")
    for one in answer.technicians:
        rows.add_row(
            one.technician_id,
            text(one.display_name),
            one.outlet_id,
            one.cooperation_mode,
            " ".join(map(_skill, one.skills)),
            " ".join(one.territory_codes),
            str(one.daily_capacity),
            "是" if one.active else "否",
        )
    return rows


def _skill(skill: workorder_pb2.Skill) -> str:
    until = moment(skill.certificate_expires_at)
    return f"{skill.skill_code}:{skill.level}" + (f" (至 {until})" if until else "")


def _card(one: workorder_pb2.Technician) -> RenderableType:
    hours = "; ".join(
        f"{each.weekday} {each.start_minute // 60:02}:{each.start_minute % 60:02}"
        f"-{each.end_minute // 60:02}:{each.end_minute % 60:02}"
        for each in one.working_hours
    )
    return facts(
        ("师傅 technician", one.technician_id),
        ("姓名 name", text(one.display_name)),
        ("网点 outlet", one.outlet_id),
        ("合作模式 mode", one.cooperation_mode),
        ("技能 skills", "; ".join(map(_skill, one.skills))),
        ("服务区域 territory", " ".join(one.territory_codes)),
        ("每日单量 a day", str(one.daily_capacity)),
        ("每日分钟上限 minutes a day", str(one.most_minutes_per_day or "")),
        ("工作时间 hours", hours or "随时 at any time"),
        ("标签 tags", " ".join(one.tags)),
        ("车辆库位 vehicle stock", one.vehicle_location_id),
        ("评分 rating", f"{one.rating_hundredths / 100:.2f}" if one.rating_hundredths else ""),
        ("在岗 active", "是 yes" if one.active else "否 no"),
    )


def _calendar(found: registry_pb2.TechnicianCalendar) -> list[RenderableType]:
    rows = table("上班 from", "下班 to")
    for span in found.available:
        rows.add_row(moment(span.starts_at), moment(span.ends_at))
    away = table("缺勤 absent from", "to")
    for absence in found.absences:
        away.add_row(
            moment(absence.starts_at), moment(absence.ends_at) or "另行通知 further notice"
        )
    return [rows, away] if found.absences else [rows]
