"""Times as people type them: 2026-03-02T09:00, of Shanghai unless they name another zone."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import typer

from kit.clock import SHANGHAI


def instant(written: str) -> datetime:
    """The instant meant; of a day, its beginning."""
    try:
        found = datetime.fromisoformat(written)
    except ValueError as error:
        raise typer.BadParameter(f"{written!r} is no time; write 2026-03-02T09:00") from error
    return found if found.tzinfo else found.replace(tzinfo=SHANGHAI)


def end(written: str) -> datetime:
    """The instant up to which something lasts; of a day, its end."""
    try:
        return instant((date.fromisoformat(written) + timedelta(days=1)).isoformat())
    except ValueError:
        return instant(written)


def when(written: str) -> dict[str, str]:
    """As of when something is asked, as part of a request; nothing for now."""
    return {"at": instant(written).isoformat()} if written else {}


def since(written: str) -> dict[str, str]:
    """Since when an edit holds, as part of a request; nothing for now."""
    return {"effective_from": instant(written).isoformat()} if written else {}
