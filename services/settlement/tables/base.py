"""What the rows of this service share."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ARRAY, BigInteger, Text
from sqlalchemy.orm import DeclarativeBase

from kit.db.tables import INSTANT, metadata_for


class Base(DeclarativeBase):
    """Rows of this service."""

    metadata = metadata_for("settlement")
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        int: BigInteger,
        str: Text,
        datetime: INSTANT,
        tuple[str, ...]: ARRAY(Text, as_tuple=True),
        tuple[int, ...]: ARRAY(BigInteger, as_tuple=True),
    }
