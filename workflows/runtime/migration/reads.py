"""What a node's expressions read, and what a node sets, as far as a plan tells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeAlias

from pydantic import BaseModel

from workflows.compiler.plan import (
    ApprovalNode,
    Code,
    ConfirmNode,
    FieldWorkNode,
    ForEachNode,
    FormNode,
    PlanAssignee,
    PlanGraph,
    PlanNode,
    ServiceNode,
    SubflowNode,
    WaitNode,
)

#: A root, or a root and a field of it: ``("quote",)``, ``("data", "limit")``.
Path: TypeAlias = tuple[str, ...]

#: Names that mean something inside a form, a row or a count alone.
_OWN: Final = frozenset({"form", "row", "done", "total", "$reply", "$request"})


def reads_of(part: BaseModel) -> frozenset[Path]:
    """Everything that the expressions in a part of a plan read, in bodies what is set around them."""
    return frozenset(path for path in _reads(part) if path[0] not in _OWN)


def unset_paths(read: Iterable[Path]) -> frozenset[Path]:
    """What must be set for these reads: results of nodes as wholes, variables each by itself."""
    return frozenset(
        path if path[0] == "data" else path[:1]
        for path in read
        if path[0] not in ("inputs", "case") and path != ("data",)
    )


def _reads(part: Any) -> Iterator[Path]:
    match part:
        case Code():
            yield from _paths(part.code)
        case BaseModel():
            inside = _names_inside(part)
            yield from (path for path in _reads_of_parts(part) if path[0] not in inside)
            if isinstance(part, PlanAssignee) and part.rule == "previous":
                yield (part.previous,)
        case tuple() | list():
            for each in part:
                yield from _reads(each)
        case dict():
            yield from _reads(list(part.values()))
        case _:
            pass


def _names_inside(part: BaseModel) -> set[str]:
    """What a node's body calls its own."""
    if not isinstance(part, ForEachNode | SubflowNode) or part.body is None:
        return set()
    own = {node.id for node in part.body.nodes}
    return own | ({part.element} if isinstance(part, ForEachNode) else set())


def _reads_of_parts(part: BaseModel) -> Iterator[Path]:
    for name in type(part).model_fields:
        yield from _reads(getattr(part, name))


def _paths(code: Any) -> Iterator[Path]:
    match code:
        case ["get", ["root", str() as root, *_], str() as field, *_]:
            yield root, field
        case ["root", str() as root, *_]:
            yield (root,)
        case list():
            for part in code:
                yield from _paths(part)
        case _:
            pass


def leaves_something(node: PlanNode) -> bool:
    """Whether a node has a result at all."""
    match node:
        case WaitNode():
            return bool(node.event)
        case ForEachNode():
            return node.collect is not None
        case SubflowNode():
            return bool(node.flow or node.output)
        case _:
            return isinstance(
                node, FormNode | ApprovalNode | ConfirmNode | ServiceNode | FieldWorkNode
            )


def may_be_skipped(node: PlanNode) -> bool:
    """Whether a user task may be passed over, and then leaves nothing."""
    return isinstance(node, FormNode | ApprovalNode | ConfirmNode) and (
        node.skippable
        or node.assignee.skip
        or node.when_applicant == "skip"
        or node.when_repeated == "skip"
    )


def settable(graph: PlanGraph) -> frozenset[Path]:
    """What nodes of a graph can set: their results, and variables of the flow."""
    results = {(node.id,) for node in graph.nodes if leaves_something(node)}
    return frozenset(results) | {("data", name) for node in graph.nodes for name, _ in node.assign}
