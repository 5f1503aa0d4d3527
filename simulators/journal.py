"""Keeps a simulator's state in an SQLite file, so that a restart finds it again."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Journal:
    """Documents by kind and id; without a path they live in memory only."""

    def __init__(self, path: Path | None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path or ":memory:", isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS document"
            " (kind TEXT, id TEXT, body TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID"
        )

    def put(self, kind: str, key: str, body: dict[str, Any]) -> None:
        """Insert or replace one document."""
        self._db.execute(
            "INSERT OR REPLACE INTO document VALUES (?, ?, ?)",
            (kind, key, json.dumps(body, ensure_ascii=False)),
        )

    def all(self, kind: str) -> Iterator[dict[str, Any]]:
        """Every document of a kind, in the order of its id."""
        rows = self._db.execute("SELECT body FROM document WHERE kind = ? ORDER BY id", (kind,))
        return (json.loads(body) for (body,) in rows)

    def clear(self) -> None:
        """Forget everything."""
        self._db.execute("DELETE FROM document")

    def close(self) -> None:
        """Release the file."""
        self._db.close()
