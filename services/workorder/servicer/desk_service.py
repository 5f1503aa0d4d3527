"""``WorkOrderDeskService``: work orders kept in order, and how all of them stand."""

from __future__ import annotations

from services.workorder.servicer.boards import BoardRpcs
from services.workorder.servicer.desk import DeskRpcs
from services.workorder.servicer.hand_overs import HandOverRpcs
from services.workorder.servicer.history import HistoryRpcs
from services.workorder.servicer.intake_rules import IntakeRuleRpcs
from services.workorder.servicer.templates import TemplateRpcs


class WorkOrderDeskServicer(
    TemplateRpcs, IntakeRuleRpcs, DeskRpcs, HandOverRpcs, HistoryRpcs, BoardRpcs
):
    """Templates, rules, links, crews, hand-overs, history, boards."""
