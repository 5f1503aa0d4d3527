"""Who must not, should or did go to a customer or an address before."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.workorder.domain.dispatch.need import Relations

#: Who did the last work there is remembered for so many work orders.
_REMEMBERED: Final = 3

_BARRED: Final = text(
    "SELECT technician_id, outlet_id FROM dispatch_exclusion"
    " WHERE ended_at IS NULL AND from_at <= :now AND (until_at IS NULL OR until_at > :now)"
    "   AND ((customer_id = ANY (same_customer(:customer_id)) AND customer_id <> '')"
    "     OR (address_id = :address_id AND address_id <> '')"
    "     OR (customer_id = '' AND address_id = ''))"
)
_PREFERRED: Final = text(
    "SELECT technician_id, outlet_id FROM dispatch_preference WHERE ended_at IS NULL"
    "   AND ((customer_id = ANY (same_customer(:customer_id)) AND customer_id <> '')"
    "     OR (address_id = :address_id AND address_id <> ''))"
)
_PREVIOUS: Final = text(
    "SELECT DISTINCT offer.technician_id FROM ("
    "  SELECT work_order_id FROM work_order"
    "   WHERE customer_id = ANY (same_customer(:customer_id)) AND address_id = :address_id"
    "     AND state IN ('completed', 'accepted_by_customer')"
    "   ORDER BY work_order_id DESC LIMIT :remembered"
    ") AS done JOIN offer USING (work_order_id) WHERE offer.outcome = 'accepted'"
)


async def relations_to(
    session: AsyncSession, customer_id: str, address_id: str, now: datetime
) -> Relations:
    """What holds now for a customer at an address."""
    where = {"customer_id": customer_id, "address_id": address_id}
    barred = (await session.execute(_BARRED, {**where, "now": now})).all()
    preferred = (await session.execute(_PREFERRED, where)).all()
    previous = await session.scalars(_PREVIOUS, {**where, "remembered": _REMEMBERED})
    return Relations(
        barred_technician_ids=frozenset(each.technician_id for each in barred) - {""},
        barred_outlet_ids=frozenset(each.outlet_id for each in barred) - {""},
        preferred_technician_ids=frozenset(each.technician_id for each in preferred) - {""},
        preferred_outlet_ids=frozenset(each.outlet_id for each in preferred) - {""},
        previous_technician_ids=frozenset(previous),
    )
