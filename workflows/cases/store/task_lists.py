"""Lists and counts of open user tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from workflows.cases.store.paging import Order, count_up_to
from workflows.cases.tables import UserTaskRow
from workflows.cases.terms import node_term

_ID: Final = (UserTaskRow.workflow_id, UserTaskRow.user_task_id)


# How a list can be sorted.
URGENT: Final = Order((UserTaskRow.priority_rank, UserTaskRow.due_at, UserTaskRow.opened_at, *_ID))
OLDEST: Final = Order((UserTaskRow.opened_at, *_ID))
NEWEST: Final = Order((UserTaskRow.opened_at, *_ID), "down")


@dataclass(frozen=True, slots=True)
class UserTaskFilter:
    """Which open user tasks a list wants; what is empty does not filter."""

    person_id: str = ""
    case_id: str = ""
    flow_code: str = ""
    node: str = ""
    stage: str = ""
    kind: str = ""
    due_before: datetime | None = None
    claimed: bool = False
    unclaimed: bool = False

    def conditions(self) -> list[ColumnElement[bool]]:
        """The filter in SQL."""
        wanted: list[ColumnElement[bool]] = []
        if self.person_id:
            wanted.append(UserTaskRow.open_to_person_ids.contains([self.person_id]))
        if terms := self._terms():
            wanted.append(UserTaskRow.terms.contains(terms))
        if self.case_id:
            wanted.append(UserTaskRow.case_id == self.case_id)
        if self.due_before is not None:
            wanted.append(UserTaskRow.due_at < self.due_before)
        if self.claimed:
            wanted.append(UserTaskRow.assignee_person_id != "")
        if self.unclaimed:
            wanted.append(UserTaskRow.assignee_person_id == "")
        return wanted

    def _terms(self) -> list[str]:
        said = {"stage": self.stage, "kind": self.kind}
        terms = [f"{kind}:{value}" for kind, value in said.items() if value]
        if self.node:
            terms.append(node_term(self.flow_code, self.node))
        elif self.flow_code:
            terms.append(f"flow:{self.flow_code}")
        return terms


async def list_user_tasks(
    session: AsyncSession,
    wanted: UserTaskFilter,
    order: Order,
    after: Sequence[Any] | None,
    limit: int,
) -> Sequence[UserTaskRow]:
    """A page of open user tasks, after the key of the last one of the page before."""
    query = select(UserTaskRow).where(*wanted.conditions())
    rows = await session.scalars(order.page(query, after, limit))
    return rows.all()


@dataclass(frozen=True, slots=True)
class NodeCount:
    """How many open user tasks stand at one node.

    Attributes:
        claimed: of these, how many somebody holds.
        due_today: are due before tomorrow, and not overdue.
    """

    flow_code: str
    node: str
    title: str
    count: int
    claimed: int
    overdue: int
    due_today: int


async def count_user_tasks(session: AsyncSession, wanted: UserTaskFilter) -> int:
    """How many open user tasks fit, counted up to a limit."""
    return await count_up_to(session, UserTaskRow, wanted.conditions())


async def count_by_node(
    session: AsyncSession, wanted: UserTaskFilter, now: datetime, tomorrow: datetime
) -> list[NodeCount]:
    """How many open user tasks stand at each node, the most first; one query counts them all."""
    count = func.count()
    due = UserTaskRow.due_at
    rows = await session.execute(
        select(
            UserTaskRow.flow_code,
            UserTaskRow.node,
            UserTaskRow.title,
            count,
            count.filter(UserTaskRow.assignee_person_id != ""),
            count.filter(due < now),
            count.filter(due >= now, due < tomorrow),
        )
        .where(*wanted.conditions())
        .group_by(UserTaskRow.flow_code, UserTaskRow.node, UserTaskRow.title)
        .order_by(count.desc(), UserTaskRow.flow_code, UserTaskRow.node)
    )
    return [NodeCount(*row) for row in rows]
