"""What payouts say of themselves agrees with what the ledger holds of them, and with their earnings."""

from __future__ import annotations

from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_NAMED: Final = 20

_HELD: Final = """
SELECT format('payout %s is %s, but the ledger holds "%s" of it', p.payout_id, p.state, held.trace)
  FROM payout p
  CROSS JOIN LATERAL (
       SELECT coalesce(string_agg(t.leg || ':' || t.state || ':' || t.amount_minor, ' '
                                  ORDER BY t.leg, t.transfer_number), '') AS trace
         FROM ledger_transfer t
        WHERE t.document_kind = 'payout' AND t.document_id = p.payout_id) held
 WHERE held.trace <> CASE
       WHEN p.net_minor IS NULL THEN ''
       ELSE concat_ws(' ',
            CASE WHEN p.state = 'paid' THEN 'cash:posted:' || p.net_minor END,
            'net:pending:' || p.net_minor,
            CASE WHEN p.state = 'paid' THEN 'net:posted:' || p.net_minor
                 WHEN p.ended_at IS NOT NULL THEN 'net:voided:' || p.net_minor END,
            CASE WHEN p.tax_minor > 0 THEN 'tax:pending:' || p.tax_minor END,
            CASE WHEN p.tax_minor > 0 AND p.state = 'paid' THEN 'tax:posted:' || p.tax_minor
                 WHEN p.tax_minor > 0 AND p.ended_at IS NOT NULL
                 THEN 'tax:voided:' || p.tax_minor END)
       END
 ORDER BY p.payout_id LIMIT :named
"""

#: An earning is being paid, or was paid, by one payout, or by hand with legs of its own.
_EARNINGS: Final = """
SELECT format('earning %s is %s, but of it payouts say "%s"', e.earning_id, e.state, said.states)
  FROM earning e
  CROSS JOIN LATERAL (
       SELECT coalesce(string_agg(p.state, ' '), '') AS states
         FROM payout_item i JOIN payout p USING (payout_id)
        WHERE i.earning_id = e.earning_id AND i.living AND p.submitted_at IS NOT NULL) said
 WHERE NOT CASE e.state
       WHEN 'paid' THEN said.states = 'paid' OR (said.states = '' AND by_hand(e.earning_id))
       WHEN 'paying' THEN said.states IN ('submitting', 'waiting_for_payee', 'transferring',
                                          'doubtful')
                          OR (said.states = '' AND by_hand(e.earning_id))
       ELSE said.states = '' END
 ORDER BY e.earning_id LIMIT :named
""".replace(
    "by_hand(e.earning_id)",
    "(e.total_minor = 0 OR EXISTS (SELECT FROM ledger_transfer t WHERE t.document_kind = 'earning'"
    " AND t.document_id = e.earning_id AND t.transfer_kind = 'payout'))",
)


async def disagreements(session: AsyncSession) -> list[str]:
    """Payouts of which the ledger or their earnings say something else, in sentences."""
    found: list[str] = []
    for query in (_HELD, _EARNINGS):
        found += (await session.scalars(text(query), {"named": _NAMED})).all()
    return found
