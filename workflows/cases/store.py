"""Queries and writes of the case read model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, delete, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from workflows.cases.tables import (
    ActRow,
    AwaitedEventRow,
    CaseRow,
    HandOverRow,
    RecorderRow,
    UserTaskRow,
)

#: The verb of an act that lets others read the case.
_COPY_TO: Final = "copy_to"


async def lock_case(session: AsyncSession, case_id: str) -> None:
    """Let the workflows that tell about one case go one after another until the transaction ends."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('case:' || :case_id, 0))"),
        {"case_id": case_id},
    )


async def raise_revision(
    session: AsyncSession, workflow_id: str, case_id: str, revision: int
) -> bool:
    """Note that a workflow tells this revision; False when a newer one was told before."""
    told = insert(RecorderRow).values(workflow_id=workflow_id, case_id=case_id, revision=revision)
    newest = await session.scalar(
        told.on_conflict_do_update(
            index_elements=[RecorderRow.workflow_id],
            set_={"revision": told.excluded.revision},
            where=RecorderRow.revision <= told.excluded.revision,
        ).returning(RecorderRow.revision)
    )
    return newest is not None


async def put_case(session: AsyncSession, values: dict[str, Any]) -> None:
    """Create or replace a case's row."""
    put = insert(CaseRow).values(values)
    await session.execute(
        put.on_conflict_do_update(
            index_elements=[CaseRow.case_id],
            set_={name: put.excluded[name] for name in values if name != "case_id"},
        )
    )


async def replace_user_tasks(
    session: AsyncSession, workflow_id: str, tasks: list[dict[str, Any]]
) -> None:
    """Make these the open user tasks of a workflow."""
    await session.execute(delete(UserTaskRow).where(UserTaskRow.workflow_id == workflow_id))
    if tasks:
        await session.execute(insert(UserTaskRow), tasks)


async def replace_awaited_events(
    session: AsyncSession, workflow_id: str, awaited: list[dict[str, Any]]
) -> None:
    """Make these the events a workflow waits for."""
    await session.execute(delete(AwaitedEventRow).where(AwaitedEventRow.workflow_id == workflow_id))
    if awaited:
        await session.execute(insert(AwaitedEventRow), awaited)


async def add_acts(session: AsyncSession, acts: list[dict[str, Any]]) -> None:
    """Append acts; those that are written down already are passed over."""
    if acts:
        await session.execute(
            insert(ActRow).on_conflict_do_nothing(constraint="act_once"),
            acts,
        )


