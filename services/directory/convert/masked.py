"""What messages show of people: fields ``…_masked``, each beside the ``…_ref`` that it was made from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

_MASKED: Final = "_masked"
_REFERENCE: Final = "_ref"


class Masked(NamedTuple):
    """One such field of a message, and the reference to what it shows."""

    message: Message
    field: str

    @property
    def reference(self) -> str:
        """Where it is kept sealed."""
        reference: str = getattr(self.message, f"{self.field.removesuffix(_MASKED)}{_REFERENCE}")
        return reference


def masked_fields(message: Message) -> Iterator[Masked]:
    """All of them, of the messages in it too."""
    for field in message.DESCRIPTOR.fields:
        if field.name.endswith(_MASKED):
            yield Masked(message, field.name)
    for field, value in message.ListFields():
        if _holds_messages(field):
            inner: Any = value if field.is_repeated else (value,)
            for each in inner:
                yield from masked_fields(each)


def _holds_messages(field: FieldDescriptor) -> bool:
    held = field.message_type
    return held is not None and not held.GetOptions().map_entry
