"""What cases tell of themselves, and what is asked of one case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import delete, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer, undefer

from workflows.cases.tables import ActRow, AwaitedEventRow, CaseRow, RecorderRow, UserTaskRow

#: The verb of an act that lets others read the case.
_COPY_TO: Final = "copy_to"


async def lock_case(session: AsyncSession, case_id: str) -> None:
    """Let the workflows that tell about one case go one after another until the transaction ends."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('case:' || :case_id, 0))"),
        {"case_id": case_id},
    )


async def raise_revision(
    session: AsyncSession,
    workflow_id: str,
    case_id: str,
    told_in_task: int,
    revision: int,
    retried_calls: list[dict[str, Any]],
) -> bool:
    """Note that a workflow tells this revision, and which of its calls are made again; False when a
    later task told before, or the same one a newer revision."""
    told = insert(RecorderRow).values(
        workflow_id=workflow_id,
        case_id=case_id,
        told_in_task=told_in_task,
        revision=revision,
        retried_calls=retried_calls,
    )
    newest = await session.scalar(
        told.on_conflict_do_update(
            index_elements=[RecorderRow.workflow_id],
            set_={
                "told_in_task": told.excluded.told_in_task,
                "revision": told.excluded.revision,
                "retried_calls": told.excluded.retried_calls,
            },
            where=tuple_(RecorderRow.told_in_task, RecorderRow.revision)
            <= tuple_(told.excluded.told_in_task, told.excluded.revision),
        ).returning(RecorderRow.revision)
    )
    return newest is not None


def put_case(session: AsyncSession, row: CaseRow | None, values: dict[str, Any]) -> CaseRow:
    """Make this the case's row, which may be new."""
    if row is None:
        row = CaseRow()
        session.add(row)
    for name, value in values.items():
        setattr(row, name, value)
    return row


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


async def tasks_of_cases(
    session: AsyncSession, case_ids: list[str], *, with_forms: bool = True
) -> Sequence[UserTaskRow]:
    """The open user tasks of some cases, in the order they opened. Without forms, neither their
    schemas nor what stands beside them may be read."""
    forms = (UserTaskRow.form_schema_json, UserTaskRow.context)
    rows = await session.scalars(
        select(UserTaskRow)
        .where(UserTaskRow.case_id.in_(case_ids))
        .order_by(UserTaskRow.opened_at, UserTaskRow.workflow_id, UserTaskRow.user_task_id)
        .options(*[] if with_forms else [defer(each, raiseload=True) for each in forms])
    )
    return rows.all()


async def involved(session: AsyncSession, case_id: str) -> tuple[set[str], set[str]]:
    """Who has acted in a case, and whom it was copied to."""
    acts = await session.execute(
        select(ActRow.acting_person_id, ActRow.verb, ActRow.named_person_ids).where(
            ActRow.case_id == case_id
        )
    )
    acted: set[str] = set()
    copied: set[str] = set()
    for person_id, verb, named in acts:
        acted.add(person_id)
        copied.update(named if verb == _COPY_TO else ())
    return acted, copied


async def took_part(session: AsyncSession, case_id: str, person_id: str) -> bool:
    """Whether a person has acted in a case, may act in it now, or was copied to."""
    acted = select(ActRow.act_number).where(
        ActRow.case_id == case_id, ActRow.acting_person_id == person_id
    )
    may_act = select(UserTaskRow.case_id).where(
        UserTaskRow.case_id == case_id, UserTaskRow.open_to_person_ids.contains([person_id])
    )
    copied = select(ActRow.act_number).where(
        ActRow.case_id == case_id,
        ActRow.verb == _COPY_TO,
        ActRow.named_person_ids.contains([person_id]),
    )
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
