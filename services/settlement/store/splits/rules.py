"""Split rules and what their contracts remember."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import AlreadyExists, NotFound
from services.settlement.domain.splits.rule import CommissionBase, Contract, RuleState, SplitRule
from services.settlement.domain.splits.scheme import Memory, Scheme, fresh_memory
from services.settlement.domain.splits.split import Carry
from services.settlement.domain.splits.stated import from_row
from services.settlement.tables.splits import SplitContractRow, SplitRuleRow, SplitRuleVersionRow


async def lock_rules(session: AsyncSession) -> None:
    """Let nobody else change rules until this transaction ends; reading goes on."""
    await session.execute(text("LOCK TABLE split_rule IN SHARE ROW EXCLUSIVE MODE"))


async def in_force(session: AsyncSession, on: date) -> list[SplitRule]:
    """The version of every rule by which promises of a day are split."""
    rows = await session.scalars(
        select(SplitRuleVersionRow)
        .distinct(SplitRuleVersionRow.split_rule_code)
        .where(
            SplitRuleVersionRow.state == RuleState.APPROVED.value,
            SplitRuleVersionRow.effective_from <= on,
        )
        .order_by(SplitRuleVersionRow.split_rule_code, SplitRuleVersionRow.version.desc())
    )
    return [rule_of(row) for row in rows]


async def newest(session: AsyncSession) -> Sequence[SplitRuleVersionRow]:
    """The newest version of every rule, decided or not."""
    query = (
        select(SplitRuleVersionRow)
        .join(
            SplitRuleRow,
            (SplitRuleRow.split_rule_code == SplitRuleVersionRow.split_rule_code)
            & (SplitRuleRow.version == SplitRuleVersionRow.version),
        )
        .order_by(SplitRuleVersionRow.split_rule_code)
    )
    return (await session.scalars(query)).all()


async def versions(session: AsyncSession, split_rule_code: str) -> Sequence[SplitRuleVersionRow]:
    """All versions of a rule, the newest first."""
    query = (
        select(SplitRuleVersionRow)
        .where(SplitRuleVersionRow.split_rule_code == split_rule_code)
        .order_by(SplitRuleVersionRow.version.desc())
    )
    return (await session.scalars(query)).all()


async def version(
    session: AsyncSession, split_rule_code: str, number: int, *, lock: bool = False
) -> SplitRuleVersionRow:
    """One version of a rule.

    Raises:
        NotFound: ``SETTLEMENT_SPLIT_RULE_NOT_FOUND``.
    """
    row = await session.get(
        SplitRuleVersionRow, (split_rule_code, number), with_for_update=lock or None
    )
    if row is None:
        raise NotFound(
            "SETTLEMENT_SPLIT_RULE_NOT_FOUND",
            f"there is no version {number} of a split rule {split_rule_code!r}",
            field="split_rule_code",
        )
    return row


def rule_of(row: SplitRuleVersionRow) -> SplitRule:
    """A version as decisions know it."""
    return SplitRule(
        split_rule_code=row.split_rule_code,
        version=row.version,
        cooperation_mode=row.cooperation_mode,
        terms=tuple(from_row(term) for term in row.portions),
        region_adcode=row.region_adcode,
        outlet_id=row.outlet_id,
        commission_base=CommissionBase(row.commission_base),
        excluded_to=row.excluded_to,
        review_required=row.review_required,
        effective_from=row.effective_from,
    )


async def put_rule(session: AsyncSession, row: SplitRuleVersionRow) -> None:
    """Store a rule's new version and make it the newest. Call ``lock_rules`` first.

    Raises:
        AlreadyExists: ``SETTLEMENT_SPLIT_RULE_EXISTS`` when another rule splits the same earnings.
    """
    scope = {
        "cooperation_mode": row.cooperation_mode,
        "region_adcode": row.region_adcode,
        "outlet_id": row.outlet_id,
    }
    taken = await session.scalar(
        select(SplitRuleRow.split_rule_code)
        .filter_by(**scope)
        .where(SplitRuleRow.split_rule_code != row.split_rule_code)
    )
    if taken is not None:
        raise AlreadyExists(
            "SETTLEMENT_SPLIT_RULE_EXISTS",
            f"rule {taken} splits cooperation mode {row.cooperation_mode!r} of the same region and"
            " outlet already; change it",
            field="split_rule.cooperation_mode",
        )
    session.add(row)
    await session.flush()
    head = {"version": row.version, **scope}
    await session.execute(
        insert(SplitRuleRow)
        .values(split_rule_code=row.split_rule_code, **head)
        .on_conflict_do_update(index_elements=["split_rule_code"], set_=head)
    )


async def look_at_memory(session: AsyncSession, contract: Contract, scheme: Scheme) -> Memory:
    """What a contract remembers, for a preview."""
    row = await session.get(SplitContractRow, tuple(_key(contract).values()))
    return _memory(row) if row else fresh_memory(scheme)


async def lock_memory(session: AsyncSession, contract: Contract, scheme: Scheme) -> Memory:
    """What a contract remembers; nobody else splits under it until this transaction ends."""
    await session.execute(
        insert(SplitContractRow)
        .values(**_key(contract), **_values(fresh_memory(scheme)))
        .on_conflict_do_nothing()
    )
    rows = await session.scalars(
        select(SplitContractRow)
        .filter_by(**_key(contract))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return _memory(rows.one())


async def remember(session: AsyncSession, contract: Contract, memory: Memory) -> None:
    """Write what a locked contract remembers from now on."""
    await session.execute(
        update(SplitContractRow).filter_by(**_key(contract)).values(**_values(memory))
    )


def _key(contract: Contract) -> dict[str, Any]:
    return {
        "split_rule_code": contract.split_rule_code,
        "split_rule_version": contract.split_rule_version,
        "currency": contract.currency,
        "party_ids": contract.party_ids,
    }


def _values(memory: Memory) -> dict[str, Any]:
    return {
        "dealt": memory.carry.dealt,
        "returned_minor": memory.carry.returned,
        "owed_parts": memory.owed_parts,
    }


def _memory(row: SplitContractRow) -> Memory:
    return Memory(Carry(row.dealt, row.returned_minor), row.owed_parts)
