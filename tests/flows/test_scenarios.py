"""Every library flow compiles and its stories come out as told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.flows.library import LIBRARY, compiled, plan_of, scenarios_of, yaml_of
from workflows.simulation.scenario import play

STORIES = [
    (folder, scenario.name) for folder in LIBRARY for scenario in scenarios_of(folder).scenarios
]


@pytest.mark.parametrize("folder", LIBRARY, ids=lambda folder: folder.name)
def test_a_library_flow_is_sound_and_compiles_without_a_single_diagnostic(folder: Path) -> None:
    assert [str(diagnostic) for diagnostic in compiled(folder).diagnostics] == []
    assert compiled(folder).sound is True
    assert plan_of(folder).flow == folder.name


@pytest.mark.parametrize(
    ("folder", "name"), STORIES, ids=[f"{folder.name}: {name}" for folder, name in STORIES]
)
def test_a_story_comes_out_as_told(folder: Path, name: str) -> None:
    file = scenarios_of(folder)
    scenario = next(scenario for scenario in file.scenarios if scenario.name == name)
    assert play(plan_of(folder), scenario, file) == []


@pytest.mark.parametrize("folder", LIBRARY, ids=lambda folder: folder.name)
def test_a_library_flow_tells_several_stories_and_each_has_a_name_of_its_own(folder: Path) -> None:
    names = [scenario.name for scenario in scenarios_of(folder).scenarios]
    assert len(names) >= 4
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("folder", LIBRARY, ids=lambda folder: folder.name)
def test_whatever_a_library_flow_names_has_an_english_name_too(folder: Path) -> None:
    unnamed = [
        part["name"]
        for part in named_parts(yaml_of(folder / "flow.yaml"))
        if not part.get("name_en")
    ]
    assert unnamed == []


def named_parts(document: Any) -> Iterator[dict[str, Any]]:
    """Everything in a flow that people see by its name."""
    if isinstance(document, dict):
        if "name" in document:
            yield document
        for key, part in document.items():
            if key != "input":  # of a request, whose fields are somebody else's
                yield from named_parts(part)
    elif isinstance(document, list):
        for part in document:
            yield from named_parts(part)
