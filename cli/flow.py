"""`gongdan flow`: check, publish, look at, draw, try expressions out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import RenderableType

from cli import flow_expr
from cli.api import Refused, Reply, part
from cli.output import facts, screen, table, tell, text, time
from cli.verb import api, noun, verb
from protos.flow.v1 import flow_pb2

app = noun("flow", "Flows 流程: check, publish, look at, draw, try expressions out.")

_File = Annotated[
    Path, typer.Argument(help="flow.yaml, or the folder it is in", exists=True, readable=True)
]
_Flow = Annotated[str, typer.Argument(metavar="FLOW")]
_Version = Annotated[int, typer.Option(help="Default: the latest", min=0)]


@verb(app)
def check(
    file: _File,
    offline: Annotated[bool, typer.Option("--offline", help="With the local compiler")] = False,
) -> None:
    """Every diagnostic at once; exits 1 when the flow cannot be published."""
    source = _read(file)
    reply = _check_here(source) if offline else _check_there(source)
    tell(reply, diagnostics)
    if not reply.message.publishable:
        raise typer.Exit(1)


@verb(app)
def publish(file: _File) -> None:
    """Check, compile and publish the next version; the same source again is the same version."""
    source = _read(file)
    checked = _check_there(source)
    if not checked.message.publishable:
        tell(checked, diagnostics)
        raise typer.Exit(1)
    tell(api().send("POST", "/flows", flow_pb2.FlowVersion, {"source": source}), card)


@verb(app, "list")
def list_flows() -> None:
    """The latest version of each flow."""

    def shown(answer: flow_pb2.ListFlowsResponse) -> RenderableType:
        rows = table("flow", "name", "version", "published", "by", "plan")
        for flow in answer.flows:
            rows.add_row(
                flow.flow_code,
                text(flow.name),
                str(flow.version),
                time(flow.published_at),
                flow.published_by_person_id,
                flow.plan_hash[:12],
            )
        return rows

    tell(api().get("/flows", flow_pb2.ListFlowsResponse), shown)


@verb(app)
def show(flow: _Flow, version: _Version = 0) -> None:
    """One version: its nodes, who does them, and what a case starts with."""
    from cli.compiling import outline  # noqa: PLC0415 - the compiler takes half a second to load

    path = f"/flows/{part(flow)}"
    reply = api().get(path, flow_pb2.FlowVersion, version=version)
    tell(reply, lambda found: [card(found), *outline(found)])


@verb(app)
def draw(
    flow: _Flow,
    version: _Version = 0,
    svg: Annotated[Path | None, typer.Option(help="Write an SVG file")] = None,
) -> None:
    """The flow as Mermaid text, or as an SVG file."""
    path = f"/flows/{part(flow)}/diagram"
    if svg is None:
        print(api().text(path, version=version, format="mermaid"))
        return
    svg.write_text(api().text(path, version=version, format="svg"))
    screen().print(f"wrote {text(str(svg))}")


verb(app)(flow_expr.expr)


def card(flow: flow_pb2.FlowVersion) -> RenderableType:
    """A version in a few lines."""
    return facts(
        ("flow", flow.flow_code),
        ("name", text(flow.name)),
        ("version", str(flow.version)),
        ("plan", flow.plan_hash),
        ("calendar", flow.calendar_code),
        ("published", f"{time(flow.published_at)} by {flow.published_by_person_id}"),
    )


def diagnostics(answer: flow_pb2.CheckFlowResponse) -> list[RenderableType]:
    """Every finding with its place and what to do, and whether the flow can be published."""
    verdict = (
        "[green]publishable 可以发布[/]"
        if answer.publishable
        else "[red]not publishable 不能发布[/]"
    )
    return [*(_diagnostic(found) for found in answer.diagnostics), verdict]


def _diagnostic(found: flow_pb2.Diagnostic) -> str:
    colour = "red" if found.severity == flow_pb2.SEVERITY_ERROR else "yellow"
    place = ".".join(part for part in (found.node, found.field) if part) or "flow"
    line = f"line {found.line}, " if found.line else ""
    hint = f"\n    → {text(found.hint)}" if found.hint else ""
    return f"[{colour}]{found.code}[/] {line}[bold]{place}[/]: {text(found.message)}{hint}"


def _check_there(source: str) -> Reply[flow_pb2.CheckFlowResponse]:
    return api().send("POST", "/flows/check", flow_pb2.CheckFlowResponse, {"source": source})


def _check_here(source: str) -> Reply[flow_pb2.CheckFlowResponse]:
    from cli.compiling import check  # noqa: PLC0415 - the compiler takes half a second to load

    return check(source)


def _read(file: Path) -> str:
    path = file / "flow.yaml" if file.is_dir() else file
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{path} cannot be read: {error}", "FLOW_FILE_UNREADABLE") from error
