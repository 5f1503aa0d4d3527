"""Send-backs: from where to where a token may be put back without spoiling the run."""

from __future__ import annotations

from workflows.compiler.soundness.control import ControlGraph


def region(graph: ControlGraph, step: str) -> frozenset[str]:
    """The steps that are only ever reached through a step, itself included.

    A send-back to the step takes away every token in its region: those that rest on these steps and
    those on lines that leave them.
    """
    raise NotImplementedError


def legal_send_backs(graph: ControlGraph) -> dict[str, tuple[str, ...]]:
    """For each resting step of a sound graph the resting steps it may send back to, nearest first.

    A target is legal when every way from the start to the step goes through it and when, wherever
    the other tokens stand, taking away the tokens of the target's region and putting one on the
    target is a marking that an ordinary run comes to as well, so that the graph stays sound.
    """
    raise NotImplementedError
