"""Closing: the statements of everybody whose period ended at one instant, in one SQL statement.

The items of a statement are the posted transfers of its account that count for its period and were
recorded up to its watermark. Closing it makes the ledger refuse whatever else would count for it, so
items carry no mark and none is left out or counted twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import DateTime, Text

from kit.ids import least_id
from services.settlement.store.ledger import periods as ledger_periods


@dataclass(frozen=True, slots=True)
class Group:
    """Accounts whose next period is the same: of one outlet and region, closed equally far.

    Args:
        outlet_id: whose; empty for parties without one.
        region_adcode: where.
        last_end: the end of their last statement; None: they have none yet.
        first_at: without one, the day their first credit counts for.
        account_count: how many.
    """

    outlet_id: str
    region_adcode: str
    last_end: datetime | None
    first_at: datetime | None
    account_count: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """A group whose period is closed, and the period's beginning."""

    group: Group
    period_start: datetime


@dataclass(frozen=True, slots=True)
class Closed:
    """What a closing made, or would make."""

    statement_count: int
    item_count: int


#: Accounts, their last statement, and the day their first credit counts for.
_ACCOUNT: Final = """
    SELECT a.*, s.statement_id AS previous_id, s.period_end AS last_end,
           s.closing_minor AS opening_minor, s.digest AS previous_digest,
           CASE WHEN s.statement_id IS NULL THEN ledger_day(f.effective_at) END AS first_at
      FROM settlement_statement_account a
      LEFT JOIN LATERAL (SELECT * FROM settlement_statement
                          WHERE account_number = a.account_number
                          ORDER BY period_end DESC LIMIT 1) s ON true
      LEFT JOIN LATERAL (SELECT effective_at FROM ledger_transfer
                          WHERE s.statement_id IS NULL
                            AND credit_account_number = a.account_number
                          ORDER BY transfer_number LIMIT 1) f ON true
     WHERE (s.statement_id IS NOT NULL OR f.effective_at IS NOT NULL)
"""
_GROUPS: Final = text(
    f"""
    SELECT outlet_id, region_adcode, last_end, first_at, count(*) AS account_count
      FROM ({_ACCOUNT}) a GROUP BY 1, 2, 3, 4
    """  # noqa: S608 - nothing of anybody's stands in it
)
#: The chosen accounts, their items, and what each kind of items comes to. An item's side, amount
#: and origin are sealed; the ledger itself seals the rest.
_LINES: Final = f"""
    WITH due AS MATERIALIZED (
        SELECT a.*, g.period_start
          FROM ({_ACCOUNT}) a
          JOIN unnest(:outlet_ids, :region_adcodes, :last_ends, :first_ats, :period_starts)
               AS g (outlet_id, region_adcode, last_end, first_at, period_start)
            ON g.outlet_id = a.outlet_id AND g.region_adcode = a.region_adcode
           AND g.last_end IS NOT DISTINCT FROM a.last_end
           AND g.first_at IS NOT DISTINCT FROM a.first_at
    ), item AS (
        SELECT d.account_number, t.transfer_kind, t.transfer_number, t.amount_minor AS signed_minor,
               t.effective_at
          FROM ledger_transfer t JOIN due d ON d.account_number = t.credit_account_number
         WHERE t.state = 'posted' AND t.transfer_number <= :watermark
           AND t.effective_at < :period_end AND t.effective_at >= :least_effective_at
           AND (d.last_end IS NULL OR t.effective_at >= d.last_end)
        UNION ALL
        SELECT d.account_number, t.transfer_kind, t.transfer_number, -t.amount_minor,
               t.effective_at
          FROM ledger_transfer t JOIN due d ON d.account_number = t.debit_account_number
         WHERE t.state = 'posted' AND t.transfer_number <= :watermark
           AND t.effective_at < :period_end AND t.effective_at >= :least_effective_at
           AND (d.last_end IS NULL OR t.effective_at >= d.last_end)
    ), line AS MATERIALIZED (
        SELECT account_number, transfer_kind AS line_kind, count(*) AS item_count,
               coalesce(sum(signed_minor) FILTER (WHERE signed_minor > 0), 0)::bigint
                   AS credit_minor,
               coalesce(-sum(signed_minor) FILTER (WHERE signed_minor < 0), 0)::bigint
                   AS debit_minor,
               sha256(array_send(array_agg(transfer_number ORDER BY transfer_number))
                      || array_send(array_agg(signed_minor ORDER BY transfer_number))
                      || array_send(array_agg(effective_at ORDER BY transfer_number))) AS digest
          FROM item GROUP BY account_number, transfer_kind
    )
"""  # noqa: S608 - as above
#: An id is the moment of closing, and what is one account's and period's alone.
_CLOSE: Final = f"""
    {_LINES}
    , whole AS (
        SELECT account_number, sum(credit_minor)::bigint AS credit_minor,
               sum(debit_minor)::bigint AS debit_minor, sum(item_count)::bigint AS item_count,
               string_agg(convert_to(line_kind, 'UTF8') || digest, ''::bytea ORDER BY line_kind)
                   AS digests
          FROM line GROUP BY account_number
    ), statement AS MATERIALIZED (
        SELECT d.*, :id_start || substr(encode(sha256(convert_to(
                   d.account_number || '/' || extract(epoch FROM CAST(:period_end AS timestamptz)),
                   'UTF8')), 'hex'), 1, 16) AS statement_id,
               coalesce(d.opening_minor, 0) AS opens_minor,
               coalesce(w.credit_minor, 0) AS credit_minor,
               coalesce(w.debit_minor, 0) AS debit_minor,
               coalesce(d.opening_minor, 0) + coalesce(w.credit_minor, 0)
                   - coalesce(w.debit_minor, 0) AS closing_minor,
               coalesce(w.item_count, 0) AS item_count, w.digests
          FROM due d LEFT JOIN whole w USING (account_number)
    ), made AS (
        INSERT INTO settlement_statement (
            statement_id, account_number, party_kind, party_id, currency, outlet_id, region_adcode,
            period_start, period_end, watermark_transfer_number, previous_statement_id,
            opening_minor, credit_minor, debit_minor, closing_minor, item_count, digest, closed_at,
            closed_by_person_id)
        SELECT statement_id, account_number, party_kind, party_id, currency, outlet_id,
               region_adcode, period_start, :period_end, :watermark, previous_id, opens_minor,
               credit_minor, debit_minor, closing_minor, item_count,
               settlement_statement_seal(previous_digest, concat_ws('/', party_kind, party_id,
                   currency, extract(epoch FROM period_start),
                   extract(epoch FROM CAST(:period_end AS timestamptz)),
                   opens_minor, closing_minor), digests),
               :at, :person_id
          FROM statement
        RETURNING statement_id
    ), lines AS (
        INSERT INTO settlement_statement_line
               (statement_id, line_kind, item_count, credit_minor, debit_minor, digest)
        SELECT s.statement_id, l.line_kind, l.item_count, l.credit_minor, l.debit_minor, l.digest
          FROM line l JOIN statement s USING (account_number)
    )
    SELECT statement_id FROM statement ORDER BY statement_id
"""  # noqa: S608 - as above
_PREVIEW: Final = f"""
    {_LINES}
    SELECT (SELECT count(*) FROM due) AS statement_count,
           coalesce((SELECT sum(item_count) FROM line), 0)::bigint AS item_count
"""  # noqa: S608 - as above
_TYPES: Final = (
    bindparam("outlet_ids", type_=ARRAY(Text)),
    bindparam("region_adcodes", type_=ARRAY(Text)),
    bindparam("last_ends", type_=ARRAY(DateTime(timezone=True))),
    bindparam("first_ats", type_=ARRAY(DateTime(timezone=True))),
    bindparam("period_starts", type_=ARRAY(DateTime(timezone=True))),
    bindparam("period_end", type_=DateTime(timezone=True)),
    bindparam("least_effective_at", type_=DateTime(timezone=True)),
)
_CLOSING: Final = text(_CLOSE).bindparams(*_TYPES)
_PREVIEWING: Final = text(_PREVIEW).bindparams(*_TYPES)
#: Nobody can tell the planner how many accounts are due: it would take each apart for few, and the
#: many are what costs. The rest of the transaction is short.
_SETTINGS: Final = (
    "SET LOCAL work_mem = '256MB'",
    "SET LOCAL enable_nestloop = off",
    "SET LOCAL statement_timeout = '60s'",
)
#: Before anything counted for.
_EVER: Final = datetime.fromisoformat("0001-01-02T00:00:00+00:00")
#: The letters of an id that tell when it was made.
_TIME_LETTERS: Final = len("st_") + 10


