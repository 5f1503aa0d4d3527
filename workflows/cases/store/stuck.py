"""Where the open cases of a flow wait, counted by PostgreSQL."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

#: So many cases tell of the past: enough for a median, and no more work in a larger company.
PAST_CASES: Final = 5_000


@dataclass(frozen=True, slots=True)
class Which:
    """Of which flow, and as of when.

    Attributes:
        flow_version: 0: every version.
        since: where the past begins.
    """

    flow_code: str
    flow_version: int
    now: datetime
    since: datetime


@dataclass(frozen=True, slots=True)
class Spread:
    """Times in seconds, and how many there are; nine of ten are shorter than ``p90``."""

    count: int
    median: float
    p90: float
    longest: float


@dataclass(frozen=True, slots=True)
class Standing:
    """The cases that stand at a node now."""

    title: str
    longest_case_id: str
    spread: Spread


@dataclass(frozen=True, slots=True)
class NodeTasks:
    """The open user tasks of a node."""

    count: int
    overdue: int
    paused: int


@dataclass(frozen=True, slots=True)
class Past:
    """How long each node took, and how many cases told of it."""

    cases: int
    nodes: dict[str, Spread]


_OPEN: Final = text(
    """
    SELECT count(*), count(*) FILTER (WHERE state = 4)
      FROM "case"
     WHERE flow_code = :flow_code AND state IN (1, 4)
       AND (:flow_version = 0 OR flow_version = :flow_version)
    """
)
# What runs inside a node is told with its path before its name.
_STANDING: Final = text(
    """
    SELECT node, max(title), (array_agg(case_id ORDER BY seconds DESC, case_id))[1], count(*),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds),
           percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds), max(seconds)
      FROM (SELECT case_id, at.title, regexp_replace(at.node, '^.*:', '') AS node,
                   extract(epoch FROM :now - at.entered_at)::float AS seconds
              FROM "case",
                   jsonb_to_recordset(standing)
                       AS at (node text, title text, entered_at timestamptz)
             WHERE flow_code = :flow_code AND state IN (1, 4)
               AND (:flow_version = 0 OR flow_version = :flow_version)) AS stood
     GROUP BY node
    """
)
_TASKS: Final = text(
    """
    SELECT regexp_replace(node, '^.*:', '') AS name, count(*),
           count(*) FILTER (WHERE due_at < :now AND pause IS NULL), count(pause)
      FROM user_task
     WHERE flow_code = :flow_code
       AND (:flow_version = 0 OR EXISTS (
               SELECT FROM "case" WHERE "case".case_id = user_task.case_id
                  AND "case".flow_version = :flow_version))
     GROUP BY name
    """
)
_PARTIES: Final = text(
    """
    SELECT regexp_replace(node, '^.*:', '') AS name,
           CASE WHEN pause IS NOT NULL THEN coalesce(pause ->> 'blamed_party', '')
                WHEN user_task_kind = 'confirm' THEN 'customer'
                ELSE candidate_role END AS party,
           count(*) AS tasks
      FROM user_task
     WHERE flow_code = :flow_code
       AND (:flow_version = 0 OR EXISTS (
               SELECT FROM "case" WHERE "case".case_id = user_task.case_id
                  AND "case".flow_version = :flow_version))
     GROUP BY name, party
     ORDER BY tasks DESC, party
    """
)
_PEOPLE: Final = text(
    """
    SELECT name, person_id, tasks
      FROM (SELECT regexp_replace(node, '^.*:', '') AS name, person_id, count(*) AS tasks,
                   row_number() OVER (PARTITION BY regexp_replace(node, '^.*:', '')
                                      ORDER BY count(*) DESC, person_id) AS place
              FROM user_task, unnest(open_to_person_ids) AS person_id
             WHERE flow_code = :flow_code AND pause IS NULL
               AND (:flow_version = 0 OR EXISTS (
                       SELECT FROM "case" WHERE "case".case_id = user_task.case_id
                          AND "case".flow_version = :flow_version))
             GROUP BY name, person_id) AS counted
     WHERE place <= 5
     ORDER BY tasks DESC, person_id
    """
)
_PAST: Final = text(
    """
    WITH past AS MATERIALIZED (
        SELECT nodes FROM "case"
         WHERE flow_code = :flow_code AND changed_at >= :since
           AND (:flow_version = 0 OR flow_version = :flow_version)
         ORDER BY changed_at DESC
         LIMIT :past_cases
    ), took AS (
        SELECT regexp_replace(at.node, '^.*:', '') AS name,
               extract(epoch FROM at.left_at - at.entered_at)::float AS seconds
          FROM past,
               jsonb_to_recordset(nodes)
                   AS at (node text, entered_at timestamptz, left_at timestamptz)
         WHERE at.left_at >= :since
    )
    SELECT name, (SELECT count(*) FROM past), count(*),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds),
           percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds), max(seconds)
      FROM took GROUP BY name
    """
)


_RETRIED: Final = text(
    """
    SELECT regexp_replace(call.node, '^.*:', '') AS name, count(*)
      FROM case_recorder JOIN "case" USING (case_id),
           jsonb_to_recordset(retried_calls) AS call (node text)
     WHERE retried_calls <> '[]' AND flow_code = :flow_code
       AND (:flow_version = 0 OR flow_version = :flow_version)
     GROUP BY name
    """
)


async def count_open(session: AsyncSession, which: Which) -> tuple[int, int]:
    """How many cases go on, and how many of these stopped at an incident."""
    [(open_, incidents)] = await _rows(session, _OPEN, which)
    return open_, incidents


async def standing(session: AsyncSession, which: Which) -> dict[str, Standing]:
    """The cases that go on, by the node where they stand."""
    return {
        node: Standing(title, longest, Spread(*spread))
        for node, title, longest, *spread in await _rows(session, _STANDING, which)
    }


async def tasks(session: AsyncSession, which: Which) -> dict[str, NodeTasks]:
    """The open user tasks, by node."""
    return {node: NodeTasks(*counts) for node, *counts in await _rows(session, _TASKS, which)}


async def retried(session: AsyncSession, which: Which) -> dict[str, int]:
    """How many calls have no answer yet and are made again, by node."""
    rows = await _rows(session, _RETRIED, which)
    return {str(node): int(count) for node, count in rows}


async def parties(session: AsyncSession, which: Which) -> dict[str, dict[str, int]]:
    """To whom the waiting is charged at each node and for how many user tasks, the most first."""
    return _by_node(await _rows(session, _PARTIES, which))


async def people(session: AsyncSession, which: Which) -> dict[str, dict[str, int]]:
    """Whose move it is at each node and in how many user tasks, the five with the most."""
    return _by_node(await _rows(session, _PEOPLE, which))


async def past(session: AsyncSession, which: Which) -> Past:
    """How long each node took those of the last changed cases that left it."""
    rows = await _rows(session, _PAST, which, past_cases=PAST_CASES)
    return Past(
        max((cases for _, cases, *_ in rows), default=0),
        {node: Spread(*spread) for node, _, *spread in rows},
    )


async def _rows(
    session: AsyncSession, query: TextClause, which: Which, **more: Any
) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await session.execute(query, asdict(which) | more)]


def _by_node(rows: list[tuple[Any, ...]]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for node, name, count in rows:
        if name:
            found.setdefault(node, {})[name] = count
    return found
