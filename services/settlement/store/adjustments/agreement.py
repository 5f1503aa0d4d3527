"""What adjustments and hold-backs say of themselves agrees with what the ledger holds of them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

#: Findings that are worth naming; the first says enough.
_NAMED: Final = 20

_ADJUSTMENTS: Final = """
SELECT format('adjustment %s is %s, but the ledger moved %s and undid %s of the %s of share %s',
              a.adjustment_id, a.state, held.moved, held.undone, abs(s.amount_minor), s.position)
  FROM adjustment a
  JOIN adjustment_share s USING (adjustment_id)
  CROSS JOIN LATERAL (
       SELECT coalesce(sum(t.amount_minor) FILTER (WHERE t.transfer_kind = 'adjustment'), 0)
                  AS moved,
              coalesce(sum(t.amount_minor) FILTER (WHERE t.transfer_kind = 'reversal'), 0)
                  AS undone
         FROM ledger_transfer t
        WHERE t.document_kind = 'adjustment' AND t.document_id = a.adjustment_id
          AND t.state = 'posted'
          AND (t.leg = s.position::text
               OR (s.amount_minor < 0 AND t.leg = s.position || '/debt'))) held
 WHERE a.holdback_id IS NULL
   AND (held.moved, held.undone) <>
       (CASE WHEN a.state IN ('posted', 'reversed') THEN abs(s.amount_minor) ELSE 0 END,
        CASE WHEN a.state = 'reversed' THEN abs(s.amount_minor) ELSE 0 END)
 ORDER BY a.adjustment_id, s.position LIMIT :named
"""

_HOLDBACKS: Final = """
SELECT format('hold-back %s is %s, but the ledger put %s of %s apart and let %s go', h.holdback_id,
              h.state, held.begun, h.amount_minor, held.ended)
  FROM holdback h
  CROSS JOIN LATERAL (
       SELECT coalesce(sum(t.amount_minor) FILTER (WHERE t.transfer_kind = 'holdback'), 0)
                  AS begun,
              coalesce(sum(t.amount_minor) FILTER (WHERE t.transfer_kind = 'holdback_end'), 0)
                  AS ended
         FROM ledger_transfer t
        WHERE t.document_kind = 'holdback' AND t.document_id = h.holdback_id
          AND t.state = 'posted') held
 WHERE (held.begun, held.ended) <>
       (h.amount_minor, CASE WHEN h.state = 'held' THEN 0 ELSE h.amount_minor END)
 ORDER BY h.holdback_id LIMIT :named
"""


async def disagreements(session: AsyncSession) -> list[str]:
    """Adjustments and hold-backs of which the ledger holds something else than their state says, in
    sentences."""
    findings: list[str] = []
    for query in (_ADJUSTMENTS, _HOLDBACKS):
        findings += (await session.scalars(text(query), {"named": _NAMED})).all()
    return findings
