"""`gongdan demo`: one whole case in under a minute."""

from __future__ import annotations


def demo() -> None:
    """Walk one case from the first call to the paid earning."""
