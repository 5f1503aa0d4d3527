"""Lists by pages: where one goes on, and how many there are as far as anybody wants to know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Select, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from workflows.tables import Base

#: More than these are not counted.
COUNTED: Final = 10_000


@dataclass(frozen=True, slots=True)
class Order:
    """What a list is sorted by, one way; the last column tells any two rows apart."""

    columns: tuple[InstrumentedAttribute[Any], ...]
    way: Literal["up", "down"] = "up"

    def page(self, query: Select[Any], after: Sequence[Any] | None, limit: int) -> Select[Any]:
        """The query's rows after those of the page before."""
        if after is not None:
            key = tuple_(*self.columns)
            query = query.where(key > tuple(after) if self.way == "up" else key < tuple(after))
        by = [each.asc() if self.way == "up" else each.desc() for each in self.columns]
        return query.order_by(*by).limit(limit)

    def key(self, row: object) -> list[str]:
        """Where the page after this row starts, as the words of a token."""
        values = (getattr(row, column.key) for column in self.columns)
        return [v.isoformat() if isinstance(v, datetime) else str(v) for v in values]

    def read(self, words: Sequence[str]) -> tuple[Any, ...]:
        """The key that these words of a token say.

        Raises:
            ValueError: they say none.
        """
        types = (column.type.python_type for column in self.columns)
        pairs = zip(types, words, strict=True)
        return tuple(
            datetime.fromisoformat(word) if type_ is datetime else type_(word)
            for type_, word in pairs
        )


async def count_up_to(
    session: AsyncSession, of: type[Base], conditions: Sequence[ColumnElement[bool]]
) -> int:
    """How many rows there are; one more than ``COUNTED`` when there are more."""
    some = select(literal(1)).select_from(of).where(*conditions).limit(COUNTED + 1).subquery()
    return await session.scalar(select(func.count()).select_from(some)) or 0
