"""`gongdan customer import`: customers from a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import RenderableType

from cli.api import Refused, read_file
from cli.output import state, table, tell, text
from cli.verb import api, asked, verb
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
    content = read_file(file)
    seen = api().send_content("/customer-imports/preview", pb.CustomerImportPreview, content)
    preview = seen.message
    is_wrong = bool(preview.problems or preview.wrong)
    if dry_run or is_wrong or not asked().as_json:
        tell(seen, _previewed)
    if is_wrong:
        raise Refused("有问题，什么都没有导入 nothing was imported", "IMPORT_WRONG")
    if dry_run:
        return
    done = api().send_content(
        "/customer-imports",
        pb.CustomersImported,
        content,
        file_sha256=preview.file_sha256,
        known_sha256=preview.known_sha256,
    )
    tell(done, lambda answer: [f"新增 added {answer.added} · 已有 known {answer.known}"])


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
