"""Draws each library flow into its README: the Mermaid chart of its plan.

python -m tests.tidy.flow_pictures      draws them all
"""

import re
from pathlib import Path

from services.gateway.mermaid import mermaid
from tests.flows.library import LIBRARY, plan_of

_PICTURE = re.compile(r"(?<=^```mermaid\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)


def drawn(folder: Path) -> str:
    """A flow's README with its picture as the flow is now."""
    picture = mermaid(plan_of(folder), "zh") + "\n"
    text, pictures = _PICTURE.subn(lambda _: picture, (folder / "README.md").read_text())
    assert pictures == 1, f"{folder.name}/README.md has {pictures} pictures, not one"
    return text


if __name__ == "__main__":
    for folder in LIBRARY:
        (folder / "README.md").write_text(drawn(folder))
