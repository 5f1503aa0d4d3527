"""A flow that is written as BPMN and read again is the same flow."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings

from tests.unit.bpmn.flows import flows
from workflows.bpmn.read import read_bpmn
from workflows.bpmn.write import write_bpmn
from workflows.catalog import load_catalog
from workflows.language.model import FlowDefinition
from workflows.language.reading import read_source

ROOT = Path(__file__).parents[3]
LIBRARY = sorted([*(ROOT / "flows").glob("*/flow.yaml"), *(ROOT / "flows/patterns").glob("*.yaml")])


def definition_of(path: Path) -> FlowDefinition:
    document = read_source(path.read_text()).value
    return FlowDefinition.model_validate(document.get("flow", document))


def assert_comes_back(definition: FlowDefinition) -> None:
    imported = read_bpmn(write_bpmn(definition), load_catalog())
    assert [str(note) for note in imported.notes] == []
    assert imported.flow is not None
    assert FlowDefinition.model_validate(imported.flow) == definition


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.parent.name + "/" + path.stem)
def test_every_flow_of_the_library_comes_back_as_it_was(path: Path) -> None:
    assert_comes_back(definition_of(path))


@settings(max_examples=150, deadline=None)
@given(flows())
def test_any_flow_comes_back_as_it_was(definition: FlowDefinition) -> None:
    assert_comes_back(definition)


def test_a_flow_is_written_the_same_every_time() -> None:
    definition = definition_of(ROOT / "flows/aircon_install/flow.yaml")
    assert write_bpmn(definition) == write_bpmn(definition)
