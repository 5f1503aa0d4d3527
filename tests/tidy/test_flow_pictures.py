from pathlib import Path

import pytest

from tests.flows.library import LIBRARY
from tests.tidy.flow_pictures import drawn


@pytest.mark.parametrize("folder", LIBRARY, ids=lambda folder: folder.name)
def test_a_readme_shows_the_flow_as_it_is_drawn(folder: Path) -> None:
    assert (folder / "README.md").read_text() == drawn(folder), (
        "run: python -m tests.tidy.flow_pictures"
    )
