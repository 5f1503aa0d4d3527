"""What helped before: finished work scored by what it has in common with the work to do.

The score is a sum of four reasons, each worth a fixed number of points, so that anybody can check it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kit.errors import InvalidArgument
from kit.grams import grams

_SAME_ASSET_POINTS: Final = 52
_SAME_CUSTOMER_POINTS: Final = 14
_SAME_ITEM_POINTS: Final = 14
_SAME_WORDS_POINTS: Final = 20
_USUAL_COUNT: Final = 5
_MOST: Final = 20
_PAIR: Final = 2


@dataclass(frozen=True, slots=True)
class Work:
    """What is compared of a work order.

    Attributes:
        words: of its title and what its customer said.
    """

    work_order_id: str
    customer_id: str
    asset_id: str
    item_codes: frozenset[str]
    words: str
    completed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing in common, and what it counts for."""

    code: str
    points: int
    chinese: str
    english: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Finished work that may tell what to do, and why."""

    work_order_id: str
    reasons: tuple[Reason, ...]

    @property
    def points(self) -> int:
        """Of all reasons, at most 100."""
        return sum(reason.points for reason in self.reasons)


def suggest(work: Work, finished: Iterable[Work], limit: int) -> Sequence[Suggestion]:
    """The finished work that has most in common with this, the newest first among equals."""
    scored = [
        (each, Suggestion(each.work_order_id, _reasons(work, each)))
        for each in finished
        if each.work_order_id != work.work_order_id
    ]
    useful = [pair for pair in scored if pair[1].points > 0]
    useful.sort(key=lambda pair: (pair[1].points, pair[0].completed_at), reverse=True)
    return [suggestion for _, suggestion in useful[:limit]]


def require_limit(limit: int) -> int:
    """How many are wanted (``SUGGESTION_LIMIT_INVALID``)."""
    if not 0 <= limit <= _MOST:
        raise InvalidArgument(
            "SUGGESTION_LIMIT_INVALID", f"1 to {_MOST}, or 0 for {_USUAL_COUNT}", field="limit"
        )
    return limit or _USUAL_COUNT


def _reasons(work: Work, other: Work) -> tuple[Reason, ...]:
    found = []
    if work.asset_id and work.asset_id == other.asset_id:
        found.append(Reason("same_asset", _SAME_ASSET_POINTS, "同一台设备", "the same asset"))
    if work.customer_id == other.customer_id:
        found.append(
            Reason("same_customer", _SAME_CUSTOMER_POINTS, "同一位客户", "the same customer")
        )
    if shared := sorted(work.item_codes & other.item_codes):
        items = "、".join(shared)
        found.append(
            Reason("same_item", _SAME_ITEM_POINTS, f"同样的项目 {items}", f"the same item {items}")
        )
    if points := _words_in_common(work.words, other.words):
        percent = points * 100 // _SAME_WORDS_POINTS
        found.append(
            Reason("same_words", points, f"描述相近 {percent}%", f"{percent}% of the same words")
        )
    return tuple(found)


def _words_in_common(text: str, other: str) -> int:
    """Points for the part of the pairs of characters of both texts that they share."""
    mine, theirs = _pairs(text), _pairs(other)
    if not mine or not theirs:
        return 0
    return _SAME_WORDS_POINTS * len(mine & theirs) // len(mine | theirs)


def _pairs(text: str) -> set[str]:
    return {gram for gram in grams(text) if len(gram) == _PAIR}
