"""`gongdan build`: the builds of workers that cases run on."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from cli.api import part
from cli.output import table, tell_plain
from cli.verb import api, noun, verb
from kit.clock import SHANGHAI

app = noun("build", "Builds of workers 版本: where cases begin, what runs on each.")


@verb(app, "list")
def list_builds() -> None:
    """All builds, the newest first, and how many cases and field works run on each."""
    tell_plain(api().plain("GET", "/builds"), _shown)


@verb(app)
def promote(
    build: Annotated[str, typer.Argument(help="As `gongdan build list` names it")],
) -> None:
    """Let new runs of cases begin on a build: a new one, or an earlier one to roll back."""
    tell_plain(api().change("POST", f"/builds/{part(build)}/promote"), _shown)


@verb(app)
def nudge() -> None:
    """Have idle cases move to the present build now, a few a second, instead of tonight."""
    tell_plain(api().change("POST", "/builds/nudge"), _shown)


def _shown(reply: Any) -> RenderableType:
    shown = table("build", "present", "running", "may go", "first seen")
    for build in reply["builds"]:
        shown.add_row(
            build["build_id"],
            "✓" if build["present"] else "",
            str(build["runs"]),
            "✓" if build["drained"] and not build["runs"] and not build["present"] else "",
            f"{datetime.fromisoformat(build['first_seen_at']).astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
        )
    return shown
