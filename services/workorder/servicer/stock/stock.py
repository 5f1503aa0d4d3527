"""``StockService``: where parts are, how they moved, what is reserved of them, when to order more."""

from __future__ import annotations

from services.workorder.servicer.stock.reservations import ReservationRpcs
from services.workorder.servicer.stock.stock_movements import StockMovementRpcs
from services.workorder.servicer.stock.stock_reading import StockReadingRpcs
from services.workorder.servicer.stock.stockrooms import StockroomRpcs


class StockServicer(StockroomRpcs, StockReadingRpcs, StockMovementRpcs, ReservationRpcs):
    """Keeps the ledger of parts and whatever follows from it."""
