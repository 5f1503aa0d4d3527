"""The library: every flow of ``flows/`` with what stands beside it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from cli.flow_check import library_beside
from workflows.catalog import load_catalog
from workflows.compiler.compile import Compiled, compile_flow
from workflows.compiler.plan import Plan
from workflows.language.reading import read_source
from workflows.simulation.scenario import ScenarioFile

FLOWS = Path(__file__).parents[2] / "flows"
LIBRARY = sorted(path.parent for path in FLOWS.glob("*/flow.yaml"))


@cache
def compiled(folder: Path) -> Compiled:
    """What came of a flow, among those beside it."""
    source = folder / "flow.yaml"
    return compile_flow(source.read_text(), load_catalog(), library_beside(source))


def plan_of(folder: Path) -> Plan:
    """The plan of a flow that compiles."""
    plan = compiled(folder).plan
    assert plan is not None, [str(diagnostic) for diagnostic in compiled(folder).diagnostics]
    return plan


def yaml_of(path: Path) -> Any:
    """A document of the library as plain data."""
    source = read_source(path.read_text())
    assert not source.problems, source.problems
    return source.value


@cache
def scenarios_of(folder: Path) -> ScenarioFile:
    """The stories of a flow."""
    return ScenarioFile.model_validate(yaml_of(folder / "scenarios.yaml"))
