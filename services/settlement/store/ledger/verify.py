"""Proving the ledger from its transfers alone: balances, references, accounts, seals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

#: Findings of one kind that are worth naming; the first says enough.
_NAMED: Final = 20

#: What each pair of accounts moved between them is read once, for the balances of both.
_BALANCES: Final = """
WITH pair AS MATERIALIZED (
    SELECT debit_account_number, credit_account_number, count(*) AS transfer_count,
           sum(CASE WHEN state = 'posted' THEN amount_minor ELSE 0 END) AS posted_minor,
           sum(ledger_held(state, transfer_kind, refers_to_transfer_number) * amount_minor)
               AS held_minor,
           max(transfer_number) AS newest
      FROM ledger_transfer GROUP BY debit_account_number, credit_account_number
), made AS (
    SELECT account_number, sum(posted_minor) AS posted_minor,
           sum(pending_debit_minor) AS pending_debit_minor,
           sum(pending_credit_minor) AS pending_credit_minor,
           sum(transfer_count) AS transfer_count
      FROM (SELECT debit_account_number, -posted_minor, held_minor, 0, transfer_count FROM pair
            UNION ALL
            SELECT credit_account_number, posted_minor, 0, held_minor, transfer_count FROM pair)
           AS side (account_number, posted_minor, pending_debit_minor, pending_credit_minor,
                    transfer_count)
     GROUP BY account_number)
(SELECT format('the balance of %s in %s is %s posted, %s pending debit, %s pending credit after %s'
               ' transfers; its transfers make %s, %s, %s after %s',
               coalesce(a.ledger_account, account_number::text), a.currency,
               coalesce(b.posted_minor, 0), coalesce(b.pending_debit_minor, 0),
               coalesce(b.pending_credit_minor, 0), coalesce(b.transfer_count, 0),
               coalesce(m.posted_minor, 0), coalesce(m.pending_debit_minor, 0),
               coalesce(m.pending_credit_minor, 0), coalesce(m.transfer_count, 0))
   FROM ledger_balance b
   FULL JOIN made m USING (account_number)
   LEFT JOIN ledger_account a USING (account_number)
  WHERE (coalesce(b.posted_minor, 0), coalesce(b.pending_debit_minor, 0),
         coalesce(b.pending_credit_minor, 0), coalesce(b.transfer_count, 0))
        <> (coalesce(m.posted_minor, 0), coalesce(m.pending_debit_minor, 0),
            coalesce(m.pending_credit_minor, 0), coalesce(m.transfer_count, 0))
  ORDER BY a.ledger_account, a.currency LIMIT :named)
UNION ALL
(SELECT format('transfer %s moves %s to %s', p.newest, d.currency, c.currency)
   FROM pair p
   JOIN ledger_account d ON d.account_number = p.debit_account_number
   JOIN ledger_account c ON c.account_number = p.credit_account_number
  WHERE d.currency <> c.currency ORDER BY p.newest LIMIT :named)
"""

_ACCOUNTS: Final = """
SELECT format('the balance %s belongs to no account: the account it belonged to was renamed or'
              ' removed', b.account_number)
  FROM ledger_balance b
  LEFT JOIN ledger_account a ON a.account_number = b.account_number
        AND a.account_number = ledger_account_number(
            a.party_kind, a.party_id, a.account_kind, a.currency, a.may_be_negative)
 WHERE a.account_number IS NULL ORDER BY b.account_number LIMIT :named
"""

_OVERDRAWN: Final = """
SELECT format('%s in %s is overdrawn: %s posted, %s pending debit', a.ledger_account, a.currency,
              b.posted_minor, b.pending_debit_minor)
  FROM ledger_balance b JOIN ledger_account a USING (account_number)
 WHERE NOT a.may_be_negative AND b.posted_minor < b.pending_debit_minor
 ORDER BY a.ledger_account, a.currency LIMIT :named
