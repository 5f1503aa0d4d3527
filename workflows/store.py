"""Queries and writes of flows: published versions, plans, drafts."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import NotFound
from workflows.tables import FlowDraftRow, FlowVersionRow, PlanRow


async def plan_content(session: AsyncSession, plan_hash: str) -> bytes | None:
    """The canonical bytes of a plan, or None."""
    content: bytes | None = await session.scalar(
        select(PlanRow.content).where(PlanRow.plan_hash == plan_hash)
    )
    return content


async def keep_plan(session: AsyncSession, plan_hash: str, content: bytes) -> None:
    """Store a plan; one that is there already is the same one."""
    await session.execute(
        insert(PlanRow)
        .values(plan_hash=plan_hash, content=content)
        .on_conflict_do_nothing(index_elements=[PlanRow.plan_hash])
    )


async def lock_flow(session: AsyncSession, flow_code: str) -> None:
    """Let publishers of one flow go one after another until the transaction ends."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('flow:' || :code, 0))"),
        {"code": flow_code},
    )


async def latest_version(session: AsyncSession, flow_code: str) -> FlowVersionRow | None:
    """The newest version of a flow, or None."""
    newest: FlowVersionRow | None = await session.scalar(
        select(FlowVersionRow)
        .where(FlowVersionRow.flow_code == flow_code)
        .order_by(FlowVersionRow.version.desc())
        .limit(1)
    )
    return newest


async def version_of(session: AsyncSession, flow_code: str, version: int) -> FlowVersionRow | None:
    """One version of a flow; version 0 is the newest."""
    if version == 0:
        return await latest_version(session, flow_code)
    return await session.get(FlowVersionRow, (flow_code, version))


async def existing_version(session: AsyncSession, flow_code: str, version: int) -> FlowVersionRow:
    """One version of a flow; version 0 is the newest.

    Raises:
        NotFound: ``FLOW_UNKNOWN``.
    """
    row = await version_of(session, flow_code, version)
    if row is None:
        raise NotFound(
            "FLOW_UNKNOWN",
            f"there is no flow {flow_code!r} in version {version or 'latest'}",
            field="flow_code",
        )
    return row


async def latest_versions(
    session: AsyncSession, after_flow_code: str, limit: int
) -> Sequence[FlowVersionRow]:
    """The newest version of each flow after a code, by code."""
    newest = (
        select(FlowVersionRow.flow_code, func.max(FlowVersionRow.version).label("version"))
        .where(FlowVersionRow.flow_code > after_flow_code)
        .group_by(FlowVersionRow.flow_code)
        .order_by(FlowVersionRow.flow_code)
        .limit(limit)
        .subquery()
    )
    rows = await session.scalars(
        select(FlowVersionRow)
        .join(
            newest,
            (newest.c.flow_code == FlowVersionRow.flow_code)
            & (newest.c.version == FlowVersionRow.version),
        )
        .order_by(FlowVersionRow.flow_code)
    )
    return rows.all()


async def versions_before(
    session: AsyncSession, flow_code: str, before_version: int | None, limit: int
) -> Sequence[FlowVersionRow]:
    """A flow's versions, newest first, from the one before a version or from the newest."""
    query = select(FlowVersionRow).where(FlowVersionRow.flow_code == flow_code)
    if before_version is not None:
        query = query.where(FlowVersionRow.version < before_version)
    rows = await session.scalars(query.order_by(FlowVersionRow.version.desc()).limit(limit))
    return rows.all()


async def draft_of(
    session: AsyncSession, flow_code: str, *, for_update: bool = False
) -> FlowDraftRow | None:
    """The draft of a flow, or None; locked until the transaction ends when it will be changed."""
    return await session.get(FlowDraftRow, flow_code, with_for_update=for_update or None)


async def drafts_after(
    session: AsyncSession, after_flow_code: str, limit: int
) -> Sequence[FlowDraftRow]:
    """Drafts after a code, by code."""
    rows = await session.scalars(
        select(FlowDraftRow)
        .where(FlowDraftRow.flow_code > after_flow_code)
        .order_by(FlowDraftRow.flow_code)
        .limit(limit)
    )
    return rows.all()
