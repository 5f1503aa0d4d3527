"""``SettlementService``: split rules, and earnings from promise to payout."""

from __future__ import annotations

from services.settlement.servicer.earnings import EarningRpcs
from services.settlement.servicer.split_rules import SplitRuleRpcs


class SettlementServicer(SplitRuleRpcs, EarningRpcs):
    """Keeps what technicians are promised, and how it is split."""
