"""People and their organisation, outlets, places and zones."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from protos.directory.v1 import directory_pb2  # noqa: F401 - its descriptors are what is exposed
from services.gateway.rpc_routes import expose

_SERVICE: Final = "directory.v1.DirectoryService"

_ABSENCE: Final = {
    "person_id": "pe_wang",
    "starts_at": "2026-10-09T09:00:00+08:00",
    "ends_at": "2026-10-16T09:00:00+08:00",
    "proxy_person_id": "pe_li",
    "reason": "年假",
}

people = APIRouter(prefix="/people", tags=["people 人员"])
expose(people, "GET", "", f"{_SERVICE}/ListPeople", "Staff, of a role or a department")
expose(people, "GET", "/{person_id}", f"{_SERVICE}/GetPerson", "One member of staff")
expose(
    people,
    "PUT",
    "/{person_id}",
    f"{_SERVICE}/PutPerson",
    "Create or change a member of staff",
    body="person",
    example={
        "display_name": "李设计",
        "roles": ["designer"],
        "region_adcodes": ["110000"],
        "department_ids": ["dp_design"],
        "wecom_userid": "lisheji",
        "state": "PERSON_STATE_ACTIVE",
    },
)
expose(
    people,
    "POST",
    "/{person_id}/leave",
    f"{_SERVICE}/LeavePerson",
    "A member of staff left; a successor takes over",
    example={"successor_person_id": "pe_wang", "reason": "合同到期"},
)

departments = APIRouter(prefix="/departments", tags=["people 人员"])
expose(departments, "GET", "", f"{_SERVICE}/ListDepartments", "Departments, a tree by parent_id")
expose(
    departments,
    "PUT",
    "/{department_id}",
    f"{_SERVICE}/PutDepartment",
    "Create or change a department",
    body="department",
    example={"name": "设计部", "parent_id": "dp_company", "leader_person_id": "pe_chen"},
)

absences = APIRouter(prefix="/absences", tags=["people 人员"])
expose(absences, "GET", "", f"{_SERVICE}/ListAbsences", "Absences, of all or of one person")
expose(
    absences,
    "POST",
    "",
    f"{_SERVICE}/PutAbsence",
    "Declare an absence, with the proxy who takes the user tasks meanwhile",
    body="absence",
    example=_ABSENCE,
)
expose(
    absences,
    "PUT",
    "/{absence_id}",
    f"{_SERVICE}/PutAbsence",
    "Change an absence that is not over",
    body="absence",
    example=_ABSENCE,
)
expose(
    absences,
    "DELETE",
    "/{absence_id}",
    f"{_SERVICE}/CancelAbsence",
    "Cancel an absence: it does not begin, or ends now",
)

assignees = APIRouter(prefix="/assignees", tags=["people 人员"])
expose(
    assignees,
    "GET",
    "",
    f"{_SERVICE}/ResolveAssignees",
    "Who would take a user task now, by role, leader or person, with those they stand in for",
)

outlets = APIRouter(prefix="/outlets", tags=["outlets 网点"])
expose(outlets, "GET", "", f"{_SERVICE}/ListOutlets", "Service outlets")
expose(
    outlets,
    "PUT",
    "/{outlet_id}",
    f"{_SERVICE}/PutOutlet",
    "Create or change an outlet",
    body="outlet",
    example={"name": "朝阳服务站", "region_adcodes": ["110105"], "cooperation_mode": "direct"},
)

places = APIRouter(prefix="/places", tags=["places 区域"])
expose(
    places,
    "GET",
    "",
    f"{_SERVICE}/ListPlaces",
    "What lies directly in a place, today or ?at= an instant; without parent_adcode the provinces",
)
expose(
    places,
    "POST",
    "/resolve",
    f"{_SERVICE}/ResolvePlace",
    "Where an address or a point lies: adcodes, zones, city tier",
    example={"adcode": "110105", "location": {"longitude": 116.48, "latitude": 39.93}},
)
expose(
    places,
    "POST",
    "/parse",
    f"{_SERVICE}/ParseAddress",
    "What place an address text names, and all that fit when there are several",
    example={"address_text": "北京朝阳区朝阳北路101号"},
)

city_tiers = APIRouter(prefix="/city-tiers", tags=["places 区域"])
expose(
    city_tiers,
    "GET",
    "",
    f"{_SERVICE}/ListCityTiers",
    "The company's tiers of cities, today or ?at= an instant, or ?history_of_adcode=",
)
expose(
    city_tiers,
    "POST",
    "",
    f"{_SERVICE}/PutCityTier",
    "Put a city into one of the company's tiers, from now or from an instant on",
    example={
        "city_tier": {"adcode": "510100", "city_tier": "tier1"},
        "effective_from": "2027-01-01T00:00:00+08:00",
    },
)

macro_regions = APIRouter(prefix="/macro-regions", tags=["places 区域"])
expose(
    macro_regions,
    "GET",
    "",
    f"{_SERVICE}/GetMacroRegions",
    "Which provinces make up 华北, 华东 …, today or ?at= an instant",
)
expose(
    macro_regions,
    "PUT",
    "",
    f"{_SERVICE}/PutMacroRegions",
    "Draw all macro-regions anew, from now or from an instant on",
    example={
        "macro_regions": [
            {"macro_region_code": "CN-NORTH", "name": "华北", "province_adcodes": ["110000"]}
        ],
        "version": 1,
    },
)

zones = APIRouter(prefix="/zones", tags=["places 区域"])
expose(
    zones,
    "GET",
    "",
    f"{_SERVICE}/ListZones",
    "Zones 商圈, today or ?at= an instant, without their rings",
)
expose(
    zones,
    "POST",
    "",
    f"{_SERVICE}/PutZone",
    "Draw a zone, or draw it anew from now or from an instant on",
    example={
        "zone": {
            "zone_code": "BJ-EXAMPLE",
            "name": "示例商圈",
            "coordinate_system": "GCJ-02",
            "parts": [
                {
                    "rings": [
                        {
                            "points": [
                                {"longitude": 116.40, "latitude": 39.90},
                                {"longitude": 116.42, "latitude": 39.90},
                                {"longitude": 116.42, "latitude": 39.92},
                                {"longitude": 116.40, "latitude": 39.90},
                            ]
                        }
                    ]
                }
            ],
        },
        "effective_from": "2027-01-01T00:00:00+08:00",
    },
)
expose(
    zones,
    "GET",
    "/{zone_code}",
    f"{_SERVICE}/GetZone",
    "One zone with its rings and every edit of it",
)
expose(
    zones,
    "DELETE",
    "/{zone_code}",
    f"{_SERVICE}/EndZone",
    "From now or from an instant on there is no such zone",
    example={"effective_from": "2027-01-01T00:00:00+08:00"},
)

ROUTERS: Final = (
    people, departments, absences, assignees, outlets, places, city_tiers, macro_regions, zones,
)  # fmt: skip
