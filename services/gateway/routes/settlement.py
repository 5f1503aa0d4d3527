"""Earnings with their lines, payouts, split rules."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from protos.settlement.v1 import settlement_pb2  # noqa: F401 - its descriptors are what is exposed
from services.gateway.rpc_routes import expose

_SERVICE: Final = "settlement.v1.SettlementService"

earnings = APIRouter(prefix="/earnings", tags=["earnings 收益"])
expose(earnings, "GET", "", f"{_SERVICE}/ListEarnings", "Earnings")
expose(
    earnings,
    "POST",
    "/preview",
    f"{_SERVICE}/PreviewEarning",
    "What a technician would earn, line by line; nothing is kept",
    example={
        "facts": {
            "technician_id": "zhang_shifu",
            "cooperation_mode": "direct",
            "lines": [
                {
                    "line_kind": "base",
                    "label": "基础费",
                    "amount": {"currency": "CNY", "amount_minor": 20000},
                }
            ],
        }
    },
)
expose(
    earnings,
    "GET",
    "/summary",
    f"{_SERVICE}/SummarizeEarnings",
    "How many and how much, by state, technician, outlet, province, city or day",
)
expose(earnings, "GET", "/{earning_id}", f"{_SERVICE}/GetEarning", "One earning, line by line")
expose(
    earnings,
    "POST",
    "/{earning_id}/payout",
    f"{_SERVICE}/StartPayout",
    "Finance hands it to the payout channel 打款",
)
expose(
    earnings,
    "POST",
    "/{earning_id}/payout/confirm",
    f"{_SERVICE}/ConfirmPayout",
    "The money arrived 到账",
    example={"payout_reference": "BANK-20260302-0001"},
)
expose(
    earnings,
    "POST",
    "/{earning_id}/cancel",
    f"{_SERVICE}/CancelEarning",
    "Void what is pending, reverse what is posted",
    example={"reason": "refunded"},
)

expose(
    earnings,
    "POST",
    "/{earning_id}/changes",
    f"{_SERVICE}/ChangeEarning",
    "Change a promise by what happened, with its evidence",
    example={
        "change_kind": "EARNING_CHANGE_KIND_FEE_EVENT",
        "reason": "客户不在家，空跑一趟",
        "evidence_reference": "fe_01",
        "lines": [
            {
                "line_kind": "surcharge",
                "label": "空跑费",
                "amount": {"currency": "CNY", "amount_minor": 3000},
            }
        ],
    },
)
expose(
    earnings,
    "POST",
    "/{earning_id}/crew",
    f"{_SERVICE}/ShareEarning",
    "Share a promise with a crew; everybody gets an earning of their own",
    example={
        "crew": [
            {"technician_id": "pe_zhang", "share_basis_points": 6000},
            {"technician_id": "pe_li", "share_basis_points": 4000},
        ]
    },
)
expose(
    earnings,
    "POST",
    "/{earning_id}/review",
    f"{_SERVICE}/ReviewEarning",
    "Somebody has looked at it 审核",
    example={"comment": "照片与加项相符"},
)

split_rules = APIRouter(prefix="/split-rules", tags=["earnings 收益"])
expose(split_rules, "GET", "", f"{_SERVICE}/ListSplitRules", "How earnings are split 分账")
expose(
    split_rules,
    "POST",
    "/try",
    f"{_SERVICE}/TrySplitRule",
    "What each party would get of an amount; nothing is kept",
    example={
        "split_rule_code": "standard",
        "amount": {"currency": "CNY", "amount_minor": 33333},
        "times": 10,
    },
)
expose(
    split_rules,
    "POST",
    "/{split_rule_code}/versions/{version}/decision",
    f"{_SERVICE}/DecideSplitRule",
    "Approve or reject a version that somebody else put",
    example={"approve": True},
)
expose(
    split_rules,
    "PUT",
    "/{split_rule_code}",
    f"{_SERVICE}/PutSplitRule",
    "Propose a split rule or a change of one; each change is a new version",
    body="split_rule",
    example={
        "cooperation_mode": "franchise",
        "portions": [
            {"party_kind": "technician", "portion": "0.7"},
            {"party_kind": "outlet", "remaining": True},
        ],
    },
)

ROUTERS: Final = (earnings, split_rules)
