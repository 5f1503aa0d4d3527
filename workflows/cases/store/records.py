"""What cases tell of themselves, and what is asked of one case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import delete, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer, undefer

from kit.errors import Aborted
from workflows.cases.tables import ActRow, AwaitedEventRow, CaseRow, RecorderRow, UserTaskRow

#: The verb of an act that lets others read the case.
_COPY_TO: Final = "copy_to"


async def lock_case(session: AsyncSession, case_id: str) -> None:
    """Let the workflows that tell about one case go one after another until the transaction ends."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('case:' || :case_id, 0))"),
        {"case_id": case_id},
    )


async def raise_revision(session: AsyncSession, told: dict[str, Any]) -> bool:
    """Note what a workflow tells: the values of its row. False when a later task told before, or this
    one from its history a newer revision.

    Raises:
        Aborted: CASE_TOLD_TWICE: this task was done twice, and the other one told before. Neither is
            in the history, so nobody knows yet which of them counts.
    """
    row = insert(RecorderRow).values(told)
    now = row.excluded
    before = tuple_(RecorderRow.told_in_task, RecorderRow.told_in_history)
    this = tuple_(now.told_in_task, now.told_in_history)
    again = (before == this) & now.told_in_history & (RecorderRow.revision <= now.revision)
    newest = await session.scalar(
        row.on_conflict_do_update(
            index_elements=[RecorderRow.workflow_id],
            set_={name: now[name] for name in told},
            where=(before < this) | again,
        ).returning(RecorderRow.revision)
    )
    if newest is None and not told["told_in_history"]:
        await _refuse_second(session, told["workflow_id"], told["told_in_task"])
    return newest is not None


async def _refuse_second(session: AsyncSession, workflow_id: str, told_in_task: int) -> None:
    first = select(RecorderRow.workflow_id).where(
        RecorderRow.workflow_id == workflow_id,
        RecorderRow.told_in_task == told_in_task,
        ~RecorderRow.told_in_history,
    )
    if await session.scalar(first) is not None:
        raise Aborted(
            "CASE_TOLD_TWICE",
            "this workflow task was done twice, and the other one told before: tell it from the history",
            field="told_in_task",
        )


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
