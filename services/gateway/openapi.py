"""The API's description: JSON Schema read from the contracts, beside what FastAPI knows itself."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor, MethodDescriptor

from protos.flow.v1 import node_pb2
from services.gateway import problems
from services.gateway.transcoding import KEY_FIELD, is_plain_value, query_fields

Schema = dict[str, Any]

_INTEGERS: Final = frozenset(
    {
        FieldDescriptor.TYPE_INT32,
        FieldDescriptor.TYPE_INT64,
        FieldDescriptor.TYPE_UINT32,
        FieldDescriptor.TYPE_UINT64,
    }
)
_PLAIN: Final[dict[str, Schema]] = {
    "google.protobuf.Timestamp": {
        "type": "string",
        "format": "date-time",
        "example": "2026-03-02T01:30:00Z",
    },
    "google.protobuf.Duration": {"type": "string", "example": "28800s"},
    "google.protobuf.FieldMask": {"type": "string", "example": "modifiers,promotions"},
    "google.protobuf.Struct": {"type": "object", "additionalProperties": True},
}
_DESCRIPTION: Final = """
Every change takes an `Idempotency-Key`: the same key and request give the same answer, the same key
with another request is refused. Whole numbers are JSON numbers; money is `{currency, amount_minor}`
in minor units (fen). Instants are RFC 3339. Unknown fields are refused by name. Refusals are
`application/problem+json` (RFC 9457) with a stable `reason` and the `field` at fault.
"""


def operation(
    method: MethodDescriptor,
    *,
    body: str | None,
    path_names: tuple[str, ...],
    keyed: bool,
    example: Any,
) -> Schema:
    """What the description says of one RPC's route, beyond what FastAPI says of any."""
    request = method.input_type
    target = request.fields_by_name[body].message_type if body else request
    assert target is not None, f"{body} is no message"
    parameters = [_parameter(name, "path", _of_path(request, target, name)) for name in path_names]
    if keyed:
        parameters.append(_parameter("Idempotency-Key", "header", {"type": "string"}))
    if body is None:
        parameters += [
            _parameter(name, "query", _field(field))
            for name, field in query_fields(request, path_names).items()
        ]
    told: Schema = {
        "parameters": parameters,
        "responses": {"200": _json_content(_reference(method.output_type))},
    }
    if body is not None:
        told["requestBody"] = _json_content(_reference(target), example)
    return told


def _of_path(request: Descriptor, target: Descriptor, name: str) -> Schema:
    """What stands in a path: text, a number, or one of the names that there are."""
    field = target.fields_by_name.get(name) or request.fields_by_name.get(name)
    if field is not None and (field.enum_type is not None or field.type in _INTEGERS):
        return _field(field)
    return {"type": "string"}


def answers(message: Any) -> Schema:
    """What the description says of a route that answers with a message of the contracts."""
    return {"responses": {"200": _json_content(_reference(message))}}


def describe(app: FastAPI) -> Schema:
    """The whole description; made once."""
    if app.openapi_schema is None:
        described = get_openapi(
            title=app.title, version=app.version, description=_DESCRIPTION, routes=app.routes
        )
        components = described.setdefault("components", {})
        schemas = components.setdefault("schemas", {})
        schemas["Problem"] = problems.SCHEMA
        components["securitySchemes"] = {
            "bearer": {"type": "http", "scheme": "bearer"},
            "session": {"type": "apiKey", "in": "cookie", "name": "gongdan_session"},
        }
        described["security"] = [{"bearer": []}, {"session": []}]
        for operations in described["paths"].values():
            for told in operations.values():
                told["responses"].pop("422", None)
                told["responses"]["default"] = _problem()
        schemas |= _named(_messages)
        app.openapi_schema = described
    return app.openapi_schema


def _problem() -> Schema:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        "description": "Refused; nothing was changed.",
        "content": {problems.MEDIA_TYPE: {"schema": schema}},
    }


#: Every message that a route speaks of.
_messages: dict[str, Descriptor] = {}


def _reference(message: Descriptor) -> Schema:
    if is_plain_value(message):
        return _PLAIN[message.full_name]
    _messages[message.full_name] = message
    return {"$ref": f"#/components/schemas/{message.full_name}"}


def _named(messages: dict[str, Descriptor]) -> dict[str, Schema]:
    """The schemas of these messages and of all that they hold."""
    made: dict[str, Schema] = {}
    while waiting := [name for name in messages if name not in made]:
        for name in waiting:
            fields = [field for field in messages[name].fields if field.name != KEY_FIELD]
            made[name] = {
                "type": "object",
                "title": messages[name].name,
                "properties": {field.name: _field(field) for field in fields},
                "additionalProperties": False,
            }
            if required := [field.name for field in fields if _is_required(field)]:
                made[name]["required"] = required
    return made


def _is_required(field: FieldDescriptor) -> bool:
    return bool(field.GetOptions().Extensions[node_pb2.required])


def _field(field: FieldDescriptor) -> Schema:
    message: Descriptor | None = field.message_type
    if message is not None and message.GetOptions().map_entry:
        return {
            "type": "object",
            "additionalProperties": _single(message.fields_by_name["value"]),
        }
    return {"type": "array", "items": _single(field)} if field.is_repeated else _single(field)


def _single(field: FieldDescriptor) -> Schema:
    if field.message_type is not None:
        return _reference(field.message_type)
    if field.enum_type is not None:
        return _enumeration(field.enum_type)
    if field.type in _INTEGERS:
        return {"type": "integer", "format": "int64"}
    if field.type == FieldDescriptor.TYPE_BOOL:
        return {"type": "boolean"}
    if field.type == FieldDescriptor.TYPE_DOUBLE:
        return {"type": "number"}
    return {"type": "string"}


def _enumeration(enum: EnumDescriptor) -> Schema:
    return {"type": "string", "enum": [value.name for value in enum.values]}


def _parameter(name: str, where: str, schema: Schema) -> Schema:
    required = where != "query"
    return {"name": name, "in": where, "required": required, "schema": schema}


def _json_content(schema: Schema, example: Any = None) -> Schema:
    content: Schema = {"schema": schema}
    if example is not None:
        content["example"] = example
    return {"description": "", "content": {"application/json": content}}
