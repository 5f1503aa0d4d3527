"""What is proven of graphs that are known, and of graphs that are wide."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.compiler.soundness.drawing import draw
from workflows.compiler.soundness import ControlGraph, Flaw, Problem, prove
from workflows.compiler.soundness.explore import explore
from workflows.compiler.soundness.net import Net

DOCUMENT = Path(__file__).parents[4] / "docs" / "soundness.md"


def constructs() -> list[tuple[str, str, str]]:
    """The rows of the table of constructs: what it shows, the graph, and the verdict."""
    rows = [line.split("|")[1:-1] for line in DOCUMENT.read_text().splitlines()]
    return [
        (row[0].strip(), row[1].strip(" `"), row[2].strip())
        for row in rows
        if len(row) == 3 and " -> " in row[1]
    ]


def written(problem: Problem) -> str:
    if problem.flaw is Flaw.DEAD_STEP:
        return f"dead_step {' '.join(problem.steps)}"
    return f"{problem.flaw} after {len(problem.trace)}"


@pytest.mark.parametrize(
    ("graph", "verdict"), [row[1:] for row in constructs()], ids=[row[0] for row in constructs()]
)
def test_the_table_of_constructs_is_true(graph: str, verdict: str) -> None:
    problems = prove(draw(graph)).problems
    assert "; ".join(map(written, problems)) or verdict == "sound"


def test_the_table_of_constructs_has_every_flaw() -> None:
    verdicts = " ".join(row[2] for row in constructs())
    assert all(flaw in verdicts for flaw in Flaw if flaw is not Flaw.UNDECIDED)


def branches(number: int, tasks: int, split: str, join: str) -> ControlGraph:
    """A task, a split, so many branches of so many tasks, a join, an end."""
    sentences = ["task a -> s", f"{split} s -> {' '.join(f't{n}_0' for n in range(number))}"]
    for branch in range(number):
        steps = [f"t{branch}_{task}" for task in range(tasks)]
        sentences += [f"task {s} -> {t}" for s, t in zip(steps, [*steps[1:], "j"], strict=True)]
    return draw("; ".join([*sentences, f"{join} j -> e", "end e"]))


@pytest.mark.parametrize(("split", "join"), [("and", "and"), ("and", "or"), ("xor", "or")])
def test_a_wide_block_is_walked_branch_by_branch(split: str, join: str) -> None:
    found = explore(Net(branches(20, 3, split, join)))
    assert found.proven
    assert len(found.origin) < 100


def test_twenty_inclusive_branches_are_proven_sound() -> None:
    assert prove(branches(20, 3, "or", "or")).sound


def test_twenty_branches_that_can_each_fail_are_proven_sound() -> None:
    tasks = [f"t{number}" for number in range(20)]
    paths = "; ".join(f"task {task} -> j h{task}!; task h{task} -> x" for task in tasks)
    graph = draw(f"task a -> s; and s -> {' '.join(tasks)}; {paths}; and j -> e; end e; error x")
    assert prove(graph).sound


@pytest.mark.parametrize(
    "graph",
    [
        "task a -> b c; task b -> j h!; task c -> j h!; task h -> x; and j -> e; end e; error x",
        "task a -> b n~; task b -> e n!; xor n -> x; end e; error x",
        "task a -> b n~; xor n -> h; task h -> x; xor b -> a e; end e; error x",
        "task a -> h h b!; task h -> x; task b -> e; end e; error x",
    ],
)
def test_two_tokens_on_their_way_to_an_error_end_are_not_overlooked(graph: str) -> None:
    assert prove(draw(graph)).problems[0].flaw is Flaw.SECOND_TOKEN


@pytest.mark.parametrize(
    ("split", "join", "flaw", "length"),
    [("and", "xor", Flaw.SAME_END_TWICE, 10), ("xor", "and", Flaw.DEADLOCK, 5)],
)
def test_a_shortest_run_is_found_among_twenty_branches(
    split: str, join: str, flaw: Flaw, length: int
) -> None:
    problem = prove(branches(20, 3, split, join)).problems[0]
    assert (problem.flaw, len(problem.trace), problem.shortest) == (flaw, length, True)


def test_a_run_is_shown_where_it_cannot_be_known_to_be_a_shortest() -> None:
    problem = prove(branches(20, 3, "or", "and")).problems[0]
    assert (problem.flaw, problem.shortest) == (Flaw.DEADLOCK, False)


def test_what_is_too_much_to_look_at_is_undecided_and_never_called_sound() -> None:
    tasks = [f"t{number}" for number in range(12)]
    early = "; ".join(
        f"task {task} -> x{task}; xor x{task} -> j e{task}; end e{task}" for task in tasks
    )
    graph = draw(f"task a -> s; or s -> {' '.join(tasks)}; {early}; or j -> e; end e")
    verdict = prove(graph)
    assert verdict.sound is None
    assert verdict.problems == (Problem(Flaw.UNDECIDED, steps=("s",)),)


def test_a_loop_without_a_way_out_is_found_in_one_of_twenty_branches() -> None:
    graph = branches(20, 3, "and", "and")
    caught = [
        replace(line, target="t11_2") if line.source == "t11_2" else line for line in graph.lines
    ]
    problem = prove(replace(graph, lines=tuple(caught))).problems[0]
    assert (problem.flaw, problem.steps) == (Flaw.CANNOT_FINISH, ("t11_0", "t11_1", "t11_2"))


def test_a_problem_names_the_steps_and_lines_at_which_it_stands() -> None:
    stuck = prove(draw("task a -> x; xor x -> b c; task b -> j; task c -> j; and j -> e; end e"))
    assert stuck.problems[0].steps == ("j",)
    assert stuck.problems[0].lines == ("b>j",)
    doubled = prove(draw("task a -> b c; task b -> d; task c -> d; task d -> e; end e"))
    assert doubled.problems[0].steps == ("d",)
    ended = prove(draw("task a -> b c; task b -> e; task c -> e; end e"))
    assert ended.problems[0].steps == ("e",)
    assert ended.problems[0].marking is not None
    assert ended.problems[0].marking.ends == ("e", "e")
