"""What the rows of this service share."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase

from kit.db.tables import INSTANT, metadata_for


class Base(DeclarativeBase):
    """Rows of this service."""

    metadata = metadata_for("workorder")
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        str: Text,
        datetime: INSTANT,
        list[str]: ARRAY(Text),
    }
