"""The stories (场景) that stand beside the library's flows: tests, examples, and what to try a flow out
with."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from workflows.language.reading import read_source
from workflows.simulation.scenario import ScenarioFile

_LIBRARY: Final = Path(__file__).parents[2] / "flows"


def stories_of(flow_code: str) -> ScenarioFile | None:
    """All stories of a flow; None: it has none."""
    path = _files().get(flow_code)
    return _told_in(path) if path else None


def names_of(flow_code: str) -> tuple[str, ...]:
    """What the stories of a flow are called."""
    told = stories_of(flow_code)
    return tuple(story.name for story in told.scenarios) if told else ()


@cache
def _files() -> dict[str, Path]:
    return {path.parent.name: path for path in _LIBRARY.glob("*/scenarios.yaml")}


@cache
def _told_in(path: Path) -> ScenarioFile:
    return ScenarioFile.model_validate(read_source(path.read_text()).value)
