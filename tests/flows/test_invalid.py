"""Every flow in ``flows/invalid`` gives exactly the diagnostics that stand beside it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from workflows.catalog import load_catalog
from workflows.compiler.compile import compile_flow
from workflows.language.reading import read_source

ROOT = Path(__file__).parents[2]
INVALID = sorted(
    path for path in (ROOT / "flows/invalid").glob("*.yaml") if ".expected" not in path.name
)
#: Needs a contract that no service of ours has; see the compiler's own tests.
ELSEWHERE = {"FLOW_COMPENSATION_INPUT"}


def expected_of(path: Path) -> list[dict[str, object]]:
    source = read_source(path.with_suffix(".expected.yaml").read_text())
    assert not source.problems
    assert isinstance(source.value, list)
    return source.value


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_an_invalid_flow_gives_exactly_the_diagnostics_beside_it(path: Path) -> None:
    compiled = compile_flow(path.read_text(), load_catalog())
    found = [diagnostic.to_json() for diagnostic in compiled.diagnostics]
    assert found == expected_of(path)
    only_warnings = all(diagnostic["severity"] == "warning" for diagnostic in found)
    assert (compiled.plan is not None) == only_warnings


def codes_in_source() -> set[str]:
    return {
        code
        for area in ("language", "compiler")
        for path in (ROOT / "workflows" / area).glob("*.py")
        for code in re.findall(r'"(FLOW_[A-Z_]+)"', path.read_text())
    }


def test_every_code_of_the_compiler_has_a_flow_that_shows_it() -> None:
    shown = {str(diagnostic["code"]) for path in INVALID for diagnostic in expected_of(path)}
    assert shown | ELSEWHERE == codes_in_source()


def test_every_code_of_the_compiler_is_documented_once() -> None:
    text = (ROOT / "docs/flow-language.md").read_text()
    documented = re.findall(r"^\| `(FLOW_[A-Z_]+)` \|", text, flags=re.MULTILINE)
    assert sorted(documented) == sorted(codes_in_source())
