"""`gongdan case migrate`: running cases move to another version of their flow."""

from __future__ import annotations

import time as clock
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import RenderableType

from cli.api import Refused, Reply, part
from cli.output import facts, screen, table, tell, text, time
from cli.verb import api
from protos.cases.v1 import migrations_pb2
from services.gateway.words import word

_LOOK_EVERY_SECONDS: Final = 0.2
_SHOWN: Final = 50


def migrate(
    flow: Annotated[str, typer.Option(help="The flow's code", metavar="FLOW")],
    to: Annotated[int, typer.Option(help="The version to move to", min=1)],
    from_version: Annotated[
        int, typer.Option("--from", help="Only cases of this version", min=0)
    ] = 0,
    case: Annotated[list[str] | None, typer.Option(help="Only this case; may be repeated")] = None,
    choose: Annotated[
        list[str] | None,
        typer.Option(metavar="OLD=NEW", help="Where cases at a node go on; may be repeated"),
    ] = None,
    choices: Annotated[
        Path | None, typer.Option(help="A file of such lines", exists=True, dir_okay=False)
    ] = None,
    reason: Annotated[str, typer.Option(help="For the record")] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say which could move, and move none")
    ] = False,
) -> None:
    """Move running cases to another version 迁移, as far as that is proven safe.

    Ctrl-C stops waiting, not the migration.
    """
    body = {
        "flow_code": flow,
        "to_version": to,
        "from_version": from_version,
        "case_ids": case or [],
        "choices": dict(_read(choose or [], choices)),
        "reason": reason,
        "dry_run": dry_run,
    }
    ordered = api().change("POST", "/migrations", body)
    path = f"/migrations/{part(ordered['migration_id'])}"
    while (ended := _ended(path)) is None:
        clock.sleep(_LOOK_EVERY_SECONDS)
    tell(ended, lambda migration: [*_card(migration), *_cases(path)])


def _read(choose: list[str], file: Path | None) -> Iterator[tuple[str, str]]:
    lines = file.read_text("utf-8").splitlines() if file else []
    for line in [*lines, *choose]:
        if not line.strip() or line.startswith("#"):
            continue
        old, equals, new = (part.strip() for part in line.partition("="))
        if not (old and equals and new):
            screen(errors=True).print(f"--choose takes OLD=NEW, not {line!r}")
            raise typer.Exit(2)
        yield old, new


def _ended(path: str) -> Reply[migrations_pb2.Migration] | None:
    """How a migration ended; None: it is under way, or not told of yet."""
    try:
        reply = api().get(path, migrations_pb2.Migration)
    except Refused as refused:
        if refused.reason == "MIGRATION_UNKNOWN":
            return None
        raise
    return reply if reply.message.HasField("ended_at") else None


def _card(migration: migrations_pb2.Migration) -> list[RenderableType]:
    counts: dict[str, int] = {}
    reasons = table("outcome", "cases", "node", "why")
    for tally in migration.tallies:
        outcome = _outcome(tally.outcome)
        counts[outcome] = counts.get(outcome, 0) + tally.count
        if tally.words:
            reasons.add_row(outcome, str(tally.count), tally.node, text(tally.words))
    head = facts(
        ("migration", migration.migration_id + (" (dry run)" if migration.dry_run else "")),
        ("flow", f"{migration.flow_code} → v{migration.to_version}"),
        *((outcome, str(count)) for outcome, count in counts.items()),
        ("cases", str(migration.case_count)),
        ("ended", time(migration.ended_at)),
    )
    return [head, reasons] if reasons.row_count else [head]


def _cases(path: str) -> list[RenderableType]:
    """The cases that somebody must look at."""
    reply = api().get(f"{path}/cases", migrations_pb2.ListCaseMigrationsResponse)
    rows = table("case", "version", "outcome", "why", "could go on at")
    for case in reply.message.cases[:_SHOWN]:
        why = [each.words for each in case.findings] + [each.words for each in case.questions]
        targets = [target.node for question in case.questions for target in question.targets]
        if why:
            rows.add_row(
                case.case_id,
                f"v{case.flow_version}",
                _outcome(case.outcome),
                text("；".join(why)),
                "、".join(targets),
            )
    return [rows] if rows.row_count else []


def _outcome(value: migrations_pb2.MigrationOutcome.ValueType) -> str:
    return word(migrations_pb2.MigrationOutcome.Name(value))
