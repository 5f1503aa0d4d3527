"""What happens on site: reports of devices, the record, flags, fee events, rules, checklists."""

from __future__ import annotations

from typing import Final, cast

from fastapi import APIRouter
from google.protobuf.message import Message

from protos.workorder.v1 import on_site_pb2
from services.gateway import store
from services.gateway.edge import Edge
from services.gateway.rpc_routes import expose
from services.gateway.tables import FileRow

_SERVICE: Final = "workorder.v1.OnSiteService"

_REPORT: Final = {
    "device_id": "phone-7",
    "sent_at": "2026-03-02T12:05:00+08:00",
    "commands": [
        {
            "command_id": "phone-7.0001",
            "occurred_at": "2026-03-02T09:02:00+08:00",
            "check_in": {"location": {"longitude": 116.46, "latitude": 39.92}, "accuracy_m": 20},
        },
        {
            "command_id": "phone-7.0002",
            "occurred_at": "2026-03-02T09:05:00+08:00",
            "work_clock": {"verb": "WORK_CLOCK_VERB_START"},
        },
        {
            "command_id": "phone-7.0003",
            "occurred_at": "2026-03-02T09:40:00+08:00",
            "evidence": {"kind": "EVIDENCE_KIND_BEFORE", "file_id": "fl_….jpg"},
        },
    ],
}
_RULE: Final = {
    "stage": "install",
    "geofence_radius_m": 300,
    "outside_geofence": "OUTSIDE_GEOFENCE_REFUSE",
    "near_duplicate_days": 90,
    "near_duplicate_bits": 6,
    "wasted_trip_minutes": 20,
    "free_waiting_minutes": 15,
}
_CHECKLIST: Final = {
    "name": "空调安装自检",
    "stage": "install",
    "active": True,
    "items": [
        {
            "item_key": "pressure",
            "text": "运行压力",
            "kind": "CHECKLIST_ITEM_KIND_NUMBER",
            "required": True,
            "least": "0.8",
            "most": "1.2",
            "unit": "MPa",
        }
    ],
}


async def _say_what_files_are(edge: Edge, message: Message) -> None:
    """Say of every file that a report names what its bytes are and look like, whatever the device
    says; of one that was not uploaded, nothing."""
    report = cast(on_site_pb2.ReportOnSiteRequest, message)
    named = [each.evidence for each in report.commands if each.HasField("evidence")]
    answers = [each.answer for each in report.commands if each.answer.HasField("file_id")]
    file_ids = {each.file_id for each in named} | {each.file_id for each in answers}
    files = await _files(edge, file_ids)
    for evidence in named:
        file = files.get(evidence.file_id)
        evidence.sha256 = file.content_hash.hex() if file else ""
        evidence.perceptual_hash = file.perceptual_hash if file else ""
    for answer in answers:
        if answer.file_id not in files:
            answer.file_id = ""


async def _files(edge: Edge, file_ids: set[str]) -> dict[str, FileRow]:
    if not file_ids:
        return {}
    async with edge.database.transaction(read_only=True) as session:
        return await store.files(session, file_ids)


on_site = APIRouter(prefix="/work-orders", tags=["on-site 现场"])
expose(
    on_site,
    "GET",
    "/{work_order_id}/on-site",
    f"{_SERVICE}/GetOnSiteRecord",
    "Everything that happened on site, in order",
)
expose(
    on_site,
    "POST",
    "/{work_order_id}/on-site/reports",
    f"{_SERVICE}/ReportOnSite",
    "What a device has to tell; each command is answered for itself",
    example=_REPORT,
    check=_say_what_files_are,
)

flags = APIRouter(prefix="/on-site-flags", tags=["on-site 现场"])
expose(flags, "GET", "", f"{_SERVICE}/ListOnSiteFlags", "What the office should look at")
expose(
    flags,
    "POST",
    "/{flag_id}/review",
    f"{_SERVICE}/ReviewOnSiteFlag",
    "What it was, said once; not by whoever is flagged",
    example={"verdict": "explained", "reason": "地下车库没有信号"},
)

fee_events = APIRouter(prefix="/fee-events", tags=["on-site 现场"])
expose(
    fee_events,
    "GET",
    "",
    f"{_SERVICE}/ListFeeEvents",
    "Wasted trips, waiting and second visits",
)

rules = APIRouter(prefix="/on-site-rules", tags=["on-site 现场"])
expose(rules, "GET", "", f"{_SERVICE}/ListOnSiteRules", "Rules, the one put last first")
expose(
    rules,
    "POST",
    "",
    f"{_SERVICE}/PutOnSiteRule",
    "A rule for work orders made from now on",
    body="on_site_rule",
    example=_RULE,
)

checklists = APIRouter(prefix="/checklists", tags=["on-site 现场"])
expose(
    checklists,
    "GET",
    "",
    f"{_SERVICE}/ListChecklists",
    "The last version of every checklist, or every version of one",
)
expose(
    checklists,
    "PUT",
    "/{checklist_code}",
    f"{_SERVICE}/PutChecklist",
    "The next version, for work orders made from now on",
    body="checklist",
    example=_CHECKLIST,
)

ROUTERS: Final = (on_site, flags, fee_events, rules, checklists)
