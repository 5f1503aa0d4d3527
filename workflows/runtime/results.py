"""The results that operations give in the place of a node which did not come to one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from kit.errors import InvalidArgument
from workflows.compiler.plan import (
    ApprovalNode,
    Code,
    ConfirmNode,
    FieldWorkNode,
    ForEachNode,
    FormNode,
    PlanGraph,
    PlanNode,
    ServiceNode,
    SubflowNode,
    WaitNode,
)
from workflows.language.values import Json, ValueMismatch, conform
from workflows.runtime import waits
from workflows.runtime.forms import read_form
from workflows.runtime.places import Place


def result_of(data: Mapping[str, Json], node: PlanNode, given: dict[str, Json]) -> Json:
    """What is given, as the node would leave it behind; of a user task the values of its form.

    Raises:
        InvalidArgument: ``CASE_RESULT_INVALID``, or ``CASE_FORM_INVALID`` for a form.
    """
    try:
        match node:
            case FormNode() | ApprovalNode() | ConfirmNode():
                return read_form(node.form, given, data)
            case ServiceNode() | FieldWorkNode() | SubflowNode():
                return conform(given, node.response_type)
            case WaitNode():
                return waits.read_payload(node, given)
            case ForEachNode() if isinstance(given.get("results"), list) and len(given) == 1:
                return given
            case _:
                raise InvalidArgument(
                    "CASE_RESULT_INVALID",
                    f"{node.id} leaves nothing like that behind",
                    field="form",
                )
    except ValueMismatch as mismatch:
        raise InvalidArgument(
            "CASE_RESULT_INVALID", f"this is no result of {node.id}: {mismatch}", field="form"
        ) from mismatch


def is_read_later(place: Place, node: PlanNode) -> bool:
    """Whether anything that may come after a node reads what it leaves behind, without the flow
    having to reckon with its being unset."""
    if _may_be_unset(node):
        return False
    following = [place.graph.by_id[id] for id in _following(place.graph, node)]
    read = [code for part in following for code in _codes(part)]
    read += [code for edge in node.next for code in _codes(edge)]
    # What a run leaves behind is computed at its end, by whatever is around it.
    read += [code for part in place.leaves_behind for code in _codes(part)]
    return any(_mentions(code.code, node.id) for code in read)


def _may_be_unset(node: PlanNode) -> bool:
    """Whether the compiler has seen to it that whoever reads the result asks first if there is one."""
    if isinstance(node, FormNode | ApprovalNode | ConfirmNode):
        return node.skippable or node.assignee.skip
    return False


def _following(graph: PlanGraph, node: PlanNode) -> list[str]:
    found: dict[str, None] = {}
    todo: list[PlanNode] = [node]
    while todo:
        here = todo.pop()
        ways = [edge.to for edge in here.next] + [way.to for way in here.boundary]
        todo += [graph.by_id[id] for id in ways if id not in found]
        found |= dict.fromkeys(ways)
    return list(found)


def _codes(part: Any) -> Iterator[Code]:
    match part:
        case Code():
            yield part
        case BaseModel():
            for name in type(part).model_fields:
                yield from _codes(getattr(part, name))
        case tuple() | list():
            for each in part:
                yield from _codes(each)
        case _:
            pass


def _mentions(code: Any, root: str) -> bool:
    match code:
        case ["root", str() as name, *_]:
            return name == root
        case list() | tuple():
            return any(_mentions(part, root) for part in code)
        case _:
            return False