"""

_REFERENCES: Final = """
SELECT format('transfer %s does not resolve or reverse what it refers to', transfer_number)
  FROM ledger_unsound_reference ORDER BY transfer_number LIMIT :named
"""

#: Aggregated before it is cut, so that the search does not go block after block.
_SEALS: Final = """
SELECT unnest((array_agg(format('block %s (transfers %s to %s) is not as it was sealed',
                                block_number, first_transfer_number, last_transfer_number)
                         ORDER BY block_number))[1:CAST(:named AS integer)])
  FROM ledger_block
 WHERE block_hash <> ledger_seal(previous_hash, first_transfer_number, last_transfer_number)
"""

#: Its seal leaves the rest of a block to this: when it was recorded, its transfers say as well.
_CHAIN: Final = """
SELECT format('block %s (transfers %s to %s) does not follow the block before it', block_number,
              first_transfer_number, last_transfer_number)
  FROM (SELECT *, lag(block_hash, 1, '') OVER w AS hash_before,
                  lag(block_number, 1, 0::bigint) OVER w AS number_before,
                  lag(last_transfer_number, 1, 0::bigint) OVER w AS last_before,
                  lag(recorded_at, 1, '-infinity') OVER w AS recorded_before
          FROM ledger_block WINDOW w AS (ORDER BY block_number)) block
 WHERE previous_hash <> hash_before OR block_number <> number_before + 1
    OR first_transfer_number <= last_before OR recorded_at < recorded_before
    OR recorded_at <> (SELECT t.recorded_at FROM ledger_transfer t
                        WHERE t.transfer_number = block.first_transfer_number)
 ORDER BY block_number LIMIT :named
"""

_UNSEALED: Final = """
SELECT format('transfer %s is in no block', t.transfer_number)
  FROM (SELECT coalesce(lag(last_transfer_number) OVER w, 0) AS after,
               first_transfer_number AS before
          FROM ledger_block WINDOW w AS (ORDER BY block_number)
        UNION ALL
        SELECT coalesce(max(last_transfer_number), 0), 9223372036854775807 FROM ledger_block) gap
 CROSS JOIN LATERAL (
       SELECT transfer_number FROM ledger_transfer
        WHERE transfer_number > gap.after AND transfer_number < gap.before
        ORDER BY transfer_number LIMIT :named) t
 WHERE gap.before > gap.after + 1
 ORDER BY t.transfer_number LIMIT :named
"""

#: A run is 1,024 transfers, none is between two runs, fewer than one run are after the last.
_RUNS: Final = """
SELECT format('the runs of %s in %s are not all of its transfers', a.ledger_account, a.currency)
  FROM ledger_balance b JOIN ledger_account a USING (account_number)
  LEFT JOIN (SELECT account_number, count(*) AS runs, min(run) AS first_run, max(run) AS last_run,
                    max(last_transfer_number) AS rolled,
                    bool_and(first_transfer_number > after) AS in_order
               FROM (SELECT *, lag(last_transfer_number, 1, 0::bigint)
                                   OVER (PARTITION BY account_number ORDER BY run) AS after
                       FROM ledger_run) r
              GROUP BY account_number) r USING (account_number)
 WHERE (b.transfer_count >= ledger_run_size() OR r.runs IS NOT NULL)
   AND (r.in_order AND r.first_run = 0 AND r.last_run = r.runs - 1
        AND r.runs = b.transfer_count / ledger_run_size()
        AND (SELECT count(*) FROM ledger_movement m
              WHERE (m.account_number, m.transfer_number) > (b.account_number, r.rolled)
                AND (m.account_number, m.transfer_number) < (b.account_number, 9223372036854775807))
            = b.transfer_count % ledger_run_size())
       IS NOT TRUE
 ORDER BY a.ledger_account, a.currency LIMIT :named
