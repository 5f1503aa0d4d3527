"""`gongdan work-order import`: open work orders of another system, from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import RenderableType

from cli.api import Refused, read_file
from cli.output import tell
from cli.registry_file import previewed_rows
from cli.verb import api, asked
from protos.workorder.v1 import work_order_import_pb2


def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="XLSX or CSV")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would do")] = False,
) -> None:
    """Take open work orders over: show what a file creates, and do it, all of it or nothing."""
    content = read_file(file)
    seen = api().send_content(
        "/work-order-imports/preview", work_order_import_pb2.WorkOrderImportPreview, content
    )
    preview = seen.message
    is_wrong = bool(preview.problems or preview.wrong)
    if dry_run or is_wrong or not asked().as_json:
        tell(seen, _previewed)
    if is_wrong:
        raise Refused("有问题，什么都没有导入 nothing was imported", "IMPORT_WRONG")
    if dry_run:
        return
    done = api().send_content(
        "/work-order-imports",
        work_order_import_pb2.WorkOrdersImported,
        content,
        file_sha256=preview.file_sha256,
        registry_sha256=preview.registry_sha256,
    )
    tell(done, _imported)


def _imported(done: work_order_import_pb2.WorkOrdersImported) -> RenderableType:
    return f"新增 added {done.added} · 以前已导入 imported before {done.unchanged}"


def _previewed(preview: work_order_import_pb2.WorkOrderImportPreview) -> list[RenderableType]:
    counted = (
        f"新增 added {preview.added} · 以前已导入 imported before {preview.unchanged}"
        f" · 有误 wrong {preview.wrong}"
    )
    told = previewed_rows(preview.problems, preview.rows, shortened=preview.shortened)
    return [*told, counted]
