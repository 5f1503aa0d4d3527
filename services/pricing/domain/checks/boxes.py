"""What of a box no other box covers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from services.pricing.domain.checks.grid import Box, covers, meet


def uncovered(box: Box, covering: Iterable[Box]) -> Iterator[Box]:
    """What is left of a box, in boxes that do not meet. Where there is little left, the first is
    found soon; all of them may be many, where many rules limit many dimensions."""
    live = [each for each in set(covering) if meet(each, box) is not None]
    if not live:
        yield box
        return
    if any(covers(each, box) for each in live):
        return
    axis = _most_divided(box, live)
    for part, holding in _parts(axis, box[axis], live):
        yield from uncovered((*box[:axis], part, *box[axis + 1 :]), holding)


def _most_divided(box: Box, live: Sequence[Box]) -> int:
    """The dimension that most of the others limit."""
    limited = [
        sum(1 for each in live if each[axis] & mask != mask) for axis, mask in enumerate(box)
    ]
    return limited.index(max(limited))


def _parts(axis: int, whole: int, live: Sequence[Box]) -> Iterator[tuple[int, list[Box]]]:
    """The parts of a dimension that the others tell apart, and which of them hold in each."""
    by_mask: dict[int, list[Box]] = {}
    for each in live:
        by_mask.setdefault(each[axis] & whole, []).append(each)
    everywhere = by_mask.pop(whole, [])
    rest, parts = whole, [whole]
    for mask in by_mask:
        if mask & rest == mask:  # disjoint from all before it, as single values are
            rest &= ~mask
            continue
        rest = -1
        break
    if rest >= 0:
        for mask, holding in by_mask.items():
            yield mask, [*everywhere, *holding]
        if rest:
            yield rest, everywhere
        return
    for mask in by_mask:
        parts = [piece for part in parts for piece in (part & mask, part & ~mask) if piece]
    for part in parts:
        yield part, [*everywhere, *(b for m, held in by_mask.items() if m & part for b in held)]


def merged(boxes: Iterable[Box]) -> list[Box]:
    """The same in fewer boxes: those that differ in one dimension only become one."""
    whole = list(boxes)
    for axis in range(len(whole[0]) if whole else 0):
        joined: dict[Box, int] = {}
        for box in whole:
            rest = (*box[:axis], 0, *box[axis + 1 :])
            joined[rest] = joined.get(rest, 0) | box[axis]
        whole = [(*rest[:axis], mask, *rest[axis + 1 :]) for rest, mask in joined.items()]
    return whole
