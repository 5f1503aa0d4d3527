"""Proves that a flow's control structure is sound, or shows a shortest run in which it fails."""

from workflows.compiler.soundness.control import Boundary, ControlGraph, End, Gate, Line, Step
from workflows.compiler.soundness.prove import prove, prove_from
from workflows.compiler.soundness.replay import IllegalFiring, replay
from workflows.compiler.soundness.send_back import legal_send_backs, region
from workflows.compiler.soundness.together import concurrent_steps
from workflows.compiler.soundness.verdict import Firing, Flaw, Marking, Problem, Verdict

__all__ = [
    "Boundary",
    "ControlGraph",
    "End",
    "Firing",
    "Flaw",
    "Gate",
    "IllegalFiring",
    "Line",
    "Marking",
    "Problem",
    "Step",
    "Verdict",
    "concurrent_steps",
    "legal_send_backs",
    "prove",
    "prove_from",
    "region",
    "replay",
]
