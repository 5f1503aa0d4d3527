"""The baseline ZEN: the same rates as a decision table whose first hit counts, most specific first.

The engine reads its decision from the static loader, so that the table is compiled and indexed once.
A row says its place in the column of its depth: like item, mode and level, places are then
equalities, which ZEN finds by its index; only the days are compared row by row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, Final

import zen

from bench.pricing import places
from bench.pricing.book import ALWAYS, LEVELS, MODES, Row, item_code
from bench.pricing.questions import Question

KEY: Final = "book"
_DEPTHS: Final = tuple(places.DEPTHS)
_FIELDS: Final = ("item", "mode", "level", *_DEPTHS, "day")


def engine_of(rows: Sequence[Row]) -> zen.ZenEngine:
    """An engine that answers from these rates."""
    return engine({KEY: graph([_node("rate", rate_table(rows))])})


def engine(decisions: dict[str, dict[str, Any]]) -> zen.ZenEngine:
    """An engine with these decisions, each compiled once."""
    return zen.ZenEngine({"loader": {"type": "static", "content": decisions}})


def context_of(question: Question) -> dict[str, Any]:
    """What the table reads of a question."""
    path = places.codes_of(question.circle)
    return {
        "item": item_code(question.item),
        "mode": MODES[question.mode],
        "level": LEVELS[question.level],
        "day": question.day,
        **dict(zip(_DEPTHS, reversed(path), strict=True)),
    }


def rate_table(rows: Iterable[Row]) -> dict[str, Any]:
    """The content of a table node that gives a rate's number and its prices."""
    ranked = sorted(enumerate(rows), key=lambda each: _rank(each[1]))
    return {
        "hitPolicy": "first",
        "inputs": [{"id": field, "name": field, "field": field} for field in _FIELDS],
        "outputs": [
            {"id": field, "name": field, "field": field}
            for field in ("rate", "list_price", "settlement_price")
        ],
        "rules": [_rule(number, row) for number, row in ranked],
    }


def graph(nodes: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A decision that takes its input through nodes one after the other."""
    chain = [
        {"id": "input", "name": "input", "type": "inputNode"},
        *nodes,
        {"id": "output", "name": "output", "type": "outputNode"},
    ]
    edges = [
        {
            "id": f"to {after['id']}",
            "sourceId": before["id"],
            "targetId": after["id"],
            "type": "edge",
        }
        for before, after in pairwise(chain)
    ]
    return {"nodes": chain, "edges": edges}


def _node(name: str, table: dict[str, Any]) -> dict[str, Any]:
    return {"id": name, "name": name, "type": "decisionTableNode", "content": table}


def _rank(row: Row) -> tuple[bool, bool, int, bool]:
    """The book's declared order; the most specific sorts first."""
    windowed = (row.first_day, row.last_day) != ALWAYS
    return (not row.mode, not row.level, -places.depth_of(row.place), not windowed)


def _rule(number: int, row: Row) -> dict[str, str]:
    rule = {
        "_id": str(number),
        "item": f'"{item_code(row.item)}"',
        _DEPTHS[places.depth_of(row.place)]: f'"{places.code_of(row.place)}"',
        "rate": str(number),
        "list_price": str(row.list_price),
        "settlement_price": str(row.settlement_price),
    }
    if row.mode:
        rule["mode"] = f'"{MODES[row.mode]}"'
    if row.level:
        rule["level"] = f'"{LEVELS[row.level]}"'
    if (row.first_day, row.last_day) != ALWAYS:
        rule["day"] = f"[{row.first_day}..{row.last_day}]"
    return rule
