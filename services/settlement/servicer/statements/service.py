"""``StatementService``, put together."""

from __future__ import annotations

from services.settlement.servicer.statements.closing import ClosingRpcs
from services.settlement.servicer.statements.reading import ReadingRpcs
from services.settlement.servicer.statements.reviewing import ReviewingRpcs


class StatementServicer(ClosingRpcs, ReadingRpcs, ReviewingRpcs):
    """Statements."""
