"""The map of a flow: nothing stands on anything else, and lines go where the edges say."""

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from services.gateway.flow_map import NODE_HEIGHT, NODE_WIDTH, Box, FlowMap, lay_out

CHAIN = {"a": ["b"], "b": ["c"], "c": []}
DIAMOND = {"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []}


def box(drawn: FlowMap, node: str) -> Box:
    return next(each for each in drawn.boxes if each.node == node)


def test_a_chain_goes_straight_down() -> None:
    drawn = lay_out("a", CHAIN, {})
    assert len({each.x for each in drawn.boxes}) == 1
    assert box(drawn, "a").y < box(drawn, "b").y < box(drawn, "c").y


def test_branches_stand_side_by_side() -> None:
    drawn = lay_out("a", DIAMOND, {})
    assert box(drawn, "b").y == box(drawn, "c").y
    assert abs(box(drawn, "b").x - box(drawn, "c").x) >= NODE_WIDTH


def test_a_way_past_a_node_goes_round_it() -> None:
    drawn = lay_out("a", {"a": ["b", "c"], "b": ["c"], "c": []}, {})
    past = next(line for line in drawn.lines if (line.source, line.target) == ("a", "c"))
    assert "V" in past.path  # it has a lane of its own beside b


def test_an_edge_that_returns_is_drawn_as_one() -> None:
    drawn = lay_out("a", {"a": ["b"], "b": ["a", "c"], "c": []}, {})
    assert [(line.source, line.target) for line in drawn.lines if line.back] == [("b", "a")]


def test_stages_are_bands_in_their_order() -> None:
    drawn = lay_out("a", CHAIN, {"a": "presale", "b": "install", "c": "install"})
    assert [band.stage for band in drawn.bands] == ["presale", "install"]
    first, second = drawn.bands
    assert first.top + first.height <= second.top


def test_stages_that_interleave_are_not_drawn() -> None:
    assert lay_out("a", CHAIN, {"a": "one", "b": "two", "c": "one"}).bands == ()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_two_nodes_overlap_and_all_fit(data: st.DataObject) -> None:
    names = [f"n{i}" for i in range(data.draw(st.integers(1, 14)))]
    targets = st.lists(st.sampled_from(names), max_size=3)
    edges = {name: data.draw(targets) for name in names}
    drawn = lay_out("n0", edges, {})
    for one, other in combinations(drawn.boxes, 2):
        apart_x = abs(one.x - other.x) >= NODE_WIDTH
        apart_y = abs(one.y - other.y) >= NODE_HEIGHT
        assert apart_x or apart_y
    for each in drawn.boxes:
        assert each.left >= 0
        assert each.left + NODE_WIDTH <= drawn.width
        assert each.top >= 0
        assert each.top + NODE_HEIGHT <= drawn.height
    reached = {each.node for each in drawn.boxes}
    wanted = {(name, to) for name in reached for to in edges[name]}
    assert {(line.source, line.target) for line in drawn.lines} == wanted
