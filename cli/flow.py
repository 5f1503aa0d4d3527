"""`gongdan flow`: check, try out, draw, publish, compare, import, export."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import RenderableType

from cli import (
    flow_bpmn,
    flow_check,
    flow_draft,
    flow_expr,
    flow_library,
    flow_simulate,
    flow_stuck,
)
from cli.api import Refused, part
from cli.flow_cases import still_running
from cli.flow_check import read
from cli.flow_show import card, differences, tell_check, version_rows
from cli.output import screen, table, tell, tell_plain, text
from cli.verb import api, noun, verb
from protos.flow.v1 import flow_pb2
from workflows.language.schema import definition_schema

app = noun("flow", "Flows 流程: check, try out, draw, publish, compare, import, export.")

_File = Annotated[
    Path, typer.Argument(help="flow.yaml, or the folder it is in", exists=True, readable=True)
]
_Flow = Annotated[str, typer.Argument(metavar="FLOW")]
_Version = Annotated[int, typer.Option(help="Default: the latest", min=0)]

verb(app)(flow_check.check)
verb(app)(flow_simulate.simulate)
verb(app)(flow_library.library)
verb(app)(flow_expr.expr)
verb(app)(flow_stuck.stuck)
verb(app, "import")(flow_bpmn.import_flow)
verb(app, "export")(flow_bpmn.export_flow)
app.add_typer(flow_draft.app)


@verb(app)
def publish(file: _File) -> None:
    """Check, compile and publish the next version; the same source again is the same version."""
    source = read(file)
    checked = api().send("POST", "/flows/check", flow_pb2.CheckFlowResponse, {"source": source})
    if not checked.message.publishable:
        tell_check(checked)
        raise typer.Exit(1)
    published = api().send("POST", "/flows", flow_pb2.FlowVersion, {"source": source})
    tell(published, lambda flow: [card(flow), *still_running(flow)])


@verb(app, "list")
def list_flows() -> None:
    """The latest version of each flow."""
    tell(api().get("/flows", flow_pb2.ListFlowsResponse), lambda answer: version_rows(answer.flows))


@verb(app)
def versions(flow: _Flow) -> None:
    """Every version of a flow, newest first."""
    reply = api().get(f"/flows/{part(flow)}/versions", flow_pb2.ListFlowVersionsResponse)
    tell(reply, lambda answer: version_rows(answer.versions))


@verb(app)
def show(flow: _Flow, version: _Version = 0) -> None:
    """One version: its nodes, who does them, and what a case starts with."""
    from cli.compiling import outline  # noqa: PLC0415 - the compiler takes half a second to load

    path = f"/flows/{part(flow)}"
    reply = api().get(path, flow_pb2.FlowVersion, version=version)
    tell(reply, lambda found: [card(found), *outline(found)])


@verb(app)
def diff(
    old: Annotated[str, typer.Argument(metavar="FLOW|FILE")],
    new: Annotated[str, typer.Argument(metavar="FILE")] = "",
    from_version: Annotated[int, typer.Option("--from", help="Default: the one before", min=0)] = 0,
    to_version: Annotated[int, typer.Option("--to", help="Default: the latest", min=0)] = 0,
    draft: Annotated[bool, typer.Option("--draft", help="Compare with the draft")] = False,
) -> None:
    """What is not the same in two versions of a flow, or in two files, in words."""
    if new:
        from cli.compiling import compare  # noqa: PLC0415

        found = compare(read(Path(old)), read(Path(new)))
        rows = [(difference["kind"], difference["words"]) for difference in found]
        tell_plain({"differences": found}, lambda _: differences(rows))
        return
    reply = api().get(
        f"/flows/{part(old)}/differences",
        flow_pb2.CompareFlowsResponse,
        from_version=from_version,
        to_version=to_version,
        to_draft="true" if draft else "",
    )
    tell(
        reply,
        lambda answer: differences([(each.kind, each.words) for each in answer.differences]),
    )


@verb(app)
def draw(
    flow: Annotated[str, typer.Argument(metavar="FLOW|FILE")],
    version: _Version = 0,
    svg: Annotated[Path | None, typer.Option(help="Write an SVG file")] = None,
    mermaid: Annotated[Path | None, typer.Option(help="Write a Mermaid file")] = None,
    english: Annotated[bool, typer.Option("--english", help="With English names")] = False,
) -> None:
    """A flow as a picture: Mermaid text on the screen, or files. A file needs no server."""
    lang = "en" if english else "zh"
    if Path(flow).exists():
        from cli.compiling import draw_file  # noqa: PLC0415

        drawn = draw_file(Path(flow), lang)
    else:
        path = f"/flows/{part(flow)}/diagram"
        drawn = {
            form: api().text(path, version=version, format=form, lang=lang)
            for form in ("svg", "mermaid")
        }
    for file, form in ((svg, "svg"), (mermaid, "mermaid")):
        if file is not None:
            try:
                file.write_text(drawn[form], encoding="utf-8")
            except OSError as error:
                raise Refused(f"{file}: {error}", "FLOW_FILE_UNWRITABLE") from error
            screen().print(f"wrote {text(str(file))}")
    if svg is None and mermaid is None:
        print(drawn["mermaid"])


@verb(app)
def nodes() -> None:
    """The palette: every RPC that a flow can call."""

    def shown(answer: flow_pb2.ListNodeKindsResponse) -> RenderableType:
        rows = table("category", "node", "RPC", "undone by")
        for kind in answer.node_kinds:
            undo = kind.compensate_with.rpartition("/")[2]
            rows.add_row(kind.category, f"{kind.label} {kind.label_en}", kind.rpc, undo)
        return rows

    tell(api().get("/node-kinds", flow_pb2.ListNodeKindsResponse), shown)


@verb(app)
def schema() -> None:
    """The JSON Schema of the flow language: what an editor checks a flow.yaml with."""
    print(json.dumps(definition_schema(), ensure_ascii=False, indent=2))
