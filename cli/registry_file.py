"""`import` and `export` of technicians, outlets and assets: from files and into files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import RenderableType

from cli.api import Refused
from cli.importing import import_previewed
from cli.output import screen, state, table, text
from cli.verb import api, verb
from protos.workorder.v1 import registry_pb2

#: Rows of a preview that are shown; ``--json`` has all of them.
_MOST_SHOWN: Final = 50
_FORMATS: Final = {".xlsx": "REGISTRY_FILE_FORMAT_XLSX", ".csv": "REGISTRY_FILE_FORMAT_CSV"}
_UNCHANGED: Final = registry_pb2.IMPORT_OUTCOME_UNCHANGED

_Of = Annotated[str, typer.Option("--of", help="Only of this outlet, or this customer's assets")]


def add_to(app: typer.Typer, sheet: str, *, goes_out: bool = True) -> None:
    """Make these commands of a noun whose things are in a sheet, such as ``TECHNICIANS``.

    Args:
        goes_out: whether there is a file of them to be had.
    """
    wanted = f"REGISTRY_SHEET_{sheet}"

    def import_file(
        file: Annotated[Path, typer.Argument(metavar="FILE", help="XLSX or CSV")],
        dry_run: Annotated[
            bool, typer.Option("--dry-run", help="Only say what it would do")
        ] = False,
    ) -> None:
        """Show what a file changes, and do it: all of it, or nothing when anything is wrong."""
        _import(wanted, file, dry_run=dry_run)

    def export_file(
        file: Annotated[Path, typer.Argument(metavar="FILE", help="Ending in .xlsx or .csv")],
        of: _Of = "",
    ) -> None:
        """Write them into a file that imports again without a change."""
        _export(wanted, file, of)

    verb(app, "import")(import_file)
    if goes_out:
        verb(app, "export")(export_file)


def _import(sheet: str, file: Path, *, dry_run: bool) -> None:
    import_previewed(
        file,
        "/registry-imports",
        (registry_pb2.RegistryImportPreview, _previewed),
        (registry_pb2.RegistryImported, _counted),
        "registry_sha256",
        dry_run=dry_run,
        sheet=sheet,
    )


def _export(sheet: str, file: Path, of: str) -> None:
    if file.suffix.lower() not in _FORMATS:
        raise Refused(f"{file} must end in .xlsx or .csv", "INPUT_FILE_ENDING_UNKNOWN")
    whose = "customer_id" if sheet.endswith("ASSETS") else "outlet_id"
    query = {"sheet": sheet, "format": _FORMATS[file.suffix.lower()], whose: of}
    wanted = {name: value for name, value in query.items() if value}
    try:
        file.write_bytes(api().content("/registry-exports", **wanted))
    except OSError as error:
        raise Refused(f"{file} cannot be written: {error}", "INPUT_FILE_UNWRITABLE") from error
    screen(errors=True).print(f"{file}")


def _counted(done: registry_pb2.RegistryImported) -> RenderableType:
    return (
        f"新增 added {done.added} · 修改 changed {done.changed} · 不变 unchanged {done.unchanged}"
    )


def _previewed(preview: registry_pb2.RegistryImportPreview) -> Iterator[RenderableType]:
    yield from previewed_rows(preview.problems, preview.rows, shortened=preview.shortened)
    yield (
        f"新增 added {preview.added} · 修改 changed {preview.changed}"
        f" · 不变 unchanged {preview.unchanged} · 有误 wrong {preview.wrong}"
    )


def previewed_rows(
    problems: Iterable[registry_pb2.SheetProblem],
    rows_of_file: Sequence[registry_pb2.ImportRow],
    *,
    shortened: bool,
) -> Iterator[RenderableType]:
    """What is wrong with a file, and what its rows would change."""
    told = [*problems, *(one for row in rows_of_file for one in row.problems)]
    if told:
        yield _problems(told)
    rows = table("行 row", "编号 id", "结果 outcome", "列 column", "之前 before", "之后 after")
    shown = [row for row in rows_of_file if row.outcome != _UNCHANGED and not row.problems]
    for row in shown[:_MOST_SHOWN]:
        head = (str(row.row_number), text(row.key), state(row, "outcome"))
        for change in row.changes:
            rows.add_row(*head, text(change.column), text(change.before), text(change.after))
            head = ("", "", "")
        if not row.changes:
            rows.add_row(*head, "", "", "")
    if shown:
        yield rows
    if len(shown) > _MOST_SHOWN:
        yield f"[dim]… 还有 {len(shown) - _MOST_SHOWN} 行 more rows[/]"
    if shortened:
        yield "[dim]太多，未全部列出 too much to tell all of it; put these right first[/]"


def _problems(told: list[registry_pb2.SheetProblem]) -> RenderableType:
    rows = table("表 sheet", "行 row", "列 column", "问题 problem", "reason")
    for one in told[:_MOST_SHOWN]:
        said = f"{text(one.message)}\n[dim]{text(one.message_en)}[/]"
        rows.add_row(text(one.sheet), str(one.row_number), text(one.column), said, one.reason)
    return rows
