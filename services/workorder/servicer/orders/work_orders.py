"""``WorkOrderService``: work orders from creation to acceptance, and who does them."""

from __future__ import annotations

from services.workorder.servicer.orders.offers import OfferRpcs
from services.workorder.servicer.orders.orders import OrderRpcs
from services.workorder.servicer.orders.visits import VisitRpcs
from services.workorder.servicer.registry.technicians import TechnicianRpcs


class WorkOrderServicer(TechnicianRpcs, OrderRpcs, OfferRpcs, VisitRpcs):
    """Keeps work orders and technicians, and decides who is offered what."""
