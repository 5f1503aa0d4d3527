"""What is written as YAML is read back as it was, and people can read it too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.language.reading import read_source
from workflows.language.writing import write_yaml

LIBRARY = sorted((Path(__file__).parents[3] / "flows").glob("*/flow.yaml"))
TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), include_characters="\n\t"),
    max_size=40,
)
SCALAR = st.none() | st.booleans() | st.integers(-(10**15), 10**15) | TEXT
KEY = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.parent.name)
def test_a_library_flow_survives_being_written(path: Path) -> None:
    document = read_source(path.read_text()).value
    written = read_source(write_yaml(document))
    assert written.problems == []
    assert written.value == document


@given(
    st.dictionaries(
        KEY,
        st.recursive(
            SCALAR,
            lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEY, inner, max_size=4),
            max_leaves=12,
        ),
        min_size=1,
        max_size=5,
    )
)
def test_any_document_survives_being_written(document: dict[str, Any]) -> None:
    written = read_source(write_yaml(document))
    assert written.problems == []
    assert written.value == document


def test_small_parts_stand_on_one_line_and_long_texts_on_several() -> None:
    assert write_yaml(
        {
            "id": "intake",
            "assignee": {"role": "sales", "region": "=inputs.region_adcode"},
            "form": [{"id": "floor", "kind": "integer", "minimum": "1"}],
            "description": "第一行\n第二行\n",
        }
    ) == (
        "id: intake\n"
        "assignee: {role: sales, region: =inputs.region_adcode}\n"
        "form:\n"
        "  - {id: floor, kind: integer, minimum: '1'}\n"
        "description: |\n"
        "  第一行\n"
        "  第二行\n"
    )
