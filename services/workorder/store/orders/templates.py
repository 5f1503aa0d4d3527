"""Templates of work orders, version by version."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.workorder.domain.orders import template
from services.workorder.tables.desk import WorkOrderTemplateRow


async def read(
    session: AsyncSession, template_code: str, template_version: int = 0
) -> WorkOrderTemplateRow:
    """A version of a template; 0 is the newest (``WORK_ORDER_TEMPLATE_UNKNOWN``)."""
    row = await find(session, template_code, template_version)
    if row is None:
        raise template.unknown(template_code, template_version)
    return row


async def find(
    session: AsyncSession, template_code: str, template_version: int = 0
) -> WorkOrderTemplateRow | None:
    """A version of a template, if there is one; 0 is the newest."""
    query = (
        select(WorkOrderTemplateRow)
        .where(WorkOrderTemplateRow.template_code == template_code)
        .order_by(WorkOrderTemplateRow.template_version.desc())
        .limit(1)
    )
    if template_version:
        query = query.where(WorkOrderTemplateRow.template_version == template_version)
    found: WorkOrderTemplateRow | None = await session.scalar(query)
    return found


async def lock_newest(session: AsyncSession, template_code: str) -> WorkOrderTemplateRow | None:
    """The newest version, if there is one; nobody puts another until the transaction ends."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))"),
        {"what": f"work order template {template_code}"},
    )
    return await find(session, template_code)


async def add(session: AsyncSession, row: WorkOrderTemplateRow) -> None:
    """Keep another version."""
    session.add(row)
    await session.flush()


async def page(
    session: AsyncSession, stage: str, include_retired: bool, after: str, size: int
) -> Sequence[WorkOrderTemplateRow]:
    """The newest version of each template, in the order of their codes, after ``after``."""
    newest = (
        select(
            WorkOrderTemplateRow.template_code,
            func.max(WorkOrderTemplateRow.template_version).label("template_version"),
        )
        .where(WorkOrderTemplateRow.template_code > after)
        .group_by(WorkOrderTemplateRow.template_code)
        .subquery()
    )
    query = (
        select(WorkOrderTemplateRow)
        .join(
            newest,
            (newest.c.template_code == WorkOrderTemplateRow.template_code)
            & (newest.c.template_version == WorkOrderTemplateRow.template_version),
        )
        .order_by(WorkOrderTemplateRow.template_code)
        .limit(size)
    )
    if stage:
        query = query.where(WorkOrderTemplateRow.stage == stage)
    if not include_retired:
        query = query.where(WorkOrderTemplateRow.retired.is_(False))
    return (await session.scalars(query)).all()
