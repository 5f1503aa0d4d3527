"""The difference between two versions of a flow, in words.

Nodes, stages, fields and whatever else has an id is compared by it, edges by the nodes they join;
the order of nodes is only how a document is written and counts for nothing, that of fields and of a
decision's edges does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from workflows.language.model import FlowDefinition
from workflows.language.wording import ELEMENTS, KEYS, NAMED_MAPS, NO, YES

#: Longer values are cut where they are told.
_LONGEST: Final = 80
#: Lists whose order is only how the document is written, and which of them is told first.
_ORDER: Final = {"nodes": 1, "edges": 2}
#: Under which an edge carries what it is called while it is compared.
_CALLED: Final = "$called"

Kind = Literal["added", "removed", "changed", "moved"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not the same.

    Attributes:
        kind: what became of it.
        node: the node it belongs to; empty for the flow itself.
        place: the keys that lead to it, outermost first.
        words: the change as a sentence in Chinese.
        words_en: the same in English.
    """

    kind: Kind
    node: str
    place: tuple[str, ...]
    words: str
    words_en: str


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a comparison stands: its keys, and what they are called."""

    node: str = ""
    keys: tuple[str, ...] = ()
    zh: tuple[str, ...] = ()
    en: tuple[str, ...] = ()

    def key(self, key: str) -> _Place:
        zh, en = KEYS.get(key, (key, key))
        return _Place(self.node, (*self.keys, key), (*self.zh, zh), (*self.en, en))

    def element(self, element_id: str, value: Any, *, node: bool = False) -> _Place:
        """An element of a list or map that has a name of its own: it stands for the list too."""
        name = name_en = element_id
        if isinstance(value, Mapping):
            name, name_en = value.get(_CALLED) or _names({"id": element_id, **value})
        keys = (*self.keys, element_id)
        zh, en = ELEMENTS.get(self.keys[-1], (self.zh[-1], self.en[-1]))
        outer = len(self.zh) - 1
        if node:
            outer = 0  # a node is known by its name alone
        return _Place(
            element_id if node else self.node,
            keys,
            (*self.zh[:outer], f"{zh}「{name}」"),
            (*self.en[:outer], f"{en} “{name_en}”"),
        )

    def tell(self, kind: Kind, zh: str, en: str) -> Difference:
        return Difference(
            kind, self.node, self.keys, f"{'的'.join(self.zh)}{zh}", f"{', '.join(self.en)}{en}"
        )


def differences(old: FlowDefinition, new: FlowDefinition) -> list[Difference]:
    """What is not the same in two definitions of a flow, the flow's own header first, then its
    nodes, then its edges; empty when both say the same."""
    return list(_maps(_plain(old), _plain(new), _Place()))


def _plain(definition: FlowDefinition) -> dict[str, Any]:
    """What the definition says, without what it leaves as it is; its edges go by the names of the
    nodes they join."""
    plain: dict[str, Any] = definition.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return _with_named_edges(plain)


def _with_named_edges(graph: dict[str, Any]) -> dict[str, Any]:
    nodes = {node["id"]: node for node in graph["nodes"]}
    for node in nodes.values():
        if "body" in node:
            node["body"] = _with_named_edges(node["body"])
    edges: dict[str, Any] = {}
    for edge in graph.get("edges", ()):
        ends = [nodes.get(edge[end], {"id": edge[end]}) for end in ("from", "to")]
        key = f"{edge['from']} → {edge['to']}" + (f" ({edge['on']})" if "on" in edge else "")
        while key in edges:
            key += "′"
        edges[key] = edge | {
            _CALLED: tuple(" → ".join(names) for names in zip(*map(_names, ends), strict=True))
        }
    return {**graph, "edges": edges}


def _maps(old: Mapping[str, Any], new: Mapping[str, Any], place: _Place) -> Iterator[Difference]:
    # What a flow says of itself, then its nodes, then its edges.
    for key in sorted(dict.fromkeys([*old, *new]), key=lambda key: _ORDER.get(key, 0)):
        if key == _CALLED:
            continue
        was, now = old.get(key), new.get(key)
        if key not in KEYS:
            yield from _values(was, now, place.element(key, now or was))
            continue
        inner = place.key(key)
        before, after = _elements(key, was), _elements(key, now)
        if before is None or after is None:
            yield from _values(was, now, inner)
        else:
            yield from _named(before, after, inner, key)


def _elements(key: str, value: Any) -> Mapping[str, Any] | None:
    """What is compared element by element: lists of things, and maps from names to things."""
    if key in NAMED_MAPS:
        return value or {}
    return _named_elements(value)


def _values(old: Any, new: Any, place: _Place) -> Iterator[Difference]:
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _maps(old, new, place)
    elif old is None:
        zh, en = _shown(new)
        yield place.tell("added", f"设为 {zh}", f" set to {en}")
    elif new is None:
        zh, en = _shown(old)
        yield place.tell("removed", f"不再是 {zh}", f" is no longer {en}")
    else:
        (was, was_en), (zh, en) = _shown(old), _shown(new)
        yield place.tell("changed", f"由 {was} 改为 {zh}", f" changed from {was_en} to {en}")


def _named(
    old: Mapping[str, Any], new: Mapping[str, Any], place: _Place, key: str
) -> Iterator[Difference]:
    """Elements that have names: gone, new, changed, or in another order."""
    node = key == "nodes"
    for name, value in old.items():
        if name not in new:
            yield place.element(name, value, node=node).tell("removed", "已删除", " was removed")
    for name, value in new.items():
        inner = place.element(name, value, node=node)
        if name not in old:
            yield inner.tell("added", "是新增的", " was added")
        elif isinstance(value, Mapping) and isinstance(old[name], Mapping):
            yield from _maps(old[name], value, inner)
        else:
            yield from _values(old[name], value, inner)
    if key in _ORDER or key in NAMED_MAPS:
        return
    kept_before = [name for name in old if name in new]
    kept_now = [name for name in new if name in old]
    if kept_before != kept_now:
        order, order_en = " → ".join(kept_now), " → ".join(kept_now)
        yield place.tell("moved", f"的顺序改为 {order}", f" now in the order {order_en}")


def _named_elements(value: Any) -> dict[str, Any] | None:
    """The elements of a list by their ids, or by their numbers where they have none; None for a
    list of plain values."""
    if value is None:
        return {}
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        return None
    return {
        str(each.get("id") or each.get("field") or number): each
        for number, each in enumerate(value, start=1)
    }


def _names(element: Mapping[str, Any]) -> tuple[str, str]:
    """What an element is called, in Chinese and in English."""
    name = str(element.get("name") or element.get("id", ""))
    return name, str(element.get("name_en") or name)


def _shown(value: Any) -> tuple[str, str]:
    if isinstance(value, bool):
        return YES if value else NO
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if len(text) > _LONGEST:
        text = text[: _LONGEST - 1] + "…"
    return text, text
