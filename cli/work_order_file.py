"""`gongdan work-order import`: open work orders of another system, from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import RenderableType

from cli.importing import import_previewed
from cli.registry_file import previewed_rows
from protos.workorder.v1 import work_order_import_pb2


def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="XLSX or CSV")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would do")] = False,
) -> None:
    """Take open work orders over: show what a file creates, and do it, all of it or nothing."""
    import_previewed(
        file,
        "/work-order-imports",
        (work_order_import_pb2.WorkOrderImportPreview, _previewed),
        (work_order_import_pb2.WorkOrdersImported, _imported),
        "registry_sha256",
        dry_run=dry_run,
    )


def _imported(done: work_order_import_pb2.WorkOrdersImported) -> RenderableType:
    return f"新增 added {done.added} · 以前已导入 imported before {done.unchanged}"


def _previewed(preview: work_order_import_pb2.WorkOrderImportPreview) -> list[RenderableType]:
    counted = (
        f"新增 added {preview.added} · 以前已导入 imported before {preview.unchanged}"
        f" · 有误 wrong {preview.wrong}"
    )
    told = previewed_rows(preview.problems, preview.rows, shortened=preview.shortened)
    return [*told, counted]
