"""Plain JSON, as cases keep it, to protobuf messages and back, read from the descriptors.

Protobuf's own JSON with the proto's field names, but for two things: 64-bit integers are numbers,
and a field without presence that has its default is written all the same, so that an expression
never meets a hole.
"""

from __future__ import annotations

from typing import Any, Final, cast

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from kit.errors import InvalidArgument
from kit.rpc.methods import find_method, request_class

_LONG: Final = frozenset(
    {
        FieldDescriptor.CPPTYPE_INT64,
        FieldDescriptor.CPPTYPE_UINT64,
    }
)


def request_from_json(rpc: str, plain: dict[str, Any]) -> Message:
    """The request of an RPC from plain JSON.

    Raises:
        NotFound: ``RPC_UNKNOWN``.
        InvalidArgument: ``RPC_REQUEST_MALFORMED`` when a field is unknown or does not fit.
    """
    request = request_class(find_method(rpc))()
    try:
        return json_format.ParseDict(plain, request)
    except json_format.ParseError as error:
        raise InvalidArgument(
            "RPC_REQUEST_MALFORMED", f"the request does not fit {rpc}: {error}"
        ) from error


def message_to_json(message: Message) -> dict[str, Any]:
    """A message as plain JSON."""
    plain: dict[str, Any] = json_format.MessageToDict(
        message,
        preserving_proto_field_name=True,
        always_print_fields_with_no_presence=True,
    )
    _restore_numbers(plain, cast(Descriptor, message.DESCRIPTOR))
    return plain


def _restore_numbers(plain: dict[str, Any], descriptor: Descriptor) -> None:
    """Protobuf writes 64-bit integers as text; make them numbers again, in place."""
    for field in descriptor.fields:
        if field.name not in plain:
            continue
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            plain[field.name] = _map(plain[field.name], field.message_type)
        elif field.is_repeated:
            plain[field.name] = [_value(part, field) for part in plain[field.name]]
        else:
            plain[field.name] = _value(plain[field.name], field)


def _map(plain: dict[str, Any], entry: Descriptor) -> dict[str, Any]:
    value_field = entry.fields_by_name["value"]
    return {key: _value(part, value_field) for key, part in plain.items()}


def _value(plain: Any, field: FieldDescriptor) -> Any:
    if field.message_type is None:
        return int(plain) if field.cpp_type in _LONG else plain
    # The well-known types (timestamps, structs …) have a JSON of their own.
    if not field.message_type.full_name.startswith("google.protobuf."):
        _restore_numbers(plain, field.message_type)
    return plain
