"""Did you mean …?"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(written: str, known: Iterable[str]) -> str:
    """A hint that names the nearest known word, or lists a few when none is near."""
    words = list(dict.fromkeys(known))
    near = get_close_matches(written[:80], words, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    if 0 < len(words) <= 12:
        return f"known: {', '.join(words)}"
    return ""
