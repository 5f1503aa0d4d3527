"""Did you mean …?"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

#: Among more words than these the nearest is not looked for: it takes long and helps nobody.
_MOST_COMPARED: Final = 500
_MOST_LISTED: Final = 12


def did_you_mean(written: str, known: Iterable[str]) -> str:
    """A hint that names the nearest known word, or lists a few when none is near."""
    words = list(dict.fromkeys(known))
    if len(words) > _MOST_COMPARED:
        return ""
    near = get_close_matches(written[:80], words, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    if 0 < len(words) <= _MOST_LISTED:
        return f"known: {', '.join(words)}"
    return ""