async def case_by_id(
    session: AsyncSession, case_id: str, *, with_data: bool = False
) -> CaseRow | None:
    """A case, or None."""
    options = [undefer(CaseRow.data)] if with_data else []
    return await session.get(CaseRow, case_id, options=options)


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases a list wants; what is empty does not filter."""

    flow_code: str = ""
    state: int = 0
    stage: str = ""
    parent_case_id: str = ""
    started_by: str = ""
    acted_in_by: str = ""
    copied_to: str = ""

    def conditions(self) -> list[ColumnElement[bool]]:
        """The filter in SQL."""
        wanted: list[ColumnElement[bool]] = []
        if self.flow_code:
            wanted.append(CaseRow.flow_code == self.flow_code)
        if self.state:
            wanted.append(CaseRow.state == self.state)
        if self.stage:
            wanted.append(CaseRow.stage == self.stage)
        if self.parent_case_id:
            wanted.append(CaseRow.parent_case_id == self.parent_case_id)
        if self.started_by:
            wanted.append(CaseRow.started_by_person_id == self.started_by)
        if self.acted_in_by:
            acted = select(ActRow.case_id).where(ActRow.acting_person_id == self.acted_in_by)
            wanted.append(CaseRow.case_id.in_(acted))
        if self.copied_to:
            wanted.append(CaseRow.case_id.in_(_copied_to(self.copied_to)))
        return wanted


def _copied_to(person_id: str) -> Select[tuple[str]]:
    return select(ActRow.case_id).where(
        ActRow.verb == _COPY_TO, ActRow.named_person_ids.contains([person_id])
    )


async def list_cases(
    session: AsyncSession,
    wanted: CaseFilter,
    after: tuple[datetime, str] | None,
    limit: int,
) -> Sequence[CaseRow]:
    """Cases, the newest first, after the (started_at, case_id) of the page before."""
    query = select(CaseRow).where(*wanted.conditions())
    if after is not None:
        query = query.where(tuple_(CaseRow.started_at, CaseRow.case_id) < after)
    rows = await session.scalars(
        query.order_by(CaseRow.started_at.desc(), CaseRow.case_id.desc()).limit(limit)
    )
    return rows.all()


async def tasks_of_cases(session: AsyncSession, case_ids: list[str]) -> Sequence[UserTaskRow]:
    """The open user tasks of some cases, in the order they opened."""
    rows = await session.scalars(
        select(UserTaskRow)
        .where(UserTaskRow.case_id.in_(case_ids))
        .order_by(UserTaskRow.opened_at, UserTaskRow.workflow_id, UserTaskRow.user_task_id)
    )
    return rows.all()


async def list_user_tasks(
    session: AsyncSession,
    person_id: str,
    case_id: str,
    after: tuple[datetime, datetime, str, str] | None,
    limit: int,
) -> Sequence[UserTaskRow]:
    """Open user tasks, the most urgent first, after the (due_at, opened_at, workflow_id,
    user_task_id) of the page before."""
    order = (
        UserTaskRow.due_at,
        UserTaskRow.opened_at,
        UserTaskRow.workflow_id,
        UserTaskRow.user_task_id,
    )
    query = select(UserTaskRow)
    if person_id:
        query = query.where(UserTaskRow.open_to_person_ids.contains([person_id]))
    if case_id:
        query = query.where(UserTaskRow.case_id == case_id)
    if after is not None:
        query = query.where(tuple_(*order) > after)
    rows = await session.scalars(query.order_by(*order).limit(limit))
    return rows.all()


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


async def took_part(session: AsyncSession, case_id: str, person_id: str) -> bool:
    """Whether a person has acted in a case, may act in it now, or was copied to."""
    acted = select(ActRow.act_number).where(
        ActRow.case_id == case_id, ActRow.acting_person_id == person_id
    )
    may_act = select(UserTaskRow.case_id).where(
        UserTaskRow.case_id == case_id, UserTaskRow.open_to_person_ids.contains([person_id])
    )
    copied = _copied_to(person_id).where(ActRow.case_id == case_id)
    took_part = acted.exists() | may_act.exists() | copied.exists()
    return bool(await session.scalar(select(took_part)))


async def act_by_key(session: AsyncSession, case_id: str, act_key: str) -> ActRow | None:
    """The act of that key, or None."""
    found: ActRow | None = await session.scalar(
        select(ActRow).where(ActRow.case_id == case_id, ActRow.act_key == act_key)
    )
    return found


async def copies(session: AsyncSession, case_id: str) -> list[str]:
    """Whom a case was copied to, each once, in order."""
    rows = await session.scalars(
        select(ActRow.named_person_ids)
        .where(ActRow.case_id == case_id, ActRow.verb == _COPY_TO)
        .order_by(ActRow.act_number)
    )
    return list(dict.fromkeys(person for people in rows for person in people))


async def waits(session: AsyncSession, case_id: str) -> list[dict[str, Any]]:
    """For whom the user tasks of a case have waited, as it was written down."""
    rows = await session.scalars(
        select(ActRow.waited)
        .where(ActRow.case_id == case_id, ActRow.waited.is_not(None))
        .order_by(ActRow.act_number)
    )
    return [waited for waited in rows if waited is not None]


async def put_hand_over(session: AsyncSession, values: dict[str, Any]) -> HandOverRow:
    """Create or replace a hand-over's row."""
    put = insert(HandOverRow).values(values)
    await session.execute(
        put.on_conflict_do_update(
            index_elements=[HandOverRow.hand_over_id],
            set_={name: put.excluded[name] for name in values if name != "hand_over_id"},
        )
    )
    return await session.get_one(HandOverRow, values["hand_over_id"], populate_existing=True)


async def hand_over_by_id(session: AsyncSession, hand_over_id: str) -> HandOverRow | None:
    """A hand-over, or None."""
    return await session.get(HandOverRow, hand_over_id)
