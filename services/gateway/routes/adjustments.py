"""Adjustments of earnings, the rules they are made by, and hold-backs."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from protos.settlement.v1 import adjustment_pb2  # noqa: F401 - its descriptors are what is exposed
from services.gateway.rpc_routes import expose

_SERVICE: Final = "settlement.v1.AdjustmentService"
_YUAN: Final = {"currency": "CNY", "amount_minor": 2000}
_EVIDENCE: Final = [{"evidence_kind": "photo", "reference": "sha256:1f…", "note": "漏水"}]

adjustments = APIRouter(prefix="/adjustments", tags=["adjustments 调整"])
expose(adjustments, "GET", "", f"{_SERVICE}/ListAdjustments", "Adjustments, the newest first")
expose(
    adjustments,
    "POST",
    "",
    f"{_SERVICE}/ProposeAdjustment",
    "Propose a subsidy or a deduction; another person approves it",
    example={
        "kind": "ADJUSTMENT_KIND_SUBSIDY",
        "earning_id": "ea_1",
        "amount": _YUAN,
        "reason": "高温补贴",
    },
)
expose(
    adjustments,
    "POST",
    "/performance",
    f"{_SERVICE}/ProposePerformance",
    "What the rating and the duration of a work make of its earning",
    example={
        "earning_id": "ea_1",
        "rating": "4.9",
        "duration_minutes": 95,
        "standard_minutes": 120,
    },
)
expose(
    adjustments,
    "POST",
    "/penalties",
    f"{_SERVICE}/ProposePenalties",
    "Charge waiting to whoever blocked, never to those who waited",
    example={
        "work_order_id": "wo_1",
        "intervals": [
            {
                "party_kind": "warehouse",
                "party_id": "wh_1",
                "blocked_from": "2026-03-02T01:00:00Z",
                "blocked_to": "2026-03-02T04:20:00Z",
                "reason": "等件",
                "reference": "pause-1",
            }
        ],
    },
)
expose(
    adjustments,
    "POST",
    "/claw-backs",
    f"{_SERVICE}/ProposeClawBack",
    "Take back of each party's recorded share what a refund or rework undoes",
    example={
        "earning_id": "ea_1",
        "cause_reference": "rf_1",
        "refunded": {"currency": "CNY", "amount_minor": 12000},
        "paid": {"currency": "CNY", "amount_minor": 36000},
        "reason": "部分退款",
    },
)
expose(adjustments, "GET", "/{adjustment_id}", f"{_SERVICE}/GetAdjustment", "One of them")
expose(
    adjustments,
    "POST",
    "/{adjustment_id}/approve",
    f"{_SERVICE}/ApproveAdjustment",
    "Allow it; not by whoever proposed it",
    example={"reason": "同意"},
)
expose(
    adjustments,
    "POST",
    "/{adjustment_id}/reject",
    f"{_SERVICE}/RejectAdjustment",
    "It is not to be",
    example={"reason": "证据不足"},
)
expose(
    adjustments,
    "POST",
    "/{adjustment_id}/reverse",
    f"{_SERVICE}/ReverseAdjustment",
    "Undo what was posted; not by whoever proposed it",
    example={"reason": "弄错了"},
)

rules = APIRouter(prefix="/adjustment-rules", tags=["adjustments 调整"])
expose(rules, "GET", "", f"{_SERVICE}/ListAdjustmentRules", "The rules, or the versions of one")
expose(
    rules,
    "PUT",
    "/{rule_code}",
    f"{_SERVICE}/PutAdjustmentRule",
    "Propose the next version of a rule; it holds once another person approved it",
    body="rule",
    example={
        "label": "好评奖",
        "currency": "CNY",
        "effective_from": "2026-11-01",
        "automatic_limit_minor": 1000,
        "performance": {"bands": [{"rating_at_least": "4.8", "ratio": "0.05", "cap_minor": 5000}]},
    },
)
expose(
    rules,
    "POST",
    "/{rule_code}/decide",
    f"{_SERVICE}/DecideAdjustmentRule",
    "Approve a version, or not; not by whoever put it",
    example={"version": 1, "approve": True},
)
expose(
    rules,
    "GET",
    "/{rule_code}/try",
    f"{_SERVICE}/TryAdjustmentRule",
    "What a version would have given last month, or between two days",
)

holdbacks = APIRouter(prefix="/holdbacks", tags=["adjustments 调整"])
expose(holdbacks, "GET", "", f"{_SERVICE}/ListHoldbacks", "Hold-backs 质保金, the newest first")
expose(
    holdbacks,
    "POST",
    "/{holdback_id}/release",
    f"{_SERVICE}/ReleaseHoldback",
    "Release what is due; propose an early release of what is not",
    example={"reason": "师傅离职结清"},
)
expose(
    holdbacks,
    "POST",
    "/{holdback_id}/forfeit",
    f"{_SERVICE}/ForfeitHoldback",
    "Propose that it does not go back",
    example={"reason": "拒绝返修", "evidence": _EVIDENCE},
)

ROUTERS: Final = (adjustments, rules, holdbacks)
