"""Dispatch in the open: policies, decisions, why this one and why not me, fairness."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from protos.workorder.v1 import dispatch_pb2  # noqa: F401 - its descriptors are what is exposed
from services.gateway.rpc_routes import expose

_SERVICE: Final = "workorder.v1.DispatchService"
_POLICY: Final = {
    "policy_version": "near-first",
    "effective_from": "2026-12-01T00:00:00+08:00",
    "weights": [
        {"factor": "distance", "weight_basis_points": 4000},
        {"factor": "load", "weight_basis_points": 2000},
        {"factor": "rating", "weight_basis_points": 2000},
        {"factor": "fairness", "weight_basis_points": 2000},
    ],
    "road_factor_basis_points": 13000,
    "distance_limit_m": 50000,
    "unrated_rating_hundredths": 400,
    "usual_orders": 20,
    "usual_quality_basis_points": 9500,
    "previous_technician_score": 8000,
    "preferred_outlet_score": 5000,
    "horizon_minutes": 1440,
    "service_minutes": 60,
    "note": "旺季先派近的",
}

policies = APIRouter(prefix="/dispatch-policies", tags=["dispatch 派单"])
expose(policies, "GET", "", f"{_SERVICE}/ListDispatchPolicies", "Policies, the latest first")
expose(
    policies,
    "POST",
    "",
    f"{_SERVICE}/PutDispatchPolicy",
    "A new version of what weighs how much",
    body="policy",
    example=_POLICY,
)
expose(
    policies,
    "POST",
    "/try",
    f"{_SERVICE}/TryDispatchPolicy",
    "What a policy would have made of the last decisions",
    example={"policy": _POLICY},
)
expose(
    policies,
    "GET",
    "/{policy_version}",
    f"{_SERVICE}/GetDispatchPolicy",
    "One version of the policy",
)

decisions = APIRouter(prefix="/dispatch-decisions", tags=["dispatch 派单"])
expose(
    decisions,
    "GET",
    "",
    f"{_SERVICE}/ListDispatchDecisions",
    "The decisions of a work order, the newest first",
)
expose(
    decisions,
    "GET",
    "/{decision_id}",
    "workorder.v1.WorkOrderService/GetDispatchDecision",
    "Why this technician: the best candidates with every value",
)
expose(
    decisions,
    "GET",
    "/{decision_id}/candidates",
    f"{_SERVICE}/ListCandidates",
    "Everybody who passed the hard rules, best first",
)
expose(
    decisions,
    "GET",
    "/{decision_id}/candidates/{technician_id}",
    f"{_SERVICE}/ExplainCandidate",
    "Why this one, or why not: from the facts as they were",
)

reports = APIRouter(prefix="/dispatch", tags=["dispatch 派单"])
expose(
    reports,
    "GET",
    "/assignment-check",
    f"{_SERVICE}/CheckAssignment",
    "What speaks against sending somebody now",
)
expose(
    reports,
    "GET",
    "/fairness",
    f"{_SERVICE}/ReportFairness",
    "How offers, work and earnings were shared",
)

ROUTERS: Final = (policies, decisions, reports)
