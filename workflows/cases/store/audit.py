"""The acts of one case, and the audit over all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from workflows.cases.tables import ActRow, CaseRow


@dataclass(frozen=True, slots=True)
class ActFilter:
    """Which acts are wanted; what is empty does not filter."""

    person_id: str = ""
    verb: str = ""
    acted_from: datetime | None = None
    acted_before: datetime | None = None
    case_id: str = ""
    flow_code: str = ""

    def conditions(self) -> list[ColumnElement[bool]]:
        """The filter in SQL."""
        wanted: list[ColumnElement[bool]] = []
        if self.person_id:
            wanted.append(ActRow.acting_person_id == self.person_id)
        if self.verb:
            wanted.append(ActRow.verb == self.verb)
        if self.acted_from is not None:
            wanted.append(ActRow.acted_at >= self.acted_from)
        if self.acted_before is not None:
            wanted.append(ActRow.acted_at < self.acted_before)
        if self.case_id:
            wanted.append(ActRow.case_id == self.case_id)
        if self.flow_code:
            of_flow = select(CaseRow.case_id).where(
                CaseRow.case_id == ActRow.case_id, CaseRow.flow_code == self.flow_code
            )
            wanted.append(of_flow.exists())
        return wanted


async def list_acts(
    session: AsyncSession, case_id: str, after: int, limit: int
) -> Sequence[ActRow]:
    """The acts of a case after a number, in the order they were written down."""
    rows = await session.scalars(
        select(ActRow)
        .where(ActRow.case_id == case_id, ActRow.act_number > after)
        .order_by(ActRow.act_number)
        .limit(limit)
    )
    return rows.all()


async def search_acts(
    session: AsyncSession, wanted: ActFilter, before: int | None, limit: int
) -> Sequence[ActRow]:
    """The acts that fit before a number, the last written down first."""
    query = select(ActRow).where(*wanted.conditions())
    if before is not None:
        query = query.where(ActRow.act_number < before)
    rows = await session.scalars(query.order_by(ActRow.act_number.desc()).limit(limit))
    return rows.all()
