"""Coupons, and who has taken of their quotas."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import AlreadyExists, NotFound
from services.pricing.tables import CouponBatchRow, CouponRow, CouponUseRow


class CouponOfBatch(NamedTuple):
    """A code with its batch."""

    coupon: CouponRow
    batch: CouponBatchRow


async def add_batch(session: AsyncSession, row: CouponBatchRow, codes: Sequence[str]) -> None:
    """Add a batch with its codes.

    Raises:
        AlreadyExists: ``PRICING_COUPON_TAKEN``, naming the first code that there is.
    """
    query = select(CouponRow.coupon_code).where(CouponRow.coupon_code.in_(codes))
    taken = set(await session.scalars(query))
    for number, code in enumerate(codes):
        if code in taken:
            raise AlreadyExists(
                "PRICING_COUPON_TAKEN", f"there is a coupon {code!r}", field=f"codes[{number}]"
            )
    session.add(row)
    await session.flush()
    coupons = [
        {"coupon_code": code, "batch_id": row.batch_id, "quota": row.quota_per_code, "taken": 0}
        for code in codes
    ]
    await session.execute(insert(CouponRow), coupons)


async def locked_batch(session: AsyncSession, batch_id: str) -> CouponBatchRow:
    """One batch, locked.

    Raises:
        NotFound: ``PRICING_COUPON_BATCH_UNKNOWN``.
    """
    row = await session.get(CouponBatchRow, batch_id, with_for_update=True)
    if row is None:
        raise NotFound(
            "PRICING_COUPON_BATCH_UNKNOWN", f"there is no batch {batch_id!r}", field="batch_id"
        )
    return row


async def batches(
    session: AsyncSession, promotion_code: str, before: str, limit: int
) -> Sequence[CouponBatchRow]:
    """Batches, the last one made first, before one of them."""
    query = select(CouponBatchRow)
    if promotion_code:
        query = query.where(CouponBatchRow.promotion_code == promotion_code)
    if before:
        query = query.where(CouponBatchRow.batch_id < before)
    ordered = query.order_by(CouponBatchRow.batch_id.desc()).limit(limit)
    return (await session.scalars(ordered)).all()


async def page(
    session: AsyncSession, batch_id: str, coupon_code: str, after: str, limit: int
) -> Sequence[CouponOfBatch]:
    """Codes in order, after one of them; what is empty does not matter."""
    query = select(CouponRow, CouponBatchRow).join(
        CouponBatchRow, CouponBatchRow.batch_id == CouponRow.batch_id
    )
    if batch_id:
        query = query.where(CouponRow.batch_id == batch_id)
    if coupon_code:
        query = query.where(CouponRow.coupon_code == coupon_code)
    ordered = query.where(CouponRow.coupon_code > after).order_by(CouponRow.coupon_code)
    return [CouponOfBatch(*found) for found in await session.execute(ordered.limit(limit))]


async def by_code(session: AsyncSession, codes: Collection[str]) -> dict[str, CouponOfBatch]:
    """The codes of these that there are, each with its batch."""
    query = (
        select(CouponRow, CouponBatchRow)
        .join(CouponBatchRow, CouponBatchRow.batch_id == CouponRow.batch_id)
        .where(CouponRow.coupon_code.in_(codes))
    )
    return {
        found.CouponRow.coupon_code: CouponOfBatch(*found) for found in await session.execute(query)
    }


async def taken_by(session: AsyncSession, case_id: str, codes: Collection[str]) -> set[str]:
    """Which of these codes a case has."""
    query = select(CouponUseRow.coupon_code).where(
        CouponUseRow.case_id == case_id,
        CouponUseRow.coupon_code.in_(codes),
        CouponUseRow.released_at.is_(None),
    )
    return set(await session.scalars(query))


async def use_of_case(session: AsyncSession, case_id: str, code: str) -> CouponUseRow | None:
    """What a case has of a code; whoever asks for the same meanwhile waits."""
    await _wait_for(session, f"coupon {code} of {case_id}")
    query = select(CouponUseRow).where(
        CouponUseRow.case_id == case_id,
        CouponUseRow.coupon_code == code,
        CouponUseRow.released_at.is_(None),
    )
    return (await session.scalars(query)).one_or_none()


async def count_of_customer(session: AsyncSession, batch_id: str, customer_id: str) -> int:
    """How many of a batch a customer has; whoever asks for the same meanwhile waits."""
    await _wait_for(session, f"coupons {batch_id} of {customer_id}")
    query = select(func.count()).where(
        CouponUseRow.batch_id == batch_id,
        CouponUseRow.customer_id == customer_id,
        CouponUseRow.released_at.is_(None),
    )
    return await session.scalar(query) or 0


async def take(session: AsyncSession, row: CouponUseRow) -> bool:
    """Take one of a code's quota; whether there was one left."""
    taken = (
        update(CouponRow)
        .where(CouponRow.coupon_code == row.coupon_code, CouponRow.taken < CouponRow.quota)
        .values(taken=CouponRow.taken + 1)
        .returning(CouponRow.coupon_code)
    )
    if await session.scalar(taken) is None:
        return False
    session.add(row)
    await session.flush()
    return True


async def locked_use(session: AsyncSession, coupon_use_id: str) -> CouponUseRow:
    """One use, locked.

    Raises:
        NotFound: ``PRICING_COUPON_USE_UNKNOWN``.
    """
    row = await session.get(CouponUseRow, coupon_use_id, with_for_update=True)
    if row is None:
        raise NotFound(
            "PRICING_COUPON_USE_UNKNOWN",
            f"there is no use {coupon_use_id!r} of a coupon",
            field="coupon_use_id",
        )
    return row


async def give_back(session: AsyncSession, row: CouponUseRow, at: datetime) -> None:
    """Give one that was taken back to its code's quota."""
    row.released_at = at
    await session.flush()
    await session.execute(
        update(CouponRow)
        .where(CouponRow.coupon_code == row.coupon_code)
        .values(taken=CouponRow.taken - 1)
    )


async def uses(
    session: AsyncSession, wanted: dict[str, str], before: str, limit: int
) -> Sequence[CouponUseRow]:
    """Uses, the last one first, before one of them.

    Args:
        wanted: columns with their values; empty ones do not matter.
    """
    query = select(CouponUseRow).filter_by(**{name: each for name, each in wanted.items() if each})
    if before:
        query = query.where(CouponUseRow.coupon_use_id < before)
    ordered = query.order_by(CouponUseRow.coupon_use_id.desc()).limit(limit)
    return (await session.scalars(ordered)).all()


async def _wait_for(session: AsyncSession, what: str) -> None:
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(what, 0))))
