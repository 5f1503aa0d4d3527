"""A control graph that is none is refused by name."""

import pytest

from workflows.compiler.soundness import ControlGraph, Line, Step

A, B, END = Step("a", resting=True), Step("b"), Step("end", end="plain")


@pytest.mark.parametrize(
    ("steps", "lines", "complaint"),
    [
        ((A, A), (), "two steps are called 'a'"),
        ((Step(""),), (), "a step has no id"),
        ((A, END), (Line("l", "a", "end"), Line("l", "a", "end")), "two lines are called 'l'"),
        ((A, END), (Line("", "a", "end"),), "a line has no id"),
        ((A, END), (Line("l", "a", "nowhere"),), "there is no step 'nowhere'"),
        ((END,), (), "there is no step 'a'"),
        ((A, END), (Line("l", "a", "end"), Line("m", "end", "a")), "'end' is an end; nothing can"),
        (
            (A, Step("end", end="plain", resting=True)),
            (Line("l", "a", "end"),),
            "nothing rests on it",
        ),
        ((A, B, END), (Line("l", "a", "b"),), "nothing follows 'b'"),
        ((A, END), (Line("l", "a", "end", "interrupting"),), "nothing follows 'a'"),
        (
            (A, B, END),
            (Line("l", "a", "b"), Line("m", "b", "end"), Line("n", "b", "end", "alongside")),
            "'b' has a boundary line",
        ),
    ],
)
def test_what_is_no_control_graph_is_refused(
    steps: tuple[Step, ...], lines: tuple[Line, ...], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        ControlGraph("a", steps, lines)
