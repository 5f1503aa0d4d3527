"""`gongdan flow check`: everything that is wrong with flows and BPMN files, on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.api import Refused
from cli.output import screen, text
from cli.verb import asked

if TYPE_CHECKING:
    from workflows.compiler.library import Library

BPMN_ENDINGS: Final = (".bpmn", ".bpmn20.xml", ".xml")
#: What is said of a flow that is sound, is not, or may be either.
VERDICTS: Final = {
    True: "[green]sound 可以走完[/]",
    False: "[red]unsound 走不完[/]",
    None: "[yellow]not proven 无法证明[/]",
}

Files = Annotated[
    list[Path], typer.Argument(metavar="FILE…", help="Flows (or their folders) and .bpmn files")
]


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of one file.

    Attributes:
        sound: None where it cannot be told.
        diagnostics: as plain JSON, each with its trace.
    """

    file: str
    sound: bool | None
    diagnostics: tuple[dict[str, Any], ...]

    @property
    def good(self) -> bool:
        """True when it is sound and has no error."""
        return self.sound is True and all(d["severity"] != "error" for d in self.diagnostics)


def check(files: Files) -> None:
    """Every diagnostic of every file at once; no server is asked.

    Exits 1 unless all are sound and without an error. With --json one object a file, a line each.
    """
    good = True
    for file in files:
        checked = check_file(file)
        good &= checked.good
        if asked().as_json:
            plain = {
                "file": checked.file,
                "sound": checked.sound,
                "diagnostics": checked.diagnostics,
            }
            print(json.dumps(plain, ensure_ascii=False))
        else:
            _tell(checked, several=len(files) > 1)
    if not good:
        raise typer.Exit(1)


def check_file(file: Path) -> Checked:
    """Check one file, a flow or BPMN."""
    if is_bpmn(file):
        return _check_bpmn(file)
    from workflows.catalog import load_catalog  # noqa: PLC0415 - the compiler takes half a second
    from workflows.compiler.compile import compile_flow  # noqa: PLC0415

    compiled = compile_flow(read(file), load_catalog(), library_beside(file))
    found = (diagnostic.to_json() for diagnostic in compiled.diagnostics)
    return Checked(str(file), compiled.sound, tuple({"trace": [], **each} for each in found))


def _check_bpmn(file: Path) -> Checked:
    from workflows.bpmn.read import check_bpmn  # noqa: PLC0415
    from workflows.catalog import load_catalog  # noqa: PLC0415

    checked = check_bpmn(read(file), load_catalog())
    flaws = (flaw.to_json() for flaw in checked.flaws)
    notes = (note.to_json() for note in checked.notes)
    found = tuple({"trace": [], **each} for each in (*flaws, *notes))
    return Checked(str(file), checked.sound, found)


def is_bpmn(file: Path) -> bool:
    """True for a file that is BPMN by its name."""
    return file.name.lower().endswith(BPMN_ENDINGS)


def read(file: Path) -> str:
    """The text of a flow's file, or of ``flow.yaml`` in a folder.

    Raises:
        Refused: ``FLOW_FILE_UNREADABLE``.
    """
    path = file / "flow.yaml" if file.is_dir() else file
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{path} cannot be read: {error}", "FLOW_FILE_UNREADABLE") from error


def library_beside(file: Path) -> Library:
    """The flows in the folders beside a flow's own, as far as it uses them: what it may live
    through while nothing is published."""
    from workflows.catalog import load_catalog  # noqa: PLC0415
    from workflows.compiler.compile import compile_flow  # noqa: PLC0415
    from workflows.compiler.library import (  # noqa: PLC0415
        FlowInterface,
        Library,
        flows_used,
        interface_of,
    )

    folder = file if file.is_dir() else file.parent
    catalog = load_catalog()
    found: dict[str, FlowInterface] = {}
    seen: set[str] = set()

    def add(source: str) -> None:
        for code in flows_used(source):
            beside = folder.parent / code / "flow.yaml"
            if code in seen or not beside.is_file():
                continue
            seen.add(code)  # a flow that comes back to itself is not followed for ever
            inner = read(beside)
            add(inner)
            library = Library(found.values())
            plan = compile_flow(inner, catalog, library).plan
            if plan is not None:
                found[code] = interface_of(plan, 1, library)

    add(read(file))
    return Library(found.values())


def _tell(checked: Checked, *, several: bool) -> None:
    name = f"[bold]{text(checked.file)}[/] " if several else ""
    for diagnostic in checked.diagnostics:
        for line in shown(diagnostic):
            screen().print(line)
    screen().print(f"{name}{VERDICTS[checked.sound]}")


def shown(diagnostic: dict[str, Any]) -> Iterator[str]:
    """A diagnostic as people read it: what and where, what to do, and the run that fails."""
    colour = "red" if diagnostic["severity"] == "error" else "yellow"
    place = ".".join(part for part in (diagnostic["node"], diagnostic["field"]) if part) or "flow"
    line = f"line {diagnostic['line']}, " if diagnostic.get("line") else ""
    message = text(diagnostic["message"])
    yield f"[{colour}]{diagnostic['code']}[/] {line}[bold]{text(place)}[/]: {message}"
    if diagnostic["hint"]:
        yield f"    → {text(diagnostic['hint'])}"
    for number, firing in enumerate(diagnostic["trace"], start=1):
        takes = " ".join(firing["takes"])
        how = "" if firing["by"] == "done" else f" [yellow]({text(firing['by'])})[/]"
        yield f"    {number}. {text(firing['node'])}{how} → {text(takes) or '■'}"
