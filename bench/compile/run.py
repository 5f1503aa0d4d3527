"""What checking and lowering a flow costs, beside the same without the proof, and what the proof
costs beside a walk through every marking.

Times are CPU time of this process, so that neighbours on the machine do not count.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final
from unittest import mock

from bench.compile.drawings import in_a_row, side_by_side
from bench.compile.every_marking import is_sound
from bench.harness import Figure, Result, Round, alternate
from workflows.catalog import load_catalog
from workflows.compiler import drawing
from workflows.compiler.compile import compile_flow
from workflows.compiler.draft import read_draft
from workflows.compiler.proof import Proof, control_graph
from workflows.compiler.report import Report
from workflows.compiler.soundness import ControlGraph, prove
from workflows.compiler.ways import ways_of
from workflows.language.reading import read_source

#: How often each flow is compiled in a round.
TIMES: Final = 20
LIBRARY: Final = Path(__file__).parents[2] / "flows"
#: As many branches as a walk through every marking can bear.
_BEARABLE: Final = 5


def sources() -> dict[str, str]:
    """The flows that are compiled, by what they are."""
    drawn = {f"{nodes} nodes": in_a_row(nodes) for nodes in (10, 100, 300)}
    drawn["20 branches"] = side_by_side(20)
    folders = sorted(LIBRARY.glob("*/flow.yaml"))
    return drawn | {path.parent.name: path.read_text() for path in folders}


def milliseconds(work: Callable[[], object]) -> list[float]:
    """What each of a few turns costs, in order of size."""
    taken = []
    for _ in range(TIMES):
        began = time.process_time()
        work()
        taken.append((time.process_time() - began) * 1_000)
    return sorted(taken)


def compiling(flows: dict[str, str]) -> Round:
    """Compile each flow some times."""
    catalog = load_catalog()

    async def one_round() -> list[Figure]:
        figures: list[Figure] = []
        for name, source in flows.items():
            taken = milliseconds(lambda source=source: compile_flow(source, catalog))  # type: ignore[misc]
            p95 = taken[math.ceil(0.95 * len(taken)) - 1]
            figures.append(Figure(f"{name}, p50", statistics.median(taken), "ms", "lower"))
            figures.append(Figure(f"{name}, p95", p95, "ms", "lower"))
        return figures

    return one_round


def without_proof(flows: dict[str, str]) -> Round:
    """The same, where nothing is proven."""
    compile_round = compiling(flows)

    async def one_round() -> list[Figure]:
        with mock.patch.object(drawing, "prove_sound", return_value=Proof(None)):
            return await compile_round()

    return one_round


def proving(proof: Callable[[ControlGraph], object], graphs: dict[str, ControlGraph]) -> Round:
    """Prove each graph some times."""

    async def one_round() -> list[Figure]:
        return [
            Figure(
                f"proof of {name}",
                statistics.median(milliseconds(lambda graph=graph: proof(graph))),  # type: ignore[misc]
                "ms",
                "lower",
            )
            for name, graph in graphs.items()
        ]

    return one_round


def graph_of(source: str) -> ControlGraph:
    """The control structure of a flow."""
    document = read_source(source)
    draft = read_draft(document, Report(document)).graph
    return control_graph(draft, ways_of(draft))


async def run(rounds: int) -> list[Result]:
    """Measure checking with and without the proof, and the proof itself."""
    flows = sources()
    graphs = {
        "100 nodes": graph_of(in_a_row(100)),
        f"{_BEARABLE} branches": graph_of(side_by_side(_BEARABLE)),
    }
    assert all(prove(graph).sound and is_sound(graph) for graph in graphs.values())
    notes = dict.fromkeys(flows, "baseline: without the proof")
    notes = {f"{name}, {p}": note for name, note in notes.items() for p in ("p50", "p95")}
    notes |= {f"proof of {name}": "baseline: every marking" for name in graphs}
    return [
        *await alternate(compiling(flows), without_proof(flows), rounds, notes),
        *await alternate(proving(prove, graphs), proving(is_sound, graphs), rounds, notes),
    ]
