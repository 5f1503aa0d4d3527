"""Outlets' profiles, teams, technicians' calendars, who must not or shall be sent to whom; and files."""

from __future__ import annotations

from typing import Final, cast

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from protos.workorder.v1 import registry_pb2
from services.gateway import transcoding
from services.gateway.auth import CallerOf
from services.gateway.edge import EdgeOf
from services.gateway.file_bodies import ask, described, fill, in_query, spreadsheet, with_file
from services.gateway.rpc_routes import expose, idempotency_key
from services.gateway.words import enum_term, word

_SERVICE: Final = "workorder.v1.RegistryService"
_PREVIEW: Final = f"{_SERVICE}/PreviewRegistryImport"
_IMPORT: Final = f"{_SERVICE}/ImportRegistry"
_EXPORT: Final = f"{_SERVICE}/ExportRegistry"

outlet_profiles = APIRouter(prefix="/outlet-profiles", tags=["outlets 网点"])
expose(
    outlet_profiles,
    "GET",
    "",
    f"{_SERVICE}/ListOutletProfiles",
    "Outlets' terms: by words, agent, mode, brand, territory, contract",
)
expose(
    outlet_profiles,
    "GET",
    "/{outlet_id}",
    f"{_SERVICE}/GetOutletProfile",
    "The terms of one outlet",
)
expose(
    outlet_profiles,
    "PUT",
    "/{outlet_id}",
    f"{_SERVICE}/PutOutletProfile",
    "Create or change an outlet's contract, brands, territory and stock",
    body="outlet_profile",
    example={
        "name": "朝阳服务站",
        "cooperation_modes": ["franchise"],
        "brand_codes": ["midea"],
        "territory_codes": ["110105"],
        "contract_number": "HT-2026-031",
        "contract_valid_from": "2026-01-01T00:00:00+08:00",
        "contract_valid_until": "2027-01-01T00:00:00+08:00",
        "location": {"longitude": 116.48, "latitude": 39.93},
        "revision": 0,
    },
)

teams = APIRouter(prefix="/teams", tags=["technicians 师傅"])
expose(teams, "GET", "", f"{_SERVICE}/ListTeams", "Teams, by outlet, kind or member")
expose(teams, "GET", "/{team_id}", f"{_SERVICE}/GetTeam", "One team with its members")
expose(
    teams,
    "PUT",
    "/{team_id}",
    f"{_SERVICE}/PutTeam",
    "Create or change a team and its members",
    body="team",
    example={
        "name": "朝阳维修组",
        "outlet_id": "ou_beijing",
        "leader_person_id": "pe_chen",
        "kind": "repair",
        "technician_ids": ["pe_zhang"],
        "revision": 0,
    },
)
expose(teams, "DELETE", "/{team_id}", f"{_SERVICE}/EndTeam", "End a team; it has no members then")

calendars = APIRouter(prefix="/technicians", tags=["technicians 师傅"])
expose(
    calendars,
    "GET",
    "/{technician_id}/calendar",
    f"{_SERVICE}/GetTechnicianCalendar",
    "When a technician works: their hours without their absences",
)

exclusions = APIRouter(prefix="/dispatch-exclusions", tags=["dispatch 派单"])
expose(exclusions, "GET", "", f"{_SERVICE}/ListExclusions", "Who must not be sent to whom")
expose(
    exclusions,
    "POST",
    "",
    f"{_SERVICE}/AddExclusion",
    "Say that a technician or an outlet must not be sent to a customer, an address, or anybody",
    example={"technician_id": "pe_zhang", "customer_id": "cu_inside", "reason": "客户拉黑"},
)
expose(
    exclusions,
    "POST",
    "/{exclusion_id}/end",
    f"{_SERVICE}/EndExclusion",
    "End an exclusion",
    example={"reason": "已和解"},
)

preferences = APIRouter(prefix="/dispatch-preferences", tags=["dispatch 派单"])
expose(preferences, "GET", "", f"{_SERVICE}/ListPreferences", "Whom customers wish for")
expose(
    preferences,
    "POST",
    "",
    f"{_SERVICE}/AddPreference",
    "Say that a customer or an address wishes for a technician or an outlet",
    example={"technician_id": "pe_zhang", "customer_id": "cu_inside", "reason": "客户指定"},
)
expose(
    preferences,
    "POST",
    "/{preference_id}/end",
    f"{_SERVICE}/EndPreference",
    "End a preference",
    example={"reason": "客户不再指定"},
)

imports = APIRouter(prefix="/registry-imports", tags=["imports 导入"])
exports = APIRouter(prefix="/registry-exports", tags=["imports 导入"])


@imports.post(
    "/preview",
    summary="What a file (XLSX or CSV, as the body) of technicians, outlets or assets would change",
    openapi_extra=described(_PREVIEW),
)
async def preview(request: Request, edge: EdgeOf, _caller: CallerOf) -> JSONResponse:
    """Nothing is changed. Hand `file_sha256` and `registry_sha256` on to do what was previewed."""
    reply = await ask(edge, _PREVIEW, await with_file(_PREVIEW, request))
    return JSONResponse(transcoding.to_json(reply))


@imports.post(
    "",
    summary="Import a file as it was previewed: all of it or nothing",
    openapi_extra=described(_IMPORT, keyed=True),
)
async def import_registry(request: Request, edge: EdgeOf, caller: CallerOf) -> JSONResponse:
    """Refused when it is another file, or when something in it changed since the preview."""
    message = await with_file(_IMPORT, request)
    setattr(message, transcoding.KEY_FIELD, idempotency_key(request, caller))
    return JSONResponse(transcoding.to_json(await ask(edge, _IMPORT, message)))


@exports.get(
    "",
    summary="Technicians, outlets or assets as a file that imports again without a change",
    response_class=Response,
    openapi_extra=in_query(_EXPORT),
)
async def export(request: Request, edge: EdgeOf, _caller: CallerOf) -> Response:
    """XLSX, or CSV with `format=REGISTRY_FILE_FORMAT_CSV`."""
    wanted = registry_pb2.ExportRegistryRequest()
    fill(wanted, request)
    reply = cast(registry_pb2.RegistryExported, await ask(edge, _EXPORT, wanted))
    is_csv = wanted.format == registry_pb2.REGISTRY_FILE_FORMAT_CSV
    return spreadsheet(reply.content, word(enum_term(wanted, "sheet")), is_csv=is_csv)


ROUTERS: Final = (outlet_profiles, teams, calendars, exclusions, preferences, imports, exports)
