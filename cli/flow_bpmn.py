"""`gongdan flow import` and `export`: BPMN 2.0 in and out, on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.api import Refused
from cli.flow_check import is_bpmn, read, shown
from cli.output import screen, tell_plain, text

_File = Annotated[Path, typer.Argument(metavar="FILE", exists=True, readable=True)]
_Out = Annotated[Path | None, typer.Option("--output", "-o", help="Default: print it")]


def import_flow(file: _File, output: _Out = None) -> None:
    """A BPMN file as a flow: plain, Camunda's or Flowable's. What is carried over differently or
    not at all is told by element; exits 1 when something cannot be carried over."""
    from workflows.bpmn.read import read_bpmn  # noqa: PLC0415 - the compiler takes half a second
    from workflows.catalog import load_catalog  # noqa: PLC0415
    from workflows.language.writing import write_yaml  # noqa: PLC0415

    if not is_bpmn(file):
        raise Refused(f"{file} is no .bpmn file", "FLOW_FILE_UNREADABLE")
    imported = read_bpmn(read(file), load_catalog())
    notes = [{"trace": [], **note.to_json()} for note in imported.notes]
    source = write_yaml(imported.flow) if imported.flow is not None else ""
    if output is not None and source:
        output.write_text(source, encoding="utf-8")
    plain = {"file": str(file), "flow": imported.flow, "diagnostics": notes}
    tell_plain(plain, lambda _: "\n".join(line for note in notes for line in shown(note)))
    if imported.flow is None:
        raise typer.Exit(1)
    if output is not None:
        screen(errors=True).print(f"wrote {text(str(output))}")


def export_flow(file: _File, output: _Out = None) -> None:
    """A flow as BPMN 2.0 with its diagram; importing the file gives the same flow."""
    from workflows.bpmn.write import write_bpmn  # noqa: PLC0415
    from workflows.language.model import FlowDefinition  # noqa: PLC0415

    definition = FlowDefinition.read(read(file))
    if definition is None:
        raise Refused(f"{file} is no flow; gongdan flow check says why", "FLOW_FILE_MALFORMED")
    try:
        written = write_bpmn(definition)
    except ValueError as error:
        raise Refused(f"{file}: {error}", "FLOW_FILE_MALFORMED") from error
    if output is None:
        print(written)
        return
    output.write_text(written, encoding="utf-8")
    screen().print(f"wrote {text(str(output))}")
