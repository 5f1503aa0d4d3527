"""Sharing whole units out once, exactly: the composition of one amount, not a contract's splits."""

from __future__ import annotations

from collections.abc import Sequence


def apportion(whole: int, weights: Sequence[int]) -> list[int]:
    """Parts of ``whole`` in proportion to ``weights``, which sum to it exactly.

    Each part is floored, then the left-over units go out by largest remainder, earlier ones first
    on a tie. Unlike ``kit.money.split`` it takes negative weights (a deduction among fee lines),
    as long as they sum to something positive; when they sum to nothing, so does each part.
    """
    total = sum(weights)
    if total == 0:
        return [0] * len(weights)
    floors, remainders = zip(*(divmod(whole * weight, total) for weight in weights), strict=True)
    parts = list(floors)
    by_remainder = sorted(range(len(parts)), key=lambda i: (-remainders[i], i))
    for i in by_remainder[: whole - sum(parts)]:
        parts[i] += 1
    return parts