async def groups(session: AsyncSession) -> list[Group]:
    """Everybody who earned anything, by what their next period depends on."""
    return [Group(**row._mapping) for row in await session.execute(_GROUPS)]


async def turn(session: AsyncSession, at: datetime) -> int:
    """Wait until nobody else posts or closes; returns the watermark: the newest transfer."""
    return await ledger_periods.watermark(session, at)


async def close(
    session: AsyncSession,
    chosen: Sequence[Chosen],
    period_end: datetime,
    watermark: int,
    at: datetime,
    person_id: str,
) -> list[str]:
    """Make the statements of groups whose period ends at an instant; returns their ids.

    Args:
        session: the transaction, which holds the ledger's turn (see ``turn``).
        chosen: the groups, as they are since the turn was taken.
        period_end: when their period ended.
        watermark: the newest transfer.
        at: when it is closed.
        person_id: by whom.
    """
    values = _values(chosen, period_end, watermark) | {
        "at": at,
        "person_id": person_id,
        "id_start": least_id("st", at)[:_TIME_LETTERS],
    }
    for setting in _SETTINGS:
        await session.execute(text(setting))
    return list((await session.scalars(_CLOSING, values)).all())


async def preview(session: AsyncSession, chosen: Sequence[Chosen], period_end: datetime) -> Closed:
    """What closing would make now."""
    watermark = await ledger_periods.newest(session)
    row = (await session.execute(_PREVIEWING, _values(chosen, period_end, watermark))).one()
    return Closed(row.statement_count, row.item_count)


def _values(chosen: Sequence[Chosen], period_end: datetime, watermark: int) -> dict[str, Any]:
    ends = [each.group.last_end for each in chosen]
    return {
        "outlet_ids": [each.group.outlet_id for each in chosen],
        "region_adcodes": [each.group.region_adcode for each in chosen],
        "last_ends": ends,
        "first_ats": [each.group.first_at for each in chosen],
        "period_starts": [each.period_start for each in chosen],
        "period_end": period_end,
        "watermark": watermark,
        "least_effective_at": min((end or _EVER for end in ends), default=_EVER),
    }
