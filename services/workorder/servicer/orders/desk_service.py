"""``WorkOrderDeskService``: work orders kept in order, and how all of them stand."""

from __future__ import annotations

from services.workorder.servicer.orders.boards import BoardRpcs
from services.workorder.servicer.orders.desk import DeskRpcs
from services.workorder.servicer.orders.hand_overs import HandOverRpcs
from services.workorder.servicer.orders.history import HistoryRpcs
from services.workorder.servicer.orders.intake_rules import IntakeRuleRpcs
from services.workorder.servicer.orders.templates import TemplateRpcs


class WorkOrderDeskServicer(
    TemplateRpcs, IntakeRuleRpcs, DeskRpcs, HandOverRpcs, HistoryRpcs, BoardRpcs
):
    """Templates, rules, links, crews, hand-overs, history, boards."""
