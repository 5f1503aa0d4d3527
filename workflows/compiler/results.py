"""What nodes leave behind, read under their ids."""

from __future__ import annotations

from typing import Final

from workflows.compiler.catalog import NodeCatalog
from workflows.compiler.field_work import FIELD_WORK_OUTPUT
from workflows.compiler.form_entries import Forms
from workflows.compiler.library import Library
from workflows.language.fields import record_of
from workflows.language.nodes import (
    Approval,
    Confirm,
    FieldWork,
    ForEach,
    Form,
    NodeDefinition,
    Service,
    Subflow,
    Wait,
)
from workflows.language.types import BOOL, STRING, TIMESTAMP, UNKNOWN, Field, Record, Type

#: What a user task adds to the values of its form.
HANDLED: Final = (Field("handled_by", STRING), Field("handled_at", TIMESTAMP))
#: What an approval by votes adds.
APPROVED: Final = Field("approved", BOOL)


def leaves_something(node: NodeDefinition) -> bool:
    """True when a node has a result at all."""
    match node:
        case Wait():
            return node.event is not None
        case ForEach():
            return node.collect is not None
        case Subflow():
            return node.flow is not None or bool(node.output)
        case _:
            return isinstance(node, Form | Approval | Confirm | Service | FieldWork)


def result_type(node: NodeDefinition, forms: Forms, catalog: NodeCatalog, library: Library) -> Type:
    """The type of a node's result. What a body leaves behind is not known before it has been
    checked, so it is told as unknown here."""
    match node:
        case Form() | Approval() | Confirm():
            votes = (APPROVED,) if isinstance(node, Approval) and node.mode == "quorum" else ()
            return record_of(forms.kept(node.id), node.id, *HANDLED, *votes)
        case Service():
            spec = catalog.find(node.rpc)
            return spec.response if spec else UNKNOWN
        case FieldWork():
            return FIELD_WORK_OUTPUT
        case Wait(event=str() as event):
            known = catalog.events.get(event)
            return known.payload if known else UNKNOWN
        case Subflow(flow=str() as flow):
            interface = library.find(flow, node.version)
            return Record(interface.outputs.fields, node.id) if interface else UNKNOWN
        case _:
            return UNKNOWN
