"""RPCs by name, read from the descriptors: ``pricing.v1.PricingService/Quote``."""

from __future__ import annotations

from functools import cache

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message

from kit.errors import NotFound


@cache
def find_method(name: str) -> MethodDescriptor:
    """The descriptor of an RPC, by its name with or without a leading slash.

    Its ``_pb2`` module must have been imported.

    Raises:
        NotFound: ``RPC_UNKNOWN``.
    """
    service_name, _, method_name = name.removeprefix("/").partition("/")
    try:
        service = descriptor_pool.Default().FindServiceByName(service_name)
        method: MethodDescriptor = service.methods_by_name[method_name]
    except KeyError as error:
        raise NotFound("RPC_UNKNOWN", f"there is no RPC {name!r}", field="rpc") from error
    return method


def request_class(method: MethodDescriptor) -> type[Message]:
    """The Python class of an RPC's request."""
    return message_factory.GetMessageClass(method.input_type)


def response_class(method: MethodDescriptor) -> type[Message]:
    """The Python class of an RPC's response."""
    return message_factory.GetMessageClass(method.output_type)
