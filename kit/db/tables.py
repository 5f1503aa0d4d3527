"""Conventions of every service's tables. The kit's own two tables are made by ``kit.db.ddl``."""

from __future__ import annotations

from sqlalchemy import DateTime, MetaData

#: An instant; always UTC and aware in Python.
INSTANT = DateTime(timezone=True)


def metadata_for(schema: str) -> MetaData:
    """The metadata of one service's schema. Names of constraints are given in its migrations."""
    return MetaData(schema=schema)
