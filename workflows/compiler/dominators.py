"""What every way from the start of a graph to a node goes through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def forward_order(start: str, followers: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """What can be reached from the start, each before its followers wherever no loop forbids it."""
    done: list[str] = []
    seen = {start}
    stack = [(start, iter(followers[start]))]
    while stack:
        node, left = stack[-1]
        follower = next((each for each in left if each not in seen), None)
        if follower is None:
            done.append(node)
            stack.pop()
        else:
            seen.add(follower)
            stack.append((follower, iter(followers[follower])))
    return tuple(reversed(done))


def nearest_dominators(
    order: Sequence[str], previous: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """For each node but the first, the nearest other node on every way to it.

    Args:
        order: the nodes in ``forward_order``.
        previous: the nodes before each.
    """
    position = {node: index for index, node in enumerate(order)}
    nearest = {order[0]: order[0]}
    changed = True
    while changed:
        changed = False
        for node in order[1:]:
            meeting = ""
            for before in previous[node]:
                if before not in nearest:
                    continue
                if not meeting:
                    meeting = before
                # Of two ways in, climb from the later one until they meet.
                other = before
                while meeting != other:
                    if position[meeting] > position[other]:
                        meeting = nearest[meeting]
                    else:
                        other = nearest[other]
            if nearest.get(node) != meeting:
                nearest[node] = meeting
                changed = True
    del nearest[order[0]]
    return nearest
