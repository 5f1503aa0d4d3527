"""The one activity: a case's node, its record and its messages are all one RPC each.

Dynamic, so that its Temporal type is the RPC's own name (``pricing.v1.PricingService/Quote``) and a
new annotated RPC needs no code here. The same one runs as an ordinary and as a local activity.
"""

from __future__ import annotations

import collections.abc
from typing import Any, Final

from temporalio import activity
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

from kit.errors import ServiceError
from kit.rpc.client import DEFAULT_DEADLINE_SECONDS, RpcCaller
from kit.rpc.methods import find_method, response_class
from protos.keys.v1 import keys_pb2, keys_pb2_grpc
from workflows.activities.messages import message_to_json, request_from_json
from workflows.activities.retrying import tell_of_retry
from workflows.catalog import load_catalog
from workflows.runtime.commands import CALL_ID, CLOSE

#: The share of an attempt's time-out that the call itself may take, so that the service's answer
#: comes before Temporal gives the attempt up.
_DEADLINE_SHARE: Final = 0.8


class RpcActivity:
    """Calls any service in the product's own name."""

    def __init__(self, caller: RpcCaller) -> None:
        self._caller = caller
        load_catalog()  # imports every contract, which makes its RPCs known by name

    # Temporal looks for this very annotation; typing.Sequence is refused.
    @activity.defn(dynamic=True)
    async def call(self, args: collections.abc.Sequence[RawValue]) -> dict[str, Any]:
        """Make the call that the activity's type names.

        Args:
            args: the request, in it the call's id where somebody wants to hear of retries.

        Raises:
            ApplicationError: typed by the refusal's reason; Temporal retries it when the same call
                may succeed later.
        """
        info = activity.info()
        plain = activity.payload_converter().from_payload(args[0].payload, dict[str, Any])
        call_id = plain.pop(CALL_ID, "")
        try:
            request = request_from_json(info.activity_type, plain)
            response = await self._caller.call(
                info.activity_type, request, deadline_seconds=_deadline_seconds(info)
            )
        except ServiceError as error:
            await tell_of_retry(info.activity_type, call_id, error)
            raise _refusal(error) from error
        return message_to_json(response)

    @activity.defn(name=CLOSE)
    async def close(self, rpc: str, key: str, call_id: str = "") -> dict[str, Any]:
        """Ask what became of a call; from then on it is not applied any more.

        Returns:
            The ``response``, if it was applied before; else nothing.

        Raises:
            ApplicationError: as for ``call``.
        """
        area = rpc.partition(".")[0]
        stub: Any = keys_pb2_grpc.KeyServiceStub(self._caller.channel(area))
        try:
            closed = await stub.CloseKey(keys_pb2.CloseKeyRequest(key=key))
        except ServiceError as error:
            await tell_of_retry(rpc, call_id, error)
            raise _refusal(error) from error
        if not closed.applied:
            return {}
        response = response_class(find_method(rpc)).FromString(closed.response)
        return {"response": message_to_json(response)}


def _deadline_seconds(info: activity.Info) -> float:
    if info.start_to_close_timeout is None:
        return DEFAULT_DEADLINE_SECONDS
    return min(
        DEFAULT_DEADLINE_SECONDS, info.start_to_close_timeout.total_seconds() * _DEADLINE_SHARE
    )


def _refusal(error: ServiceError) -> ApplicationError:
    return ApplicationError(
        error.message,
        {"kind": error.kind.value, "field": error.field, "details": error.details},
        type=error.reason,
        non_retryable=not error.retryable,
    )
