"""What a service's reply is in the flow, part by part."""

from __future__ import annotations

from workflows.bpmn.juel import Unreadable
from workflows.bpmn.translate import Kind, Known, Path
from workflows.language.types import EnumOf, ListOf, Record, Scalar, Type


def part_of(node: str, record: Record, path: Path, *, sure: bool) -> Known:
    """A field of a service's reply.

    Raises:
        Unreadable: the reply has no such field.
    """
    text, kind = node, _kind(record)
    found: Type = record
    for name in path:
        part = found.field(name) if isinstance(found, Record) else None
        if part is None:
            raise Unreadable(f"{text} has no field {name!r}")
        found, kind, sure = part.type, _kind(part.type), sure and not part.optional
        text += f".{name}"
    values = {value: value for value in found.values} if isinstance(found, EnumOf) else {}
    return Known(text, kind, sure, values)


def _kind(found: Type) -> Kind:
    match found:
        case Scalar(("bool" | "int" | "decimal" | "string") as name):
            return name
        case Scalar(("date" | "timestamp" | "duration" | "money") as name):
            return name
        case EnumOf():
            return "choice"
        case ListOf():
            return "list"
        case _:
            return "unknown"
