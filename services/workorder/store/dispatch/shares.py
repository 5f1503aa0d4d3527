"""Who was offered what, took what, and earned what, in some time."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.workorder.domain.dispatch.fairness import Share

# Offers of a time by when they were made; earnings by when the work was accepted.
_SHARES: Final = text(
    "SELECT technician.technician_id, display_name, outlet_id, coalesce(offered, 0) AS offered,"
    "       coalesce(accepted, 0) AS accepted, coalesce(declined, 0) AS declined,"
    "       coalesce(expired, 0) AS expired, coalesce(earned, 0) AS earned"
    "  FROM technician"
    "  LEFT JOIN (SELECT technician_id, count(*) AS offered,"
    "                    count(*) FILTER (WHERE outcome IN ('accepted', 'released')) AS accepted,"
    "                    count(*) FILTER (WHERE outcome = 'declined') AS declined,"
    "                    count(*) FILTER (WHERE outcome = 'expired') AS expired"
    "               FROM offer WHERE offered_at >= :begins AND offered_at < :ends"
    "              GROUP BY 1) AS made USING (technician_id)"
    "  LEFT JOIN (SELECT offer.technician_id, sum(earning_minor)::bigint AS earned"
    "               FROM offer JOIN work_order USING (work_order_id)"
    "              WHERE outcome = 'accepted' AND outcome_at >= :begins AND outcome_at < :ends"
    "                AND earning_currency = :currency AND state <> 'cancelled'"
    "              GROUP BY 1) AS taken USING (technician_id)"
    " WHERE (active OR offered IS NOT NULL OR earned IS NOT NULL)"
    "   AND (:outlet_id = '' OR outlet_id = :outlet_id)"
    "   AND (:territory = '' OR :territory = ANY (territory_codes))"
    " ORDER BY earned NULLS FIRST, technician.technician_id"
)


async def shares(
    session: AsyncSession,
    span: tuple[datetime, datetime],
    currency: str,
    outlet_id: str,
    territory_code: str,
) -> list[Share]:
    """Every technician who takes work or had any in the time, who earned least first."""
    rows = await session.execute(
        _SHARES,
        {
            "begins": span[0],
            "ends": span[1],
            "currency": currency,
            "outlet_id": outlet_id,
            "territory": territory_code,
        },
    )
    return [
        Share(
            technician_id=row.technician_id,
            display_name=row.display_name,
            outlet_id=row.outlet_id,
            offered=row.offered,
            accepted=row.accepted,
            declined=row.declined,
            expired=row.expired,
            earned_minor=row.earned,
        )
        for row in rows
    ]
