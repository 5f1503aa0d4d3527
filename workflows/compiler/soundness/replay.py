"""The plain token game, firing by firing."""

from __future__ import annotations

from collections.abc import Iterable

from workflows.compiler.soundness.control import ControlGraph
from workflows.compiler.soundness.verdict import Firing, Marking


class IllegalFiring(Exception):
    """A trace says that something happens which cannot happen there."""


def replay(graph: ControlGraph, trace: Iterable[Firing]) -> list[Marking]:
    """Play a trace: the marking at the start and after each firing.

    Raises:
        IllegalFiring: a firing that the marking before it does not allow.
    """
    raise NotImplementedError
