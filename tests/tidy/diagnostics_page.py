"""Writes docs/diagnostics.md: every diagnostic of the compiler with a flow that earns it.

What each means and how it is mended stands in the table of docs/flow-language.md; the examples are
the flows in flows/invalid.

python -m tests.tidy.diagnostics_page      writes the page
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workflows.language.reading import read_source

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "diagnostics.md"
TABLE = ROOT / "docs" / "flow-language.md"
EXAMPLES = ROOT / "flows" / "invalid"

HEAD = """# Diagnostics (诊断)

Every diagnostic of the compiler: what it means, a part of a flow that earns it, what the compiler
says to that, and how it is mended. `gongdan flow check` tells all that is wrong with a flow at once.

This page is made from the table in [flow-language.md](flow-language.md#diagnostics-诊断) and the
flows in `flows/invalid` by `python -m tests.tidy.diagnostics_page`; a test keeps it fresh.
"""


@dataclass(frozen=True, slots=True)
class Meaning:
    """A row of the table: what is wrong, and what to do."""

    code: str
    wrong: str
    mend: str


def meanings() -> list[Meaning]:
    """The rows of the table."""
    rows = re.findall(r"^\| `(FLOW_[A-Z_]+)` \| (.*) \| (.*) \|$", TABLE.read_text(), re.MULTILINE)
    return [Meaning(*row) for row in rows]


def render() -> str:
    """The page."""
    examples = dict(_examples())
    sections = [_section(meaning, examples.get(meaning.code)) for meaning in meanings()]
    return "\n".join([HEAD, *sections])


def _examples() -> Iterator[tuple[str, tuple[Path, dict[str, Any]]]]:
    """For each code a flow that earns it, the one with the fewest other findings."""
    found: list[tuple[int, Path, dict[str, Any]]] = []
    for path in sorted(EXAMPLES.glob("*.expected.yaml")):
        diagnostics = read_source(path.read_text()).value
        flow = path.with_name(path.name.replace(".expected", ""))
        found += [(len(diagnostics), flow, diagnostic) for diagnostic in diagnostics]
    for _, flow, diagnostic in sorted(found, key=lambda each: -each[0]):
        yield diagnostic["code"], (flow, diagnostic)


def _section(meaning: Meaning, example: tuple[Path, dict[str, Any]] | None) -> str:
    lines = [f"## {meaning.code}", "", f"{_sentence(meaning.wrong)}", ""]
    if example is not None:
        flow, diagnostic = example
        lines += ["```yaml", *_extract(flow, diagnostic["line"]), "```", ""]
        lines += [f"> {diagnostic['message']}"]
        lines += [f"> — {diagnostic['hint']}"] if diagnostic["hint"] else []
        lines += ["", f"In `flows/invalid/{flow.name}`, line {diagnostic['line']}."]
        lines += [*_run(diagnostic.get("trace", [])), ""]
    return "\n".join([*lines, f"**Mend it:** {meaning.mend}.", ""])


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


def _extract(flow: Path, line: int) -> list[str]:
    """The part of a flow around a line: the list element it lies in, or the line itself."""
    lines = flow.read_text().splitlines()
    if not line:
        return lines[:1]
    first = min(line, len(lines)) - 1
    while first > 0 and not re.match(r"  - |\S", lines[first]):
        first -= 1
    last = line
    while last < len(lines) and re.match(r"    ", lines[last]):
        last += 1
    return lines[first:last]


def _run(trace: list[dict[str, Any]]) -> list[str]:
    steps = [
        f"{number}. `{step['node']}` {'is done' if step['by'] == 'done' else 'is left'}: "
        + ", ".join(f"`{edge}`" for edge in step["takes"])
        for number, step in enumerate(trace, start=1)
    ]
    return ["", "A shortest run that shows it:", "", *steps] if steps else []


if __name__ == "__main__":
    PAGE.write_text(render())
