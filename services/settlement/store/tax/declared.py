"""What was withheld, as a payee reads it and as it is declared to the tax office."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Final

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.settlement.domain.tax.total import Total
from services.settlement.tables.tax import TaxWithholdingRow


async def page(
    session: AsyncSession, payee_id: str, year: int, before: str, size: int
) -> Sequence[TaxWithholdingRow]:
    """A payee's withholdings of a year, the newest first, at most one more than ``size``."""
    row = TaxWithholdingRow
    query = (
        select(row)
        .where(
            row.payee_id == payee_id,
            row.paid_on.between(date(year, 1, 1), date(year, 12, 31)),
        )
        .order_by(row.withholding_id.desc())
        .limit(size + 1)
    )
    if before:
        query = query.where(row.withholding_id < before)
    return (await session.scalars(query)).all()


@dataclass(frozen=True, slots=True)
class TotalsKey:
    """Where a page of totals goes on."""

    party_kind: str = ""
    payee_id: str = ""
    profile_kind: str = ""
    currency: str = ""
    month: int = 0


_TOTALS: Final = text(
    """
    SELECT * FROM (
        SELECT party_kind, payee_id, profile_kind, currency,
               CASE WHEN :by_month THEN extract(month FROM paid_on)::int ELSE 0 END AS month,
               (count(*) FILTER (WHERE reverses_withholding_id IS NULL)
                - count(*) FILTER (WHERE reverses_withholding_id IS NOT NULL))::int
                   AS payment_count,
               sum(gross_minor)::bigint AS gross_minor, sum(tax_minor)::bigint AS tax_minor,
               sum(net_minor)::bigint AS net_minor
          FROM tax_withholding
         WHERE paid_on BETWEEN make_date(:year, 1, 1) AND make_date(:year, 12, 31)
           AND (:wanted = '' OR payee_id = :wanted)
         GROUP BY 1, 2, 3, 4, 5) AS total
     WHERE (party_kind, payee_id, profile_kind, currency, month)
           > (:party_kind, :payee_id, :profile_kind, :currency, :month)
     ORDER BY party_kind, payee_id, profile_kind, currency, month
     LIMIT :size
    """
)


async def totals(
    session: AsyncSession, year: int, payee_id: str, by_month: bool, after: TotalsKey, size: int
) -> list[Total]:
    """What each payee was paid and withheld in a year, or in each of its months, as it is declared
    to the tax office; at most one more than ``size``."""
    values = {**asdict(after), "year": year, "wanted": payee_id, "by_month": by_month}
    rows = await session.execute(_TOTALS, {**values, "size": size + 1})
    return [Total(*row) for row in rows]
