"""Split rules and what their contracts remember."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import AlreadyExists
from services.settlement.domain.splits.rule import Contract, SplitRule
from services.settlement.domain.splits.split import Carry, PortionTerm, fresh_carry
from services.settlement.tables.splits import SplitContractRow, SplitRuleRow, SplitRuleVersionRow


async def lock_rules(session: AsyncSession) -> None:
    """Let nobody else change rules until this transaction ends; reading goes on."""
    await session.execute(text("LOCK TABLE split_rule IN SHARE ROW EXCLUSIVE MODE"))


async def current_rules(session: AsyncSession) -> list[SplitRule]:
    """The newest version of every rule."""
    rows = await session.scalars(
        select(SplitRuleVersionRow)
        .join(
            SplitRuleRow,
            (SplitRuleRow.split_rule_code == SplitRuleVersionRow.split_rule_code)
            & (SplitRuleRow.version == SplitRuleVersionRow.version),
        )
        .order_by(SplitRuleVersionRow.split_rule_code)
    )
    return [
        SplitRule(
            split_rule_code=row.split_rule_code,
            version=row.version,
            cooperation_mode=row.cooperation_mode,
            terms=tuple(PortionTerm(**term) for term in row.portions),
        )
        for row in rows
    ]


async def put_rule(
    session: AsyncSession, rule: SplitRule, put_at: datetime, put_by_person_id: str
) -> None:
    """Store a rule's new version and make it the newest. Call ``lock_rules`` first.

    Raises:
        AlreadyExists: ``SETTLEMENT_SPLIT_RULE_EXISTS`` when another rule has the cooperation mode.
    """
    taken = await session.scalar(
        select(SplitRuleRow.split_rule_code).where(
            SplitRuleRow.cooperation_mode == rule.cooperation_mode,
            SplitRuleRow.split_rule_code != rule.split_rule_code,
        )
    )
    if taken is not None:
        raise AlreadyExists(
            "SETTLEMENT_SPLIT_RULE_EXISTS",
            f"rule {taken} splits cooperation mode {rule.cooperation_mode!r} already; change it",
            field="split_rule.cooperation_mode",
        )
    await session.execute(
        insert(SplitRuleVersionRow).values(
            split_rule_code=rule.split_rule_code,
            version=rule.version,
            cooperation_mode=rule.cooperation_mode,
            portions=[asdict(term) for term in rule.terms],
            put_at=put_at,
            put_by_person_id=put_by_person_id,
        )
    )
    newest = {"version": rule.version, "cooperation_mode": rule.cooperation_mode}
    await session.execute(
        insert(SplitRuleRow)
        .values(split_rule_code=rule.split_rule_code, **newest)
        .on_conflict_do_update(index_elements=["split_rule_code"], set_=newest)
    )


async def look_at_carry(session: AsyncSession, contract: Contract) -> Carry:
    """What a contract remembers, for a preview."""
    row = await session.get(SplitContractRow, tuple(_key(contract).values()))
    return _carry(row) if row else fresh_carry(len(contract.party_ids))


async def lock_carry(session: AsyncSession, contract: Contract) -> Carry:
    """What a contract remembers; nobody else splits under it until this transaction ends."""
    fresh = fresh_carry(len(contract.party_ids))
    await session.execute(
        insert(SplitContractRow)
        .values(**_key(contract), dealt=fresh.dealt, returned_minor=fresh.returned)
        .on_conflict_do_nothing()
    )
    rows = await session.scalars(
        select(SplitContractRow).filter_by(**_key(contract)).with_for_update()
    )
    return _carry(rows.one())


async def remember(session: AsyncSession, contract: Contract, carry: Carry) -> None:
    """Write what a locked contract remembers from now on."""
    await session.execute(
        update(SplitContractRow)
        .filter_by(**_key(contract))
        .values(dealt=carry.dealt, returned_minor=carry.returned)
    )


def _key(contract: Contract) -> dict[str, Any]:
    return {
        "split_rule_code": contract.split_rule_code,
        "split_rule_version": contract.split_rule_version,
        "currency": contract.currency,
        "party_ids": contract.party_ids,
    }


def _carry(row: SplitContractRow) -> Carry:
    return Carry(row.dealt, row.returned_minor)
