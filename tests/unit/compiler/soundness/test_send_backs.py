"""A token may be put back where an ordinary run could have brought it."""

from tests.unit.compiler.soundness.drawing import draw
from workflows.compiler.soundness import legal_send_backs, region

PARALLEL = draw(
    "task a -> b; task b -> s; and s -> c d; task c -> f; task f -> j; task d -> j; and j -> g;"
    "task g -> e; end e"
)


def test_a_step_may_be_sent_back_to_what_came_before_it_in_its_own_branch_or_around_it() -> None:
    assert legal_send_backs(PARALLEL) == {
        "a": (),
        "b": ("a",),
        "c": ("b", "a"),
        "f": ("c", "b", "a"),
        "d": ("b", "a"),
        "g": ("b", "a"),
    }


def test_the_region_of_a_step_is_what_is_only_reached_through_it() -> None:
    assert region(PARALLEL, "c") == {"c", "f"}
    assert region(PARALLEL, "b") == {"b", "s", "c", "f", "d", "j", "g", "e"}


def test_a_step_that_can_be_passed_by_is_no_target() -> None:
    graph = draw("task a -> x; xor x -> b c; task b -> c; task c -> e; end e")
    assert legal_send_backs(graph)["c"] == ("a",)


def test_a_branch_that_has_left_the_region_forbids_the_send_back() -> None:
    # While c is done, d may already have gone on through g, which a send-back to b would not undo.
    graph = draw(
        "task a -> b k; task b -> c d; task k -> g; task c -> j; task d -> g; and g -> h;"
        "task h -> j; and j -> e; end e"
    )
    assert legal_send_backs(graph)["c"] == ("a",)


def test_what_was_told_alongside_may_be_sent_back_with_the_task_it_came_from() -> None:
    graph = draw("task a -> b; task b -> c n~; task n -> f; task c -> e; end e; end f")
    assert legal_send_backs(graph) == {"a": (), "b": ("a",), "c": ("b", "a"), "n": ("b", "a")}


def test_inclusive_branches_are_sent_back_like_parallel_ones() -> None:
    graph = draw(
        "task a -> s; or s -> b c; task b -> d; task d -> j; task c -> j; or j -> e; end e"
    )
    assert legal_send_backs(graph) == {"a": (), "b": ("a",), "d": ("b", "a"), "c": ("a",)}
