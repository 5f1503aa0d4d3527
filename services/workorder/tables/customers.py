"""What the directory tells of customers, as far as lists of work orders and assets go by it."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from services.workorder.tables.base import Base


class CustomerMergeRow(Base):
    """Two customers who are one, until the merge is undone."""

    __tablename__ = "customer_merge"

    merge_id: Mapped[str] = mapped_column(primary_key=True)
    survivor_customer_id: Mapped[str]
    merged_customer_id: Mapped[str]
    undone: Mapped[bool]
