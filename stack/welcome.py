"""What a newcomer sees once everything is ready: where things are, and what to try."""

import io

from rich.console import Console
from rich.table import Table

from stack.layout import Layout
from stack.processes import BY_NAME, PROCESSES, Process, Ready


def table(wanted: tuple[Process, ...], layout: Layout, seconds: float) -> str:
    """Give the text that is printed when the product is ready."""
    names = {process.name for process in wanted}
    rows = [row for row in _pages(layout) if row[0] in names]
    rows += [
        (process.name, process.says, f"127.0.0.1:{layout.port(process)}", "gRPC")
        for process in PROCESSES
        if process.ready is Ready.GRPC and process.module and process.name in names
    ]
    grid = Table(title=f"\nGongdan is ready after {seconds:.1f} s", title_justify="left")
    for heading in ("what", "where", ""):
        grid.add_column(heading)
    for _, what, where, kind in rows:
        grid.add_row(what, where, kind)
    screen = io.StringIO()
    console = Console(file=screen, width=100)
    console.print(grid)
    console.print(_NEXT, markup=False, highlight=False)
    return screen.getvalue().rstrip()


def _pages(layout: Layout) -> list[tuple[str, str, str, str]]:
    product = layout.url("gateway")
    rows = [
        ("gateway", "product", product, "web"),
        ("gateway", "API documentation", f"{product}/docs", "web"),
        ("wecom", "WeCom sandbox", layout.url("wecom"), "web"),
        ("payout", "payout sandbox", layout.url("payout"), "web"),
    ]
    if "temporal" not in layout.external:
        rows.append(("temporal", "Temporal UI", layout.temporal_ui_url, "web"))
    rows.append(("temporal", "Temporal", layout.temporal_address, "gRPC"))
    if "postgres" not in layout.external:
        port = layout.port(BY_NAME["postgres"])
        rows.append(("postgres", "PostgreSQL", f"127.0.0.1:{port}", "SQL"))
    return rows


_NEXT = """
Try next, in another terminal:
  .venv/bin/gongdan demo          one whole case in under a minute
  .venv/bin/gongdan flow list     the published flows
  .venv/bin/gongdan --help        everything else
  make doctor                     is every part well?    make logs ARGS=-f    what do they say?
Ctrl-C stops everything; the data stays in .state
"""
