"""What earnings say of themselves agrees with what the ledger holds of them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.settlement.domain.earnings.effects import TRACES

#: Findings that are worth naming; the first says enough.
_NAMED: Final = 20

_EARNINGS: Final = """
SELECT format('earning %s is %s, but the ledger holds "%s" of the %s''s %s', e.earning_id, e.state,
              held.trace, s.party_kind, s.amount_minor)
  FROM earning e
  JOIN earning_share s USING (earning_id)
  CROSS JOIN LATERAL (
       SELECT coalesce(string_agg(t.transfer_kind || ':' || t.state, ' '
                                  ORDER BY t.transfer_number), '') AS trace,
              coalesce(bool_and(t.amount_minor = s.amount_minor AND e.currency = a.currency),
                       true) AS exact
         FROM ledger_transfer t JOIN ledger_account a ON a.account_number = t.debit_account_number
        WHERE t.document_kind = 'earning' AND t.document_id = e.earning_id
          AND t.leg = s.leg) held
 WHERE s.amount_minor > 0
   AND NOT (held.exact AND (e.state, s.party_kind = 'technician', held.trace) IN (
       SELECT * FROM unnest(cast(:states AS text[]), cast(:own AS boolean[]),
                            cast(:traces AS text[]))))
 ORDER BY e.earning_id, s.position LIMIT :named
"""


async def disagreements(session: AsyncSession) -> list[str]:
    """Earnings of which the ledger holds something else than their state says, in sentences."""
    values = {"named": _NAMED, **_legal_traces()}
    return list((await session.scalars(text(_EARNINGS), values)).all())


def _legal_traces() -> dict[str, list[object]]:
    legal = [
        (state.value, own, trace)
        for state, of_state in TRACES.items()
        for own, traces in zip((True, False), of_state, strict=True)
        for trace in traces
    ]
    states, own, traces = (list(column) for column in zip(*legal, strict=True))
    return {"states": states, "own": own, "traces": traces}
