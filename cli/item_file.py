"""`gongdan item import|export`: items from files and into files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import RenderableType

from cli.api import Refused
from cli.importing import import_previewed
from cli.item_library import InLibrary, Parent, Retired, WantRetired
from cli.output import screen, state, table, text
from cli.verb import api, verb
from protos.pricing.v1 import library_pb2

#: Rows of a preview that are shown; ``--json`` has all of them.
_MOST_SHOWN: Final = 50
_FORMATS: Final = {".xlsx": "SHEET_FORMAT_XLSX", ".csv": "SHEET_FORMAT_CSV"}

_UNCHANGED: Final = library_pb2.ITEM_IMPORT_OUTCOME_UNCHANGED


def add_to(app: typer.Typer) -> None:
    """Make these commands of the noun."""
    verb(app, "import")(import_file)
    verb(app, "export")(export_file)


def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="XLSX or CSV")],
    library: InLibrary,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change")] = False,
) -> None:
    """Show what a file changes, and do it: all of it, or nothing when anything is wrong."""
    import_previewed(
        file,
        "/item-imports",
        (library_pb2.ItemImportPreview, _previewed),
        (library_pb2.ItemsImported, _imported),
        "library_sha256",
        dry_run=dry_run,
        reason="PRICING_IMPORT_WRONG",
        catalogue=library.catalogue,
    )


def export_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Ending in .xlsx or .csv")],
    library: InLibrary,
    words: Annotated[str, typer.Option(help="Only with this in the code or name")] = "",
    parent: Parent = "",
    retired: WantRetired = Retired.ALSO,
) -> None:
    """Write items into a file that imports again without a change."""
    if file.suffix.lower() not in _FORMATS:
        raise Refused(f"{file} must end in .xlsx or .csv", "INPUT_FILE_ENDING_UNKNOWN")
    query = {
        "catalogue": library.catalogue,
        "format": _FORMATS[file.suffix.lower()],
        "parent_item_code": parent,
        "text": words,
        "retired": retired.wanted,
    }
    wanted = {name: value for name, value in query.items() if value}
    try:
        file.write_bytes(api().content("/item-exports", **wanted))
    except OSError as error:
        raise Refused(f"{file} cannot be written: {error}", "INPUT_FILE_UNWRITABLE") from error
    screen(errors=True).print(f"{file}")


def _imported(done: library_pb2.ItemsImported) -> RenderableType:
    return (
        f"新增 added {done.added} · 修改 changed {done.changed} · 不变 unchanged {done.unchanged}"
    )


def _previewed(preview: library_pb2.ItemImportPreview) -> Iterator[RenderableType]:
    told = [*preview.problems, *(one for row in preview.rows for one in row.problems)]
    if told:
        yield problem_table(told)
    rows = table("行 row", "编码 code", "结果 outcome", "列 column", "之前 before", "之后 after")
    shown = [row for row in preview.rows if row.outcome != _UNCHANGED and not row.problems]
    for row in shown[:_MOST_SHOWN]:
        head = (str(row.row_number), text(row.item_code), state(row, "outcome"))
        for change in row.changes:
            rows.add_row(*head, text(change.column), text(change.before), text(change.after))
            head = ("", "", "")
        if not row.changes:
            rows.add_row(*head, "", "", "")
    if shown:
        yield rows
    if len(shown) > _MOST_SHOWN:
        yield f"[dim]… 还有 {len(shown) - _MOST_SHOWN} 行 more rows[/]"
    if preview.shortened:
        yield "[dim]太多，未全部列出 too much to tell all of it; put these right first[/]"
    yield (
        f"新增 added {preview.added} · 修改 changed {preview.changed}"
        f" · 不变 unchanged {preview.unchanged} · 有误 wrong {preview.wrong}"
    )


def problem_table(told: list[library_pb2.SheetProblem]) -> RenderableType:
    """What is wrong with a file, each with its place."""
    rows = table("表 sheet", "行 row", "列 column", "问题 problem", "reason")
    for one in told[:_MOST_SHOWN]:
        said = f"{text(one.message)}\n[dim]{text(one.message_en)}[/]"
        rows.add_row(text(one.sheet), str(one.row_number), text(one.column), said, one.reason)
    return rows
