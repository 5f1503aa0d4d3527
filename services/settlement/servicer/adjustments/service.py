"""``AdjustmentService``: what is added to or taken from earnings later, and what is kept of them."""

from __future__ import annotations

from services.settlement.servicer.adjustments.deciding import DecidingRpcs
from services.settlement.servicer.adjustments.holdbacks import HoldbackRpcs
from services.settlement.servicer.adjustments.proposing import ProposingRpcs
from services.settlement.servicer.adjustments.rules import RuleRpcs


class AdjustmentServicer(ProposingRpcs, DecidingRpcs, RuleRpcs, HoldbackRpcs):
    """Keeps adjustments, their rules and hold-backs."""