"""

_ROLLUPS: Final = """
WITH hour AS MATERIALIZED (
    SELECT r.account_number, 1 AS level, r.run, h.*
      FROM ledger_run r
      CROSS JOIN LATERAL (
           SELECT ledger_hour(effective_at) AS starts_at, min(effective_at) AS first_at,
                  max(effective_at) AS last_at, sum(posted_minor) AS posted_minor,
                  sum(pending_debit_minor) AS pending_debit_minor,
                  sum(pending_credit_minor) AS pending_credit_minor, count(*) AS transfer_count
             FROM ledger_movement m
            WHERE (m.account_number, m.transfer_number)
                  >= (r.account_number, r.first_transfer_number)
              AND (m.account_number, m.transfer_number)
                  <= (r.account_number, r.last_transfer_number)
            GROUP BY 1) h
), made AS (
    SELECT * FROM hour
    UNION ALL
    SELECT account_number, 2, h.run / ledger_runs_together(), ledger_day(h.starts_at), min(h.first_at),
           max(h.last_at), sum(h.posted_minor), sum(h.pending_debit_minor),
           sum(h.pending_credit_minor), sum(h.transfer_count)
      FROM hour h JOIN ledger_balance b USING (account_number)
     WHERE h.run / ledger_runs_together()
           < b.transfer_count / ledger_run_size() / ledger_runs_together()
     GROUP BY account_number, h.run / ledger_runs_together(), ledger_day(h.starts_at)
), wrong AS (
    SELECT account_number, level, run
      FROM made m FULL JOIN ledger_rollup r USING (account_number, level, run, starts_at)
     WHERE (m.first_at, m.last_at, m.posted_minor, m.pending_debit_minor, m.pending_credit_minor,
            m.transfer_count)
           IS DISTINCT FROM
           (r.first_at, r.last_at, r.posted_minor, r.pending_debit_minor, r.pending_credit_minor,
            r.transfer_count)
    UNION
    SELECT account_number, 1, run FROM hour GROUP BY account_number, run
    HAVING sum(transfer_count) <> ledger_run_size()
)
SELECT format('run %s of level %s of %s in %s is not the sum of its transfers', w.run, w.level,
              coalesce(a.ledger_account, account_number::text), a.currency)
  FROM wrong w LEFT JOIN ledger_account a USING (account_number)
 ORDER BY a.ledger_account, a.currency, w.level, w.run LIMIT :named
"""

_SUMMARY: Final = """
SELECT (SELECT count(*) FROM ledger_transfer) AS transfer_count,
       coalesce((SELECT encode(block_hash, 'hex') FROM ledger_block
                  ORDER BY block_number DESC LIMIT 1), '') AS chain_head
"""


_CHECKS: Final = (
    _BALANCES,
    _ACCOUNTS,
    _OVERDRAWN,
    _REFERENCES,
    _CHAIN,
    _SEALS,
    _UNSEALED,
    _RUNS,
    _ROLLUPS,
)

#: Every processor reads; a query that has to read everything is given the time for it.
_AT_FULL_SPEED: Final = (
    "SET LOCAL statement_timeout = 0",
    "SET LOCAL min_parallel_table_scan_size = 0",
    "SET LOCAL parallel_setup_cost = 0",
    "SET LOCAL parallel_tuple_cost = 0",
    "SET LOCAL work_mem = '64MB'",
)


@dataclass(frozen=True, slots=True)
class Verification:
    """What a look at the whole ledger found."""

    transfer_count: int
    chain_head: str
    findings: tuple[str, ...]


async def verify(session: AsyncSession) -> Verification:
    """Recompute everything the ledger claims, in one snapshot beside postings: the first thing that
    a transaction does."""
    await session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    return await check(session)


async def check(session: AsyncSession) -> Verification:
    """Recompute everything the ledger claims, as this transaction sees it."""
    for setting in _AT_FULL_SPEED:
        await session.execute(text(setting))
    summary = (await session.execute(text(_SUMMARY))).one()
    findings: list[str] = []
    for query in _CHECKS:
        findings += (await session.scalars(text(query), {"named": _NAMED})).all()
    return Verification(summary.transfer_count, summary.chain_head, tuple(findings))
