"""The workflow patterns: those that the language supports are sound and run as they say, those that
it refuses are refused with the code that the page names."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.flows.library import FLOWS, yaml_of
from workflows.catalog import load_catalog
from workflows.compiler.compile import Compiled, compile_flow
from workflows.simulation.scenario import ScenarioFile, play

PAGE = FLOWS.parent / "docs/patterns.md"
PATTERNS: dict[Path, dict[str, Any]] = {
    path: yaml_of(path) for path in sorted((FLOWS / "patterns").glob("*.yaml"))
}
SUPPORTED = [path for path, pattern in PATTERNS.items() if "refused" not in pattern]
REFUSED = [path for path, pattern in PATTERNS.items() if "refused" in pattern]


@cache
def compiled(path: Path) -> Compiled:
    source = json.dumps(PATTERNS[path]["flow"], ensure_ascii=False)
    return compile_flow(source, load_catalog())


def stories_of(path: Path) -> ScenarioFile:
    return ScenarioFile.model_validate({"scenarios": PATTERNS[path]["scenarios"]})


STORIES = [(path, story.name) for path in SUPPORTED for story in stories_of(path).scenarios]


@pytest.mark.parametrize("path", SUPPORTED, ids=lambda path: path.stem)
def test_a_pattern_is_sound(path: Path) -> None:
    assert [str(diagnostic) for diagnostic in compiled(path).diagnostics] == []
    assert compiled(path).sound is True


@pytest.mark.parametrize(
    ("path", "name"), STORIES, ids=[f"{path.stem}: {name}" for path, name in STORIES]
)
def test_a_pattern_runs_as_it_says(path: Path, name: str) -> None:
    plan, file = compiled(path).plan, stories_of(path)
    assert plan is not None
    story = next(story for story in file.scenarios if story.name == name)
    assert play(plan, story, file) == []


@pytest.mark.parametrize("path", REFUSED, ids=lambda path: path.stem)
def test_a_pattern_that_is_refused_is_refused_for_the_reason_it_says(path: Path) -> None:
    found = {diagnostic.code for diagnostic in compiled(path).diagnostics}
    assert PATTERNS[path]["refused"] in found
    assert compiled(path).plan is None


def test_every_pattern_of_the_catalogue_is_either_shown_or_said_to_be_missing_and_why() -> None:
    rows = re.findall(
        r"^\| (\d+) \| [^|]+ \| [^|]+ \| (?:–|`(\w+)`) \| (.+) \|$",
        PAGE.read_text(),
        flags=re.MULTILINE,
    )
    assert [int(number) for number, *_ in rows] == list(range(1, 44))
    shown = {flow: int(number) for number, flow, _ in rows if flow}
    assert shown == {path.stem: pattern["pattern"] for path, pattern in PATTERNS.items()}
    refusals = {flow: re.findall(r"refused with `(\w+)`", reason) for _, flow, reason in rows}
    assert {flow: codes for flow, codes in refusals.items() if codes} == {
        path.stem: [PATTERNS[path]["refused"]] for path in REFUSED
    }
