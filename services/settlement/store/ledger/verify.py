"""Proving the ledger from its transfers alone: balances, references, seals, and the earnings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.settlement.domain.earnings.effects import TRACES

#: Findings of one kind that are worth naming; the first says enough.
_NAMED: Final = 20

_BALANCES: Final = """
SELECT format('the balance of %s in %s is %s posted, %s pending debit, %s pending credit; its'
              ' transfers make %s, %s, %s', ledger_account, currency,
              coalesce(b.posted_minor, 0), coalesce(b.pending_debit_minor, 0),
              coalesce(b.pending_credit_minor, 0), coalesce(m.posted_minor, 0),
              coalesce(m.pending_debit_minor, 0), coalesce(m.pending_credit_minor, 0))
  FROM ledger_balance b
  FULL JOIN (SELECT ledger_account, currency, sum(posted_minor) AS posted_minor,
                    sum(pending_debit_minor) AS pending_debit_minor,
                    sum(pending_credit_minor) AS pending_credit_minor
               FROM ledger_movement GROUP BY ledger_account, currency) m
       USING (ledger_account, currency)
 WHERE (coalesce(b.posted_minor, 0), coalesce(b.pending_debit_minor, 0),
        coalesce(b.pending_credit_minor, 0))
       <> (coalesce(m.posted_minor, 0), coalesce(m.pending_debit_minor, 0),
           coalesce(m.pending_credit_minor, 0))
 ORDER BY ledger_account, currency LIMIT :named
"""

_REFERENCES: Final = """
SELECT format('transfer %s does not resolve or reverse what it refers to', transfer_number)
  FROM ledger_unsound_reference ORDER BY transfer_number LIMIT :named
"""

_SEALS: Final = """
SELECT format('block %s (transfers %s to %s) is not as it was sealed', block_number,
              first_transfer_number, last_transfer_number)
  FROM (SELECT *, lag(block_hash, 1, '') OVER w AS hash_before,
                  lag(block_number, 1, 0::bigint) OVER w AS number_before,
                  lag(last_transfer_number, 1, 0::bigint) OVER w AS last_before
          FROM ledger_block WINDOW w AS (ORDER BY block_number)) block
 WHERE previous_hash <> hash_before OR block_number <> number_before + 1
    OR first_transfer_number <= last_before
    OR block_hash <> ledger_seal(previous_hash, first_transfer_number, last_transfer_number)
 ORDER BY block_number LIMIT :named
"""

_UNSEALED: Final = """
SELECT format('transfer %s is in no block', transfer_number)
  FROM ledger_transfer t
 WHERE NOT EXISTS (SELECT FROM ledger_block b WHERE t.transfer_number
                   BETWEEN b.first_transfer_number AND b.last_transfer_number)
 ORDER BY transfer_number LIMIT :named
"""

_EARNINGS: Final = """
SELECT format('earning %s is %s, but the ledger holds "%s" of the %s''s %s', e.earning_id, e.state,
              held.trace, s.party_kind, s.amount_minor)
  FROM earning e
  JOIN earning_share s USING (earning_id)
  CROSS JOIN LATERAL (
       SELECT coalesce(string_agg(t.transfer_kind || ':' || t.state, ' '
                                  ORDER BY t.transfer_number), '') AS trace,
              coalesce(bool_and(t.amount_minor = s.amount_minor AND t.currency = e.currency),
                       true) AS exact
         FROM ledger_transfer t WHERE t.earning_id = e.earning_id AND t.leg = s.party_kind) held
 WHERE s.amount_minor > 0
   AND NOT (held.exact AND (e.state, s.party_kind = 'technician', held.trace) IN (
       SELECT * FROM unnest(cast(:states AS text[]), cast(:own AS boolean[]),
                            cast(:traces AS text[]))))
 ORDER BY e.earning_id, s.position LIMIT :named
"""

_SUMMARY: Final = """
SELECT (SELECT count(*) FROM ledger_transfer) AS transfer_count,
       coalesce((SELECT encode(block_hash, 'hex') FROM ledger_block
                  ORDER BY block_number DESC LIMIT 1), '') AS chain_head
"""


@dataclass(frozen=True, slots=True)
class Verification:
    """What a look at the whole ledger found."""

    transfer_count: int
    chain_head: str
    findings: tuple[str, ...]


async def verify(session: AsyncSession) -> Verification:
    """Recompute everything the ledger claims. Read in one snapshot, it may run beside postings."""
    await session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    summary = (await session.execute(text(_SUMMARY))).one()
    findings: list[str] = []
    for query in (_BALANCES, _REFERENCES, _SEALS, _UNSEALED):
        findings += (await session.scalars(text(query), {"named": _NAMED})).all()
    findings += (await session.scalars(text(_EARNINGS), {"named": _NAMED, **_legal_traces()})).all()
    return Verification(summary.transfer_count, summary.chain_head, tuple(findings))


def _legal_traces() -> dict[str, list[object]]:
    legal = [
        (state.value, own, trace)
        for state, of_state in TRACES.items()
        for own, traces in zip((True, False), of_state, strict=True)
        for trace in traces
    ]
    states, own, traces = (list(column) for column in zip(*legal, strict=True))
    return {"states": states, "own": own, "traces": traces}
