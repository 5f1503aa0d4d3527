"""Whether what a case holds may stand where the new version reads it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workflows.compiler.plan import (
    ApprovalNode,
    ConfirmNode,
    FieldWorkNode,
    ForEachNode,
    FormNode,
    Plan,
    PlanField,
    PlanGraph,
    PlanNode,
    ServiceNode,
    SubflowNode,
    WaitNode,
)
from workflows.language.fields import record_of
from workflows.language.types import BOOL, STRING, TIMESTAMP, Field, Record, Type, from_json
from workflows.language.values import Json, ValueMismatch, conform


@dataclass(frozen=True, slots=True)
class Misfit:
    """A value that is missing, or of another type than the new version reads."""

    path: str
    message: str
    missing: bool = False


def result_type(node: PlanNode) -> Type | None:
    """The type of what a node leaves behind; None: its body's expressions decide."""
    match node:
        case FormNode() | ApprovalNode() | ConfirmNode():
            extra = [Field("handled_by", STRING), Field("handled_at", TIMESTAMP)]
            if isinstance(node, ApprovalNode) and node.mode == "quorum":
                extra.append(Field("approved", BOOL))
            return record_of(_kept(node.form), node.id, *extra)
        case ServiceNode() | FieldWorkNode():
            return node.response_type
        case SubflowNode():
            return node.response_type
        case WaitNode():
            return from_json(node.payload) if node.payload is not None else None
        case _:
            return None


def inputs_type(plan: Plan) -> Record:
    """The type of what a case begins with."""
    return record_of(_kept(plan.inputs), "inputs")


def variables_type(plan: Plan) -> Record:
    """The types of a flow's variables; each may be unset."""
    return Record(tuple(Field(name, from_json(kind), True) for name, kind in plan.variables))


def _kept(form: tuple[PlanField, ...]) -> tuple[Any, ...]:
    return tuple(part.field for part in form if not part.shown)


def same_body_result(old: PlanNode, new: PlanNode) -> bool:
    """Whether what a node's body leaves behind is computed in the same way from the same."""
    if not isinstance(old, ForEachNode) or not isinstance(new, ForEachNode):
        return False
    computed = old.collect == new.collect
    return computed and _results(old.body) == _results(new.body)


def _results(graph: PlanGraph) -> dict[str, Type | None]:
    return {node.id: result_type(node) for node in graph.nodes}


def fitted(value: Json, kind: Type, fields: frozenset[str] | None, path: str) -> Json:
    """A value as the new version keeps it.

    Args:
        fields: of a record, those that are read; None: all.

    Raises:
        ValueMismatch: it does not fit, or lacks what is read.
    """
    if not isinstance(kind, Record) or not isinstance(value, dict):
        return conform(value, kind, path)
    kept = dict(value)
    for field in kind.fields:
        if fields is not None and field.name not in fields:
            continue
        part, where = value.get(field.name), f"{path}.{field.name}"
        if part is not None:
            lacking = next(_lacking(part, field.type, where), None)
            if lacking:
                raise ValueMismatch(lacking, "it has no value")
            kept[field.name] = conform(part, field.type, where)
        elif not field.optional:
            raise ValueMismatch(where, "it has no value")
    return kept


def _lacking(value: Json, kind: Type, path: str) -> Iterator[str]:
    """The parts of a record that a value lacks: filling in defaults would be making them up."""
    if isinstance(kind, Record) and isinstance(value, dict):
        for field in kind.fields:
            part, where = value.get(field.name), f"{path}.{field.name}"
            if part is not None:
                yield from _lacking(part, field.type, where)
            elif not field.optional:
                yield where
