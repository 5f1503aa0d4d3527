"""HTTP to RPC and back: path, query and JSON body become a request message, the reply becomes JSON.

JSON is protobuf's own mapping with the contracts' snake_case names; amounts and other whole numbers
are JSON numbers. Names that a message does not have are refused, never passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from kit.errors import InvalidArgument

Json = dict[str, Any]

#: Fields that a caller sets by other means than the body or the query: the header, the page.
KEY_FIELD: Final = "idempotency_key"
PAGE_FIELD: Final = "page"
_PAGE_NAMES: Final = ("page_size", "page_token")
#: Messages that are a text in JSON.
_WRITTEN_AS_TEXT: Final = (
    "google.protobuf.Timestamp",
    "google.protobuf.Duration",
    "google.protobuf.FieldMask",
)


def to_json(message: Message) -> Json:
    """A message as JSON; fields without presence are written even when empty."""
    plain: Json = _whole(
        json_format.MessageToDict(
            message,
            preserving_proto_field_name=True,
            always_print_fields_with_no_presence=True,
            unquote_int64_if_possible=True,
        )
    )
    return plain


def _whole(plain: Any) -> Any:
    """The same JSON with whole numbers as such: a struct keeps every number as a float."""
    match plain:
        case dict():
            return {name: _whole(value) for name, value in plain.items()}
        case list():
            return [_whole(value) for value in plain]
        case float() if plain.is_integer():
            return int(plain)
        case _:
            return plain


def read_json(body: bytes) -> Any:
    """The value of a JSON body; an empty body is an empty object.

    Raises:
        InvalidArgument: ``BODY_NOT_JSON``.
    """
    if not body.strip():
        return {}
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidArgument(
            "BODY_NOT_JSON", f"the body is not JSON: {error}", field="body"
        ) from error


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def parse(value: Any, message: Message, place: str = "") -> None:
    """Fill a message from plain JSON.

    Raises:
        InvalidArgument: ``FIELD_UNKNOWN`` or ``FIELD_MALFORMED``, naming the field by its path.
    """
    descriptor = cast(Descriptor, message.DESCRIPTOR)  # upb's own class, of the same shape
    _refuse_unknown(descriptor, value, place)
    try:
        json_format.ParseDict(value, message)
    except (json_format.ParseError, TypeError, ValueError, AttributeError) as error:
        where, why = _locate(descriptor, value, place, error)
        raise InvalidArgument("FIELD_MALFORMED", why, field=where) from error


def query_fields(request: Descriptor, bound: Iterable[str]) -> dict[str, FieldDescriptor]:
    """The fields that a query string may set, by their name there."""
    fields: dict[str, FieldDescriptor] = {}
    for field in request.fields:
        if field.name == PAGE_FIELD:
            page = cast(Descriptor, field.message_type)
            fields |= {name: page.fields_by_name[name] for name in _PAGE_NAMES}
        elif field.name not in (KEY_FIELD, *bound) and _is_text(field):
            fields[field.name] = field
    return fields


def _is_text(field: FieldDescriptor) -> bool:
    """Whether a query string can hold a field: values, instants in RFC 3339, seconds as ``90s``."""
    message: Descriptor | None = field.message_type
    return message is None or message.full_name in _WRITTEN_AS_TEXT


def from_query(request: Descriptor, query: Mapping[str, list[str]], bound: Iterable[str]) -> Json:
    """The plain form of a request that is given as a query string.

    Raises:
        InvalidArgument: ``FIELD_UNKNOWN`` or ``FIELD_MALFORMED``, naming the parameter.
    """
    known = query_fields(request, bound)
    plain: Json = {}
    for name, values in query.items():
        if name not in known:
            raise _unknown(name, name, known)
        target = plain.setdefault(PAGE_FIELD, {}) if name in _PAGE_NAMES else plain
        target[name] = _from_text(known[name], name, values)
    return plain


def _from_text(field: FieldDescriptor, name: str, values: list[str]) -> Any:
    if field.is_repeated:
        return values
    if len(values) > 1:
        raise InvalidArgument("FIELD_MALFORMED", "give this parameter once", field=name)
    if field.type == FieldDescriptor.TYPE_BOOL:
        if values[0] not in ("true", "false"):
            raise InvalidArgument("FIELD_MALFORMED", "give true or false", field=name)
        return values[0] == "true"
    return values[0]


def _refuse_unknown(descriptor: Descriptor, value: Any, place: str) -> None:
    if is_plain_value(descriptor):
        return
    if not isinstance(value, dict):
        raise InvalidArgument("FIELD_MALFORMED", "give a JSON object", field=place or "body")
    for name, inner in value.items():
        where = f"{place}.{name}" if place else name
        field = descriptor.fields_by_name.get(name)
        if field is None:
            raise _unknown(name, where, descriptor.fields_by_name)
        if field.message_type is None or field.message_type.GetOptions().map_entry:
            continue
        for index, item in _each(field, inner):
            _refuse_unknown(field.message_type, item, where + index)


def _each(field: FieldDescriptor, inner: Any) -> list[tuple[str, Any]]:
    """The values of a message field with their indexes; what is no list is left to the parser."""
    if inner is None:
        return []
    if not field.is_repeated:
        return [("", inner)]
    return [(f"[{i}]", item) for i, item in enumerate(inner)] if isinstance(inner, list) else []


def _unknown(name: str, where: str, known: Iterable[str]) -> InvalidArgument:
    names = ", ".join(sorted(known)) or "none"
    return InvalidArgument(
        "FIELD_UNKNOWN", f"there is no {name!r} here; known: {names}", field=where
    )


def is_plain_value(descriptor: Descriptor) -> bool:
    """Whether a message is written as a value of its own: a timestamp, a struct."""
    return bool(descriptor.full_name.startswith("google.protobuf."))


def _locate(descriptor: Descriptor, value: Any, place: str, error: Exception) -> tuple[str, str]:
    """The deepest field whose value alone is refused, and why."""
    if is_plain_value(descriptor) or not isinstance(value, dict):
        return place, _reason(error)
    for name, inner in value.items():
        field = descriptor.fields_by_name[name]
        where = f"{place}.{name}" if place else name
        refused = _refusal(descriptor, {name: inner})
        if refused is None:
            continue
        if field.message_type is None or field.message_type.GetOptions().map_entry:
            return where, _reason(refused)
        for index, item in _each(field, inner):
            deeper = _refusal(field.message_type, item)
            if deeper is not None:
                return _locate(field.message_type, item, where + index, deeper)
        return where, _reason(refused)
    return place, _reason(error)


def _refusal(descriptor: Descriptor, value: Any) -> Exception | None:
    try:
        json_format.ParseDict(value, GetMessageClass(descriptor)())
    except (json_format.ParseError, TypeError, ValueError, AttributeError) as error:
        return error
    return None


def _reason(error: Exception) -> str:
    """The parser's last words: what stands before them only repeats the path."""
    text = str(error).rpartition(" field: ")[2]
    return text.partition(" at ")[0].rstrip(".") or "malformed"
