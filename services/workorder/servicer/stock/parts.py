"""``PartService``: parts on their way to the work, used there, and the old ones on their way back."""

from __future__ import annotations

from services.workorder.servicer.stock.part_moves import PartMoveRpcs
from services.workorder.servicer.stock.part_requests import PartRequestRpcs
from services.workorder.servicer.stock.part_uses import PartUseRpcs


class PartServicer(PartRequestRpcs, PartMoveRpcs, PartUseRpcs):
    """Keeps part requests, uses of parts, and what is owed for them."""
