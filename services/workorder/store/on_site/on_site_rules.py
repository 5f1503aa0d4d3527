"""Rules and checklists: put, and found for a work order by when it was made."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.workorder.domain.on_site.checklist import Checklist, Item, ItemKind
from services.workorder.domain.on_site.rule import Rule
from services.workorder.tables.on_site import ChecklistRow, OnSiteRuleRow


async def add_rule(session: AsyncSession, rule: Rule) -> None:
    """Put a rule."""
    session.add(OnSiteRuleRow(**asdict(rule)))
    await session.flush()


async def rule_for(session: AsyncSession, stage: str, made_at: datetime) -> Rule:
    """The rule of a work order of this stage that was made then: the stage's own before the common
    one, the one put last before the earlier ones."""
    row = await session.scalar(
        select(OnSiteRuleRow)
        .where(OnSiteRuleRow.stage.in_(("", stage)), OnSiteRuleRow.put_at <= made_at)
        .order_by(OnSiteRuleRow.stage.desc(), OnSiteRuleRow.put_at.desc())
        .limit(1)
    )
    assert row is not None, "the migration puts a rule that every work order is younger than"
    return _rule(row)


async def rules_page(session: AsyncSession, before: str, size: int) -> list[Rule]:
    """Rules, the one put last first, from the one before ``before`` on (empty: from the last).

    Their ids sort by when they were put, the one that came with the product first.
    """
    query = select(OnSiteRuleRow).order_by(OnSiteRuleRow.rule_id.desc()).limit(size)
    if before:
        query = query.where(OnSiteRuleRow.rule_id < before)
    return [_rule(row) for row in await session.scalars(query)]


def _rule(row: OnSiteRuleRow) -> Rule:
    return Rule(**{name: getattr(row, name) for name in Rule.__slots__})


async def add_checklist(session: AsyncSession, checklist: Checklist, person_id: str) -> Checklist:
    """Put the next version of a checklist; gives it with its number."""
    last = await session.scalar(
        select(func.max(ChecklistRow.version)).where(
            ChecklistRow.checklist_code == checklist.checklist_code
        )
    )
    row = ChecklistRow(
        checklist_code=checklist.checklist_code,
        version=(last or 0) + 1,
        name=checklist.name,
        stage=checklist.stage,
        item_code=checklist.item_code,
        items=[_stored(item) for item in checklist.items],
        active=checklist.active,
        put_at=checklist.put_at,
        put_by_person_id=person_id,
    )
    session.add(row)
    await session.flush()
    return _checklist(row)


async def checklists_for(
    session: AsyncSession, stage: str, item_codes: Collection[str], named: str, made_at: datetime
) -> list[Checklist]:
    """The checklists of a work order that was made then, each in its version of that time: those of
    its stage and items, and the one that it names (empty: none)."""
    later = aliased(ChecklistRow)
    rows = await session.scalars(
        select(ChecklistRow)
        .where(
            ChecklistRow.put_at <= made_at,
            ~select(later)
            .where(
                later.checklist_code == ChecklistRow.checklist_code,
                later.version > ChecklistRow.version,
                later.put_at <= made_at,
            )
            .exists(),
        )
        .order_by(ChecklistRow.checklist_code)
    )
    found = [_checklist(row) for row in rows]
    return [each for each in found if each.applies(stage, item_codes, named)]


async def versions_page(
    session: AsyncSession, code: str, before: int | None, size: int
) -> list[Checklist]:
    """Every version of one checklist, the last first, from the one before ``before`` on."""
    query = (
        select(ChecklistRow)
        .where(ChecklistRow.checklist_code == code)
        .order_by(ChecklistRow.version.desc())
        .limit(size)
    )
    if before is not None:
        query = query.where(ChecklistRow.version < before)
    return [_checklist(row) for row in await session.scalars(query)]


async def checklists_page(session: AsyncSession, after: str, size: int) -> list[Checklist]:
    """The last version of each checklist, by code, from the one after ``after`` on."""
    query = (
        select(ChecklistRow)
        .where(ChecklistRow.checklist_code > after)
        .distinct(ChecklistRow.checklist_code)
        .order_by(ChecklistRow.checklist_code, ChecklistRow.version.desc())
        .limit(size)
    )
    return [_checklist(row) for row in await session.scalars(query)]


def _stored(item: Item) -> dict[str, Any]:
    return {
        **asdict(item),
        "least": None if item.least is None else str(item.least),
        "most": None if item.most is None else str(item.most),
    }


def _checklist(row: ChecklistRow) -> Checklist:
    return Checklist(
        checklist_code=row.checklist_code,
        version=row.version,
        name=row.name,
        stage=row.stage,
        item_code=row.item_code,
        items=tuple(_item(stored) for stored in row.items),
        active=row.active,
        put_at=row.put_at,
    )


def _item(stored: dict[str, Any]) -> Item:
    least, most = stored["least"], stored["most"]
    return Item(
        **{
            **stored,
            "kind": ItemKind(stored["kind"]),
            "least": None if least is None else Decimal(least),
            "most": None if most is None else Decimal(most),
        }
    )
