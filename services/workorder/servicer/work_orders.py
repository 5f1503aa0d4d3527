"""``WorkOrderService``: work orders from creation to acceptance, and who does them."""

from __future__ import annotations

from services.workorder.servicer.offers import OfferRpcs
from services.workorder.servicer.orders import OrderRpcs
from services.workorder.servicer.technicians import TechnicianRpcs
from services.workorder.servicer.visits import VisitRpcs


class WorkOrderServicer(TechnicianRpcs, OrderRpcs, OfferRpcs, VisitRpcs):
    """Keeps work orders and technicians, and decides who is offered what."""
