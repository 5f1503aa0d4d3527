"""`gongdan customer import`: customers from a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import RenderableType

from cli.importing import import_previewed
from cli.output import state, table, text
from cli.verb import verb
from protos.directory.v1 import customer_import_pb2 as pb

#: Rows of a preview that are shown; ``--json`` has all of them.
_MOST_SHOWN: Final = 50


def add_to(app: typer.Typer) -> None:
    """Make this command of the noun."""
    verb(app, "import")(import_file)


def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="XLSX or CSV")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be")] = False,
) -> None:
    """Show what a file of customers does, and do it: all of it, or nothing when anything is wrong."""
    import_previewed(
        file,
        "/customer-imports",
        (pb.CustomerImportPreview, _previewed),
        (pb.CustomersImported, _imported),
        "known_sha256",
        dry_run=dry_run,
    )


def _imported(done: pb.CustomersImported) -> RenderableType:
    return f"新增 added {done.added} · 已有 known {done.known}"


def _previewed(preview: pb.CustomerImportPreview) -> Iterator[RenderableType]:
    told = [*preview.problems, *(one for row in preview.rows for one in row.problems)]
    if told:
        yield _problems(told[:_MOST_SHOWN])
    rows = table("行 row", "结果 outcome", "姓名 name", "电话 phone", "地点 place", "已有 known")
    for row in preview.rows[:_MOST_SHOWN]:
        rows.add_row(
            str(row.row_number),
            state(row, "outcome"),
            text(row.name_masked),
            row.phone_masked,
            row.place_name,
            row.known_customer_id,
        )
    yield rows
    if len(preview.rows) > _MOST_SHOWN:
        yield f"[dim]… 还有 {len(preview.rows) - _MOST_SHOWN} 行 more rows[/]"
    yield (f"新增 added {preview.added} · 已有 known {preview.known} · 有误 wrong {preview.wrong}")


def _problems(told: list[pb.SheetProblem]) -> RenderableType:
    rows = table("表 sheet", "行 row", "列 column", "问题 problem", "reason")
    for one in told:
        said = f"{text(one.message)}\n[dim]{text(one.message_en)}[/]"
        rows.add_row(text(one.sheet), str(one.row_number), text(one.column), said, one.reason)
    return rows
