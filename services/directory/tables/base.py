"""What every row of this schema shares."""

from __future__ import annotations

from sqlalchemy.orm import DeclarativeBase

from kit.db.tables import metadata_for


class Base(DeclarativeBase):
    """What every row of this schema shares."""

    metadata = metadata_for("directory")
