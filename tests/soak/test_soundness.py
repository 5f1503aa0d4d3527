"""The proof of soundness agrees with its definition, and with CPNCheck, on many thousand graphs."""

from pathlib import Path
from random import Random

import pytest

from tests.unit.compiler.soundness import coloured_net
from tests.unit.compiler.soundness.agreement import Tally
from tests.unit.compiler.soundness.random_graphs import KINDS, random_graph
from workflows.compiler.soundness import prove

GRAPHS = 6_000
FAR_GRAPHS = 2_000
PLAIN_GRAPHS = 2_000


@pytest.mark.parametrize("kind", KINDS)
def test_graphs_are_judged_as_the_definition_judges_them(kind: str) -> None:
    tally = Tally(most=4_000)
    for seed in range(GRAPHS):
        tally.compare(random_graph(Random(f"soak {kind} {seed}"), kind))
    print(kind, tally)


@pytest.mark.parametrize("kind", KINDS)
def test_markings_are_judged_as_the_definition_judges_them(kind: str) -> None:
    tally = Tally(most=4_000)
    for seed in range(GRAPHS):
        random = Random(f"soak from {kind} {seed}")
        tally.compare_from(random_graph(random, kind), random)
    print(kind, "from", tally)


@pytest.mark.parametrize("kind", KINDS)
def test_shortest_runs_are_found_without_looking_at_everything(kind: str) -> None:
    tally = Tally(most=4_000)
    for seed in range(FAR_GRAPHS):
        tally.compare_far(random_graph(Random(f"soak far {kind} {seed}"), kind))
    print(kind, "far", tally)


def test_plain_graphs_are_judged_as_cpncheck_judges_them(tmp_path: Path) -> None:
    verdicts: list[bool | None] = []
    for seed in range(PLAIN_GRAPHS):
        graph = random_graph(Random(f"soak plain {seed}"), "plain")
        if coloured_net.expressible(graph):
            verdicts.append(coloured_net.is_sound(graph, tmp_path))
            assert verdicts[-1] in (None, prove(graph).sound), graph
    print("plain", {verdict: verdicts.count(verdict) for verdict in (True, False, None)})
