"""Lists of cases: any filter, in five orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, false, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from workflows.cases.store.paging import Order, count_up_to
from workflows.cases.tables import CaseRow
from workflows.cases.terms import SHORT_ID_LENGTH, node_term, region_term, word_terms

#: Rows of cases that go on: running, and stopped at an incident.
OPEN_STATES: Final = (1, 4)


# How a list can be sorted.
NEWEST: Final = Order((CaseRow.started_at, CaseRow.case_id), "down")
OLDEST: Final = Order((CaseRow.started_at, CaseRow.case_id))
DUE: Final = Order((CaseRow.due_at, CaseRow.case_id))
WAITING: Final = Order((CaseRow.waiting_since, CaseRow.case_id))
CHANGED: Final = Order((CaseRow.changed_at, CaseRow.case_id), "down")


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases a list wants; what is empty does not filter."""

    flow_code: str = ""
    flow_version: int = 0
    state: int = 0
    open: bool = False
    stage: str = ""
    region_adcode: str = ""
    customer_id: str = ""
    priority_id: str = ""
    parent_case_id: str = ""
    started_by: str = ""
    acted_in_by: str = ""
    copied_to: str = ""
    waits_on: str = ""
    node: str = ""
    due_before: datetime | None = None
    started_from: datetime | None = None
    started_before: datetime | None = None
    ended_from: datetime | None = None
    ended_before: datetime | None = None
    words: tuple[str, ...] = ()
    case_ids: tuple[str, ...] = ()

    def conditions(self) -> list[ColumnElement[bool]]:
        """The filter in SQL.

        What few cases fit is looked up in the index of terms, all of it at once; what many fit is
        compared by column, where an index in the order of the list can serve.
        """
        few = self._rare_terms()
        common = self._common_terms() if few else []
        wanted = [] if few else self._common_columns()
        if terms := [*few, *common]:
            wanted.append(CaseRow.terms.contains(terms))
        if self.open:
            wanted.append(CaseRow.state.in_(OPEN_STATES))
        if self.case_ids:
            wanted.append(CaseRow.case_id.in_(self.case_ids))
        return [*wanted, *self._ranges(), *map(_says, self.words)]

    def _rare_terms(self) -> list[str]:
        said = {
            "customer": self.customer_id,
            "parent": self.parent_case_id,
            "priority": self.priority_id,
            "started": self.started_by,
            "acted": self.acted_in_by,
            "copied": self.copied_to,
            "waits": self.waits_on,
        }
        terms = [f"{kind}:{value}" for kind, value in said.items() if value]
        if self.node:
            terms.append(node_term(self.flow_code, self.node))
        if self.region_adcode:
            terms.append(region_term(self.region_adcode))
        return terms

    def _common_terms(self) -> list[str]:
        terms = [f"flow:{self.flow_code}"] if self.flow_code and not self.node else []
        if self.flow_version:
            terms.append(f"version:{self.flow_code}/{self.flow_version}")
        if self.state:
            terms.append(f"state:{self.state}")
        if self.stage:
            terms.append(f"stage:{self.stage}")
        return terms

    def _common_columns(self) -> list[ColumnElement[bool]]:
        wanted: list[ColumnElement[bool]] = []
        if self.flow_code:
            wanted.append(CaseRow.flow_code == self.flow_code)
        if self.flow_version:
            wanted.append(CaseRow.flow_version == self.flow_version)
        if self.state:
            wanted.append(CaseRow.state == self.state)
        if self.stage:
            wanted.append(CaseRow.stage == self.stage)
        return wanted

    def _ranges(self) -> list[ColumnElement[bool]]:
        bounds = (
            (CaseRow.due_at, None, self.due_before),
            (CaseRow.started_at, self.started_from, self.started_before),
            (CaseRow.ended_at, self.ended_from, self.ended_before),
        )
        wanted: list[ColumnElement[bool]] = []
        for column, since, until in bounds:
            if since is not None:
                wanted.append(column >= since)
            if until is not None:
                wanted.append(column < until)
        return wanted


def _says(word: str) -> ColumnElement[bool]:
    """The title has this word in it, or the case or its customer is called so."""
    terms = word_terms(word)
    in_title = CaseRow.terms.contains(terms) if terms else false()
    if terms != [f"title:{word}"]:
        # Not by LIKE: PostgreSQL would take it for rare, and gather all of a word that many have.
        title = func.lower(func.normalize(CaseRow.title, text("NFKC")))
        in_title &= func.strpos(title, word) > 0
    if len(word) < SHORT_ID_LENGTH or not word.isascii():
        return in_title
    return or_(in_title, CaseRow.terms.contains([f"id:{word}"]))


async def list_cases(
    session: AsyncSession,
    wanted: CaseFilter,
    order: Order,
    after: Sequence[Any] | None,
    limit: int,
) -> Sequence[CaseRow]:
    """A page of cases, after the key of the last one of the page before."""
    query = select(CaseRow).where(*wanted.conditions())
    rows = await session.scalars(order.page(query, after, limit))
    return rows.all()


async def count_cases(session: AsyncSession, wanted: CaseFilter) -> int:
    """How many cases fit, counted up to a limit."""
    return await count_up_to(session, CaseRow, wanted.conditions())
