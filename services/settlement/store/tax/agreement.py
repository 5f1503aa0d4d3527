"""What was withheld by the records agrees with what the ledger keeps back for the tax office."""

from __future__ import annotations

from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

#: Findings that are worth naming; the first says enough.
_NAMED: Final = 20

#: A payout keeps back its tax while it is under way, posts it when it is paid, and gives it back
#: with the record's reversal; so at any moment both say the same of it.
_WITHHELD: Final = text(
    """
    WITH told AS (
        SELECT document_kind, document_id, currency, sum(tax_minor) AS tax_minor
          FROM tax_withholding GROUP BY 1, 2, 3
    ), kept AS (
        SELECT t.document_kind, t.document_id, a.currency,
               sum(m.posted_minor + m.pending_credit_minor - m.pending_debit_minor) AS tax_minor
          FROM ledger_account a
          JOIN ledger_movement m USING (account_number)
          JOIN ledger_transfer t USING (transfer_number)
         WHERE a.ledger_account = 'tax:withheld' AND t.document_kind = 'payout'
         GROUP BY 1, 2, 3
    )
    SELECT format('%s %s withholds %s in %s by its records and %s in the ledger', document_kind,
                  document_id, coalesce(told.tax_minor, 0), currency, coalesce(kept.tax_minor, 0))
      FROM told FULL JOIN kept USING (document_kind, document_id, currency)
     WHERE coalesce(told.tax_minor, 0) <> coalesce(kept.tax_minor, 0)
     ORDER BY document_id LIMIT :named
    """
)


async def disagreements(session: AsyncSession) -> list[str]:
    """Payments of which the ledger keeps back another tax than was recorded, in sentences."""
    return list((await session.scalars(_WITHHELD, {"named": _NAMED})).all())
