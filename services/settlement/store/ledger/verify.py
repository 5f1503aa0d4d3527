"""Proving the ledger from its transfers alone: balances, references, accounts, seals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

#: Findings of one kind that are worth naming; the first says enough.
_NAMED: Final = 20

_BALANCES: Final = """
SELECT format('the balance of %s in %s is %s posted, %s pending debit, %s pending credit after %s'
              ' transfers; its transfers make %s, %s, %s after %s',
              coalesce(a.ledger_account, account_number::text), a.currency,
              coalesce(b.posted_minor, 0), coalesce(b.pending_debit_minor, 0),
              coalesce(b.pending_credit_minor, 0), coalesce(b.transfer_count, 0),
              coalesce(m.posted_minor, 0), coalesce(m.pending_debit_minor, 0),
              coalesce(m.pending_credit_minor, 0), coalesce(m.transfer_count, 0))
  FROM ledger_balance b
  FULL JOIN (SELECT account_number, sum(posted_minor) AS posted_minor,
                    sum(pending_debit_minor) AS pending_debit_minor,
                    sum(pending_credit_minor) AS pending_credit_minor,
                    count(*) AS transfer_count
               FROM ledger_movement GROUP BY account_number) m USING (account_number)
  LEFT JOIN ledger_account a USING (account_number)
 WHERE (coalesce(b.posted_minor, 0), coalesce(b.pending_debit_minor, 0),
        coalesce(b.pending_credit_minor, 0), coalesce(b.transfer_count, 0))
       <> (coalesce(m.posted_minor, 0), coalesce(m.pending_debit_minor, 0),
           coalesce(m.pending_credit_minor, 0), coalesce(m.transfer_count, 0))
 ORDER BY a.ledger_account, a.currency LIMIT :named
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

_CURRENCIES: Final = """
SELECT format('transfer %s moves %s to %s', t.transfer_number, d.currency, c.currency)
  FROM ledger_transfer t
  JOIN ledger_account d ON d.account_number = t.debit_account_number
  JOIN ledger_account c ON c.account_number = t.credit_account_number
 WHERE d.currency <> c.currency ORDER BY t.transfer_number LIMIT :named
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
                  lag(last_transfer_number, 1, 0::bigint) OVER w AS last_before,
                  lag(recorded_at, 1, '-infinity') OVER w AS recorded_before
          FROM ledger_block WINDOW w AS (ORDER BY block_number)) block
 WHERE previous_hash <> hash_before OR block_number <> number_before + 1
    OR first_transfer_number <= last_before OR recorded_at < recorded_before
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

_SUMMARY: Final = """
SELECT (SELECT count(*) FROM ledger_transfer) AS transfer_count,
       coalesce((SELECT encode(block_hash, 'hex') FROM ledger_block
                  ORDER BY block_number DESC LIMIT 1), '') AS chain_head
"""


_CHECKS: Final = (
    _BALANCES, _ACCOUNTS, _OVERDRAWN, _CURRENCIES, _REFERENCES, _SEALS, _UNSEALED
)  # fmt: skip


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
    summary = (await session.execute(text(_SUMMARY))).one()
    findings: list[str] = []
    for query in _CHECKS:
        findings += (await session.scalars(text(query), {"named": _NAMED})).all()
    return Verification(summary.transfer_count, summary.chain_head, tuple(findings))
