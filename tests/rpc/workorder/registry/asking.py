"""Calls of the registry's services through the desk of work orders."""

import itertools
from typing import Any

import pytest

from kit.authn import SYSTEM, Actor
from kit.errors import ServiceError
from kit.rpc.methods import find_method, request_class
from tests.rpc.workorder.conftest import Desk

_numbers = itertools.count()

HQ = Actor("pe_hq", frozenset({"hq"}))
MANAGER = Actor("pe_manager", frozenset({"outlet_manager"}), outlet_id="ol_chaoyang")


async def ask(desk: Desk, rpc: str, by: Actor = SYSTEM, **fields: Any) -> Any:
    """``rpc`` is the service's name without its ending and the call: ``Registry/PutTeam``."""
    service, _, call = rpc.partition("/")
    name = f"workorder.v1.{service}Service/{call}"
    message = request_class(find_method(name))
    if "idempotency_key" in message.DESCRIPTOR.fields_by_name:
        fields.setdefault("idempotency_key", f"registry-{next(_numbers)}")
    if by not in desk.callers:
        desk.callers[by] = desk.served.as_(by)
    return await desk.callers[by].call(name, message(**fields))


async def refused(desk: Desk, rpc: str, by: Actor = SYSTEM, **fields: Any) -> ServiceError:
    with pytest.raises(ServiceError) as refusal:
        await ask(desk, rpc, by, **fields)
    return refusal.value
