"""Anomalies: what rules over windows raised, why, and what people said of it."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from protos.workorder.v1 import anomaly_pb2  # noqa: F401 - its descriptors are what is exposed
from services.gateway.rpc_routes import expose

_SERVICE: Final = "workorder.v1.AnomalyService"
_TAG: Final = "anomalies 异常"
_RULE: Final = {
    "kind": "ANOMALY_KIND_DIVERSION",
    "window_hours": 2160,
    "threshold": 2,
    "severity": "ANOMALY_SEVERITY_HIGH",
    "freeze_hours": 168,
    "freezes_at_once": False,
    "enabled": True,
}

rules = APIRouter(prefix="/anomaly-rules", tags=[_TAG])
expose(rules, "GET", "", f"{_SERVICE}/ListAnomalyRules", "Rules in force, or one kind's versions")
expose(
    rules,
    "POST",
    "",
    f"{_SERVICE}/PutAnomalyRule",
    "A new version of what is looked for",
    body="rule",
    example=_RULE,
)
expose(
    rules,
    "POST",
    "/try",
    f"{_SERVICE}/TryAnomalyRule",
    "What a rule would have raised in the last days",
    example={"rule": _RULE, "days": 30},
)

anomalies = APIRouter(prefix="/anomalies", tags=[_TAG])
expose(anomalies, "GET", "", f"{_SERVICE}/ListAnomalies", "What was raised, the newest first")
expose(anomalies, "GET", "/{anomaly_id}", f"{_SERVICE}/GetAnomaly", "One of them, line by line")
expose(
    anomalies,
    "POST",
    "/{anomaly_id}/acknowledge",
    f"{_SERVICE}/AcknowledgeAnomaly",
    "Somebody looks into it",
)
expose(
    anomalies,
    "POST",
    "/{anomaly_id}/dismiss",
    f"{_SERVICE}/DismissAnomaly",
    "It was nothing",
    example={"reason": "同一小区的样板间"},
)
expose(
    anomalies,
    "POST",
    "/{anomaly_id}/confirm",
    f"{_SERVICE}/ConfirmAnomaly",
    "It was what it looked like; the district's special policies freeze as the rule says",
    example={"reason": "同一批机器在两地安装", "freeze_hours": 0},
)

ROUTERS: Final = (rules, anomalies)
