"""The published schema of the language agrees with what the compiler reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from workflows.language.model import FlowDefinition
from workflows.language.reading import read_source
from workflows.language.schema import definition_schema

FLOWS = sorted((Path(__file__).parents[3] / "flows").glob("*/flow.yaml"))


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.parent.name)
def test_every_library_flow_is_a_definition(path: Path) -> None:
    definition = FlowDefinition.model_validate(read_source(path.read_text()).value)
    assert definition.code == path.parent.name


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.parent.name)
def test_an_editor_finds_nothing_wrong_with_a_library_flow(path: Path) -> None:
    document = read_source(path.read_text()).value
    assert [
        e.message for e in Draft202012Validator(definition_schema()).iter_errors(document)
    ] == []


def test_the_schema_lets_nothing_unknown_through() -> None:
    schema = definition_schema()
    assert schema["additionalProperties"] is False
    parts = schema["$defs"]
    assert {"Form", "Approval", "Confirm", "Service", "FieldWork", "Wait", "Edge"} <= set(parts)
    assert all(part.get("additionalProperties") is False for part in parts.values())


def test_edges_are_written_from_and_to() -> None:
    edge: dict[str, Any] = definition_schema()["$defs"]["Edge"]
    assert {"from", "to"} <= set(edge["properties"])
