"""Numbers that lead to customers without showing theirs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from kit.db.tables import INSTANT
from services.directory.tables.base import Base


class VirtualNumberBindingRow(Base):
    """A virtual number that rings at a customer's, or at a contact's, until it expires."""

    __tablename__ = "virtual_number_binding"

    binding_id: Mapped[str] = mapped_column(primary_key=True)
    virtual_number: Mapped[str]
    customer_id: Mapped[str]
    contact_id: Mapped[str | None]
    work_order_id: Mapped[str]
    person_id: Mapped[str]
    bound_at: Mapped[datetime] = mapped_column(INSTANT)
    expires_at: Mapped[datetime] = mapped_column(INSTANT)
    released_at: Mapped[datetime | None] = mapped_column(INSTANT)
