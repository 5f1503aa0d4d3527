"""Why work is called off or given back, in codes that can be counted beside the words."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from kit.errors import InvalidArgument

CANCEL_CODES: Final = (
    "customer_withdrew", "customer_unreachable", "duplicate", "no_fault", "wrong_facts",
    "out_of_area", "parts_missing", "other",
)  # fmt: skip
RELEASE_CODES: Final = (
    "technician_ill", "technician_late", "no_show", "wrong_skills", "parts_missing",
    "customer_asked", "hand_over", "other",
)  # fmt: skip


def require_code(code: str, known: Collection[str], field: str) -> str:
    """A code that is known (``WORK_ORDER_REASON_CODE_UNKNOWN``)."""
    if code not in known:
        raise InvalidArgument(
            "WORK_ORDER_REASON_CODE_UNKNOWN",
            f"unknown code {code!r}; known: {', '.join(known)}",
            field=field,
        )
    return code
