"""Calls of cases that have no answer yet and are made again: each workflow tells its own."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

#: What tells one from another, the longest first: since when, of which workflow, by which id.
Key = tuple[datetime, str, str]

_BEFORE_ALL: Final[Key] = (datetime.min.replace(tzinfo=UTC), "", "")

_CALLS: Final = """
      FROM case_recorder AS recorder JOIN "case" USING (case_id),
           jsonb_to_recordset(recorder.retried_calls)
               AS call (call_id text, node text, node_title text, rpc text, attempt_count int,
                        reason text, message text, since timestamptz)
     WHERE recorder.retried_calls <> '[]'
       AND :flow_code IN ('', flow_code) AND :rpc IN ('', call.rpc)
       AND :reason IN ('', call.reason) AND :case_id IN ('', case_id)
"""
_LIST: Final = text(
    f"""
    SELECT call.call_id, case_id, recorder.workflow_id, flow_code, call.node, call.node_title,
           call.rpc, call.attempt_count, call.reason, call.message, call.since
    {_CALLS}
       AND (call.since, recorder.workflow_id, call.call_id)
           > (:since, CAST(:workflow_id AS text), CAST(:call_id AS text))
     ORDER BY call.since, recorder.workflow_id, call.call_id
     LIMIT :limit
    """
)
_COUNT: Final = text(
    f"""
    SELECT call.rpc, call.reason, count(*) AS call_count, min(call.since) AS since
    {_CALLS}
     GROUP BY call.rpc, call.reason
     ORDER BY call_count DESC, call.rpc, call.reason
    """
)


@dataclass(frozen=True, slots=True)
class RetriedCall:
    """A call that is made again."""

    call_id: str
    case_id: str
    workflow_id: str
    flow_code: str
    node: str
    node_title: str
    rpc: str
    attempt_count: int
    reason: str
    message: str
    since: datetime


@dataclass(frozen=True, slots=True)
class RetriedCount:
    """How many calls of one RPC are made again for one reason, and since when."""

    rpc: str
    reason: str
    count: int
    since: datetime


@dataclass(frozen=True, slots=True)
class RetryFilter:
    """Which calls a list wants; what is empty does not filter."""

    flow_code: str = ""
    rpc: str = ""
    reason: str = ""
    case_id: str = ""


async def list_calls(
    session: AsyncSession, wanted: RetryFilter, after: Key | None, limit: int
) -> list[RetriedCall]:
    """Calls, the longest made again first, after the last one of the page before."""
    since, workflow_id, call_id = after or _BEFORE_ALL
    place = {"since": since, "workflow_id": workflow_id, "call_id": call_id, "limit": limit}
    return [RetriedCall(*row) for row in await session.execute(_LIST, asdict(wanted) | place)]


async def count_calls(session: AsyncSession, wanted: RetryFilter) -> list[RetriedCount]:
    """How many are made again of each RPC and reason, and since when; the most first."""
    return [RetriedCount(*row) for row in await session.execute(_COUNT, asdict(wanted))]
