"""A trace is played firing by firing, and only if it could happen."""

import pytest

from tests.unit.compiler.soundness.drawing import draw
from workflows.compiler.soundness import Firing, IllegalFiring, Marking, prove, replay

PARALLEL = draw("task a -> s; and s -> b c; task b -> j; task c -> j; and j -> e; end e")
DONE = [Firing(step, "completes", (), (f"{step}>j",)) for step in "bc"]
SPLIT = [
    Firing("a", "completes", (), ("a>s",)),
    Firing("s", "completes", ("a>s",), ("s>b", "s>c")),
]


def test_replay_says_where_the_tokens_stand_after_each_firing() -> None:
    join = Firing("j", "completes", ("b>j", "c>j"), ("j>e",))
    assert replay(PARALLEL, [*SPLIT, *DONE, join]) == [
        Marking(steps=("a",)),
        Marking(lines=("a>s",)),
        Marking(steps=("b", "c")),
        Marking(steps=("c",), lines=("b>j",)),
        Marking(lines=("b>j", "c>j")),
        Marking(ends=("e",)),
    ]


def test_what_rests_on_a_step_that_waits_for_several_enters_it_first() -> None:
    graph = draw("task a -> b c; task b -> d; task c -> d; task d -> e; end e")
    joining = type(graph)(
        graph.start,
        tuple(s if s.id != "d" else type(s)("d", "all", resting=True) for s in graph.steps),
        graph.lines,
    )
    trace = [
        Firing("a", "completes", (), ("a>b", "a>c")),
        Firing("b", "completes", (), ("b>d",)),
        Firing("c", "completes", (), ("c>d",)),
        Firing("d", "enters", ("b>d", "c>d")),
    ]
    assert replay(joining, trace)[-1] == Marking(steps=("d",))
    assert prove(joining).sound


def test_a_boundary_line_is_taken_alongside_once_a_visit() -> None:
    graph = draw("task a -> e n~; task n -> f; end e; end f")
    alongside = Firing("a", "boundary", (), ("a>n",))
    assert replay(graph, [alongside])[-1] == Marking(steps=("a", "n"), spent=("a>n",))
    with pytest.raises(IllegalFiring, match="firing 2 cannot happen"):
        replay(graph, [alongside, alongside])


def test_an_end_that_ends_everything_takes_every_other_token() -> None:
    graph = draw("task a -> b t; task b -> e; terminate t; end e")
    trace = [
        Firing("a", "completes", (), ("a>b", "a>t")),
        Firing("t", "completes", ("a>t",)),
    ]
    assert replay(graph, trace)[-1] == Marking(ends=("t",))


def test_what_holds_two_tokens_stands_there_twice_and_the_run_goes_no_further() -> None:
    graph = draw("task a -> b b; task b -> e; end e")
    double = Firing("a", "completes", (), ("a>b", "a>b2"))
    assert replay(graph, [double])[-1] == Marking(steps=("b", "b"))
    with pytest.raises(IllegalFiring):
        replay(graph, [double, Firing("b", "completes", (), ("b>e",))])


def test_a_choice_among_very_many_lines_can_be_replayed() -> None:
    many = [f"t{number}" for number in range(14)]
    tasks = "; ".join(f"task {task} -> j" for task in many)
    graph = draw(f"task a -> s; or s -> {' '.join(many)}; {tasks}; or j -> e; end e")
    some = tuple(f"s>t{number}" for number in (1, 4, 5, 9))
    trace = [Firing("a", "completes", (), ("a>s",)), Firing("s", "completes", ("a>s",), some)]
    assert replay(graph, trace)[-1].steps == ("t1", "t4", "t5", "t9")


@pytest.mark.parametrize(
    "firing",
    [
        Firing("nobody", "completes"),
        Firing("b", "completes", (), ("b>j",)),
        Firing("a", "boundary", (), ("a>s",)),
        Firing("a", "completes", (), ()),
        Firing("a", "completes", ("",), ("a>s",)),
        Firing("a", "enters", (), ("a>s",)),
        Firing("s", "completes", ("a>s",), ("s>b", "s>c")),
        Firing("s", "completes", ("nothing",), ("s>b", "s>c")),
    ],
)
def test_what_cannot_happen_is_refused(firing: Firing) -> None:
    with pytest.raises(IllegalFiring):
        replay(PARALLEL, [firing])


def test_an_exclusive_choice_takes_one_line() -> None:
    graph = draw("task a -> x; xor x -> b e; task b -> e; end e")
    to_choice = Firing("a", "completes", (), ("a>x",))
    with pytest.raises(IllegalFiring):
        replay(graph, [to_choice, Firing("x", "completes", ("a>x",), ("x>b", "x>e"))])


def test_an_inclusive_join_waits_for_what_is_on_its_way() -> None:
    graph = draw("task a -> b c; task b -> j; task c -> j; or j -> e; end e")
    trace = [
        Firing("a", "completes", (), ("a>b", "a>c")),
        Firing("b", "completes", (), ("b>j",)),
        Firing("j", "completes", ("b>j",), ("j>e",)),
    ]
    with pytest.raises(IllegalFiring, match="firing 3 cannot happen"):
        replay(graph, trace)
