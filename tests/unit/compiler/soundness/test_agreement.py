"""The engine says of random graphs what playing them out says, and what a model checker says."""

from pathlib import Path
from random import Random

from tests.unit.compiler.soundness import coloured_net
from tests.unit.compiler.soundness.agreement import Tally, far
from tests.unit.compiler.soundness.random_graphs import KINDS, random_graph
from workflows.compiler.soundness import Flaw, prove


def test_random_graphs_are_judged_as_the_definition_judges_them() -> None:
    tally = Tally()
    for kind in KINDS:
        for seed in range(70):
            tally.compare(random_graph(Random(f"{kind} {seed}"), kind))
    for seen in ("sound", "unsound", "legal send-backs", *Flaw):
        assert seen == Flaw.UNDECIDED or tally.seen[seen] > 5, seen


def test_what_can_become_of_any_marking_is_what_the_definition_says() -> None:
    tally = Tally()
    for kind in KINDS:
        for seed in range(70):
            random = Random(f"from {kind} {seed}")
            tally.compare_from(random_graph(random, kind), random)
    for seen in ("can finish", "cannot", *Flaw):
        assert seen in (Flaw.UNDECIDED, Flaw.DEAD_STEP) or tally.seen[seen] > 3, seen


def test_shortest_runs_are_found_without_looking_at_everything() -> None:
    tally = Tally()
    for kind in ("mutant", "inclusive", "unstructured"):
        for seed in range(40):
            tally.compare_far(random_graph(Random(f"far {kind} {seed}"), kind))
    for flaw in (Flaw.SECOND_TOKEN, Flaw.SAME_END_TWICE, Flaw.DEADLOCK):
        assert tally.seen[far(flaw, True)] > 2, flaw
        assert not tally.seen[far(flaw, False)], flaw


def test_random_plain_graphs_are_judged_as_cpncheck_judges_them(tmp_path: Path) -> None:
    verdicts: list[bool | None] = []
    for seed in range(60):
        graph = random_graph(Random(f"plain {seed}"), "plain")
        if coloured_net.expressible(graph):
            expected = coloured_net.is_sound(graph, tmp_path)
            assert expected is None or prove(graph).sound is expected, graph
            verdicts.append(expected)
    assert verdicts.count(True) > 10
    assert verdicts.count(False) > 5
