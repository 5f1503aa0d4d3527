"""`gongdan flow library`: the ready-made flows (预制项目库) that come with the product."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cli.api import Refused
from cli.output import screen, table, tell_plain, text
from workflows.language.reading import read_source

_LIBRARY: Final = Path(__file__).parents[1] / "flows"


def library(
    flow: Annotated[str, typer.Argument(metavar="FLOW", help="Copy this one out")] = "",
    to: Annotated[Path | None, typer.Argument(metavar="FOLDER", help="Default: ./FLOW")] = None,
) -> None:
    """List the flows of the library; or copy one out, to be changed."""
    if not flow:
        found = [_described(folder) for folder in _folders()]
        tell_plain(found, _listed)
        return
    source = next((folder for folder in _folders() if folder.name == flow), None)
    if source is None:
        known = ", ".join(folder.name for folder in _folders())
        raise Refused(f"the library has no flow {flow!r}; it has {known}", "FLOW_UNKNOWN")
    target = to or Path(flow)
    try:
        shutil.copytree(source, target)
    except OSError as error:
        raise Refused(f"{target}: {error}", "FLOW_FILE_UNWRITABLE") from error
    screen().print(f"copied to {text(str(target))}")


def _folders() -> list[Path]:
    return sorted(path.parent for path in _LIBRARY.glob("*/flow.yaml"))


def _described(folder: Path) -> dict[str, str]:
    source: dict[str, Any] = read_source((folder / "flow.yaml").read_text()).value
    told = {name: str(source.get(name, "")) for name in ("name", "name_en", "description")}
    return {"flow": folder.name, **told}


def _listed(found: list[dict[str, str]]) -> Any:
    rows = table("flow", "", "", "what it does")
    for each in found:
        rows.add_row(
            each["flow"], text(each["name"]), text(each["name_en"]), text(each["description"])
        )
    return rows
