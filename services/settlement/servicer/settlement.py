"""``SettlementService``: split rules, and earnings from promise to payout."""

from __future__ import annotations

from services.settlement.servicer.earning_changes import EarningChangeRpcs
from services.settlement.servicer.earning_lists import EarningListRpcs
from services.settlement.servicer.split_rules import SplitRuleRpcs


class SettlementServicer(SplitRuleRpcs, EarningChangeRpcs, EarningListRpcs):
    """Keeps what technicians are promised, and how it is split."""
