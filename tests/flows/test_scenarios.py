"""Every library flow compiles and its stories come out as told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from workflows.catalog import load_catalog
from workflows.compiler.compile import compile_flow, compile_or_raise
from workflows.language.reading import read_source
from workflows.runtime.scenario import ScenarioFile, play

FLOWS = Path(__file__).parents[2] / "flows"
LIBRARY = sorted(path.parent for path in FLOWS.glob("*/flow.yaml"))


def scenarios_of(folder: Path) -> ScenarioFile:
    source = read_source((folder / "scenarios.yaml").read_text())
    assert not source.problems, source.problems
    return ScenarioFile.model_validate(source.value)


STORIES = [
    (folder, scenario.name) for folder in LIBRARY for scenario in scenarios_of(folder).scenarios
]


@pytest.mark.parametrize("folder", LIBRARY, ids=lambda folder: folder.name)
def test_a_library_flow_compiles_without_a_single_diagnostic(folder: Path) -> None:
    compiled = compile_flow((folder / "flow.yaml").read_text(), load_catalog())
    assert [str(diagnostic) for diagnostic in compiled.diagnostics] == []
    assert compiled.plan is not None
    assert compiled.plan.flow == folder.name


@pytest.mark.parametrize(
    ("folder", "name"), STORIES, ids=[f"{folder.name}: {name}" for folder, name in STORIES]
)
def test_a_story_comes_out_as_told(folder: Path, name: str) -> None:
    plan = compile_or_raise((folder / "flow.yaml").read_text(), load_catalog())
    file = scenarios_of(folder)
    scenario = next(scenario for scenario in file.scenarios if scenario.name == name)
    assert play(plan, scenario, file) == []


@pytest.mark.parametrize("folder", LIBRARY, ids=lambda folder: folder.name)
def test_a_library_flow_tells_more_than_one_story_and_shows_its_picture(folder: Path) -> None:
    assert len(scenarios_of(folder).scenarios) > 1
    assert "```mermaid" in (folder / "README.md").read_text()


@pytest.mark.parametrize("folder", LIBRARY, ids=lambda folder: folder.name)
def test_the_picture_shows_every_edge_and_every_send_back(folder: Path) -> None:
    plan = compile_or_raise((folder / "flow.yaml").read_text(), load_catalog())
    picture = (folder / "README.md").read_text().split("```mermaid")[1].split("```")[0]
    drawn = set()
    for line in picture.splitlines():
        ends = re.split(r"--.*-->|-->|-\..*\.->", line.strip())
        if len(ends) == 2:
            drawn.add(tuple(re.match(r"\s*(\w+)", end).group(1) for end in ends))  # type: ignore[union-attr]  # the picture is ours
    edges = {(node.id, edge.to) for node in plan.nodes for edge in node.next}
    backs = {(node.id, target) for node in plan.nodes for target in getattr(node, "send_back", ())}
    assert drawn == edges | backs
