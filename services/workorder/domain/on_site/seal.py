"""The seal over a record: a chain of hashes that nothing can be changed under without being seen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

#: Whose first link names what is chained, and how.
_FIRST = hashlib.sha256(b"gongdan on-site record 1").digest()


def chained(entries: Iterable[dict[str, Any]]) -> bytes:
    """The last link over entries in their order: each link hashes the one before and its entry."""
    link = _FIRST
    for entry in entries:
        link = hashlib.sha256(link + hashlib.sha256(_written(entry)).digest()).digest()
    return link


def _written(entry: dict[str, Any]) -> bytes:
    """An entry in the one way that it is written."""
    return json.dumps(entry, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
