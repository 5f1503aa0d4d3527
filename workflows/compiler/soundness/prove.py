"""The proof: whether every run of a control graph can finish, and finishes properly."""

from __future__ import annotations

from workflows.compiler.soundness.control import ControlGraph
from workflows.compiler.soundness.verdict import Verdict


def prove(graph: ControlGraph) -> Verdict:
    """Prove a graph sound, or show by a shortest run why it is not."""
    raise NotImplementedError
