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

split_rules = APIRouter(prefix="/split-rules", tags=["earnings 收益"])
expose(split_rules, "GET", "", f"{_SERVICE}/ListSplitRules", "How earnings are split 分账")
expose(
    split_rules,
    "PUT",
    "/{split_rule_code}",
    f"{_SERVICE}/PutSplitRule",
    "Create or change a split rule; each change is a new version",
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
