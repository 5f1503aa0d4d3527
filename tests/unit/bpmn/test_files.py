"""Every file in ``files`` gives exactly the verdict and the notes that stand in ``expected.yaml``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from workflows.bpmn.read import check_bpmn, read_bpmn
from workflows.catalog import load_catalog
from workflows.compiler.diagnostics import Severity
from workflows.language.model import FlowDefinition
from workflows.language.reading import read_source

ROOT = Path(__file__).parents[3]
FILES = Path(__file__).parent / "files"
EXPECTED: dict[str, dict[str, Any]] = read_source((FILES / "expected.yaml").read_text()).value
#: Needs a file too large to keep, or a proof too long to wait for; see the tests of each.
ELSEWHERE = {"BPMN_TOO_BIG", "BPMN_XML_TOO_BIG", "BPMN_UNSOUND_UNDECIDED"}


def text_of(name: str) -> str:
    return (FILES / f"{name}.bpmn").read_text()


def test_every_file_has_its_expectation() -> None:
    assert sorted(EXPECTED) == sorted(path.stem for path in FILES.glob("*.bpmn"))


@pytest.mark.parametrize("name", EXPECTED)
def test_a_file_gives_the_verdict_and_the_notes_beside_it(name: str) -> None:
    checked = check_bpmn(text_of(name), load_catalog())
    assert checked.sound is EXPECTED[name]["sound"]
    flaws = [{flaw.code: [firing.node for firing in flaw.trace]} for flaw in checked.flaws]
    assert flaws == EXPECTED[name].get("flaws", [])
    notes = [
        " ".join(part for part in (note.severity, note.code, note.node, note.field) if part)
        for note in checked.notes
    ]
    assert notes == EXPECTED[name]["notes"]


@pytest.mark.parametrize("name", EXPECTED)
def test_a_file_is_imported_unless_an_error_refuses_it(name: str) -> None:
    imported = read_bpmn(text_of(name), load_catalog())
    refused = any(note.severity is Severity.ERROR for note in imported.notes)
    assert (imported.flow is None) == refused
    if imported.flow is not None:
        FlowDefinition.model_validate(imported.flow)


def test_every_note_says_where_and_why() -> None:
    for name in EXPECTED:
        for note in read_bpmn(text_of(name), load_catalog()).notes:
            assert note.line > 0, note
            assert note.message, note


def codes_in_source() -> set[str]:
    return {
        code
        for path in (ROOT / "workflows/bpmn").glob("*.py")
        for code in re.findall(r'"(BPMN_[A-Z_]+)"', path.read_text())
    }


def test_every_code_has_a_file_that_shows_it() -> None:
    shown = set(re.findall(r"BPMN_[A-Z_]+", (FILES / "expected.yaml").read_text()))
    assert shown | ELSEWHERE == codes_in_source()


def test_every_code_is_documented_once() -> None:
    text = (ROOT / "docs/bpmn.md").read_text()
    documented = re.findall(r"^\| `(BPMN_[A-Z_]+)` \|", text, flags=re.MULTILINE)
    assert sorted(documented) == sorted(codes_in_source())
