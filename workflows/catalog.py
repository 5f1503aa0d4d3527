"""The node catalogue, read from the contracts: an annotated RPC is a node on the canvas.

``load_catalog()`` imports every generated service module under ``protos`` and turns its descriptors
into the language's types, so a new capability needs no registration anywhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Final

from google.protobuf.descriptor import (
    Descriptor,
    FieldDescriptor,
    FileDescriptor,
    MethodDescriptor,
)
from google.protobuf.descriptor_pb2 import MethodOptions

import protos
from protos.flow.v1 import node_pb2
from workflows.compiler.catalog import EventSpec, NodeCatalog, RpcSpec
from workflows.compiler.plan import ForEachNode, PlanGraph, ServiceNode, SubflowNode
from workflows.language.types import (
    BOOL,
    DECIMAL,
    DURATION,
    INT,
    MONEY,
    STRING,
    TIMESTAMP,
    EnumOf,
    Field,
    ListOf,
    MapOf,
    Record,
    Type,
)

#: Filled in by the runtime, never by a flow.
IDEMPOTENCY_KEY: Final = "idempotency_key"

_WELL_KNOWN: Final[dict[str, Type]] = {
    "common.v1.Money": MONEY,
    "google.protobuf.Timestamp": TIMESTAMP,
    "google.protobuf.Duration": DURATION,
}
_SCALARS: Final[dict[int, Type]] = {
    FieldDescriptor.CPPTYPE_BOOL: BOOL,
    FieldDescriptor.CPPTYPE_STRING: STRING,
    FieldDescriptor.CPPTYPE_INT32: INT,
    FieldDescriptor.CPPTYPE_INT64: INT,
    FieldDescriptor.CPPTYPE_UINT32: INT,
    FieldDescriptor.CPPTYPE_UINT64: INT,
    FieldDescriptor.CPPTYPE_DOUBLE: DECIMAL,
    FieldDescriptor.CPPTYPE_FLOAT: DECIMAL,
}


@lru_cache(maxsize=1)
def load_catalog() -> NodeCatalog:
    """The catalogue of all our contracts."""
    root = Path(protos.__file__).parent
    names = sorted(path.relative_to(root.parent) for path in root.rglob("*_pb2.py"))
    modules = [import_module(".".join(path.with_suffix("").parts)) for path in names]
    return read_catalog([module.DESCRIPTOR for module in modules])


def read_catalog(files: list[FileDescriptor]) -> NodeCatalog:
    """The catalogue of some contracts."""
    rpcs = {spec.name: spec for file in files for spec in _rpcs(file)}
    events = {spec.name: spec for file in files for spec in _events(file)}
    return NodeCatalog(rpcs, events)


def _rpcs(file: FileDescriptor) -> Iterator[RpcSpec]:
    for service in file.services_by_name.values():
        for method in service.methods:
            yield _rpc(method)


def _rpc(method: MethodDescriptor) -> RpcSpec:
    service = method.containing_service.full_name
    options = method.GetOptions()
    node = options.Extensions[node_pb2.node]
    undo = node.compensate_with
    request = message_type(method.input_type, reply=False)
    return RpcSpec(
        name=f"{service}/{method.name}",
        label=node.label,
        label_en=node.label_en,
        category=node.category,
        quick=node.quick,
        mutating=options.idempotency_level != MethodOptions.NO_SIDE_EFFECTS,
        compensate_with=f"{service}/{undo}" if undo else "",
        request=Record(
            tuple(field for field in request.fields if field.name != IDEMPOTENCY_KEY), request.name
        ),
        response=message_type(method.output_type, reply=True),
        palette=options.HasExtension(node_pb2.node),
    )


def _events(file: FileDescriptor) -> Iterator[EventSpec]:
    for message in file.message_types_by_name.values():
        event = message.GetOptions().Extensions[node_pb2.event]
        if event.wakes_case:
            yield EventSpec(message.full_name, event.label, message_type(message, reply=True))


def message_type(message: Descriptor, *, reply: bool, around: tuple[str, ...] = ()) -> Record:
    """A message as a record of the language.

    What a reply leaves out reads as its default, so only messages in it can be missing; of a
    request, a flow need not give anything that is not marked as required. A field that the language
    cannot say (bytes, ``Any``, a message within itself) is left out.
    """
    around = (*around, message.full_name)
    fields: list[Field] = []
    for field in message.fields:
        kind = _field_type(field, reply, around)
        if kind is not None:
            fields.append(Field(field.name, kind, optional=_optional(field, reply)))
    return Record(tuple(fields), message.full_name)


def _optional(field: FieldDescriptor, reply: bool) -> bool:
    if field.GetOptions().Extensions[node_pb2.required]:
        return False
    return field.has_presence if reply else True


def _field_type(field: FieldDescriptor, reply: bool, around: tuple[str, ...]) -> Type | None:
    message = field.message_type
    if message is not None and message.GetOptions().map_entry:
        value = _field_type(message.fields_by_name["value"], reply, around)
        return MapOf(value) if value else None
    kind = _single_type(field, reply, around)
    return ListOf(kind) if kind and field.is_repeated else kind


def _single_type(field: FieldDescriptor, reply: bool, around: tuple[str, ...]) -> Type | None:
    message, enum = field.message_type, field.enum_type
    if enum is not None:
        return EnumOf(tuple(value.name for value in enum.values), enum.full_name)
    if message is None:
        return None if field.type == FieldDescriptor.TYPE_BYTES else _SCALARS[field.cpp_type]
    if message.full_name in _WELL_KNOWN:
        return _WELL_KNOWN[message.full_name]
    if message.full_name in around or message.file.package == "google.protobuf":
        return None
    return message_type(message, reply=reply, around=around)


def unknown_rpcs(graph: PlanGraph, catalog: NodeCatalog) -> list[str]:
    """The RPCs that a plan calls, at whatever depth, and this catalogue does not have: the plan was
    compiled by a newer release, or what it calls is no more."""
    called: list[str] = []
    for node in graph.nodes:
        if isinstance(node, ServiceNode):
            called.append(node.rpc)
            called += [node.compensation.rpc] if node.compensation else []
        if isinstance(node, ForEachNode | SubflowNode) and node.body is not None:
            called += unknown_rpcs(node.body, catalog)
    return sorted({rpc for rpc in called if catalog.find(rpc) is None})
