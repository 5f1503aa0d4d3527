"""Maintenance plans, and the visits that fall due."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from protos.workorder.v1 import maintenance_pb2  # noqa: F401 - its descriptors are what is exposed
from services.gateway.rpc_routes import expose

_SERVICE: Final = "workorder.v1.MaintenanceService"
_TAG: Final = "maintenance 维保"

_RECURRENCE: Final = {
    "every": 3,
    "unit": "RECURRENCE_UNIT_MONTH",
    "first_visit_on": "2026-12-31",
    "window_days": 5,
    "visit_count": 8,
}
_PLAN: Final = {
    "title": "中央空调季度保养",
    "contract_number": "HT-2026-118",
    "customer_id": "cu_…",
    "address_id": "ad_…",
    "asset_id": "as_…",
    "place": {"adcode": "110105", "adcode_path": ["110105", "110100", "110000", "CN"]},
    "lines": [{"item_code": "aircon_maintenance", "name": "空调保养", "quantity": 1}],
    "recurrence": _RECURRENCE,
    "lead_days": 7,
    "flow_code": "maintenance_visit",
    "flow_inputs": {"channel": "contract"},
    "visit_inputs": [
        {"input": "customer_id", "fact": "VISIT_FACT_CUSTOMER_ID"},
        {"input": "due_on", "fact": "VISIT_FACT_DUE_ON"},
    ],
}

plans = APIRouter(prefix="/maintenance-plans", tags=[_TAG])
expose(plans, "GET", "", f"{_SERVICE}/ListMaintenancePlans", "Plans")
expose(
    plans,
    "POST",
    "",
    f"{_SERVICE}/CreateMaintenancePlan",
    "Visits that come again and again, each a case of a flow",
    example=_PLAN,
)
expose(
    plans,
    "POST",
    "/preview",
    f"{_SERVICE}/PreviewMaintenanceVisits",
    "The days of a recurrence, or those to come of a plan",
    example={"recurrence": _RECURRENCE},
)
expose(plans, "GET", "/{plan_id}", f"{_SERVICE}/GetMaintenancePlan", "One plan with its history")
for _verb, _rpc, _summary in (
    ("pause", "PauseMaintenancePlan", "No visit falls due meanwhile"),
    ("resume", "ResumeMaintenancePlan", "Visits fall due again"),
    ("end", "EndMaintenancePlan", "No visit falls due any more"),
):
    expose(
        plans,
        "POST",
        f"/{{plan_id}}/{_verb}",
        f"{_SERVICE}/{_rpc}",
        _summary,
        example={"reason": "客户装修"},
    )

visits = APIRouter(prefix="/maintenance-visits", tags=[_TAG])
expose(visits, "GET", "", f"{_SERVICE}/ListMaintenanceVisits", "Visits by their days")
expose(
    visits,
    "POST",
    "/{visit_id}/skip",
    f"{_SERVICE}/SkipMaintenanceVisit",
    "A visit that has no case yet is not made",
    example={"reason": "设备已拆除"},
)

ROUTERS: Final = (plans, visits)
