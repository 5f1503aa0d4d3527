"""``KeyService``: what became of a mutating call, and that it cannot be applied any more."""

from __future__ import annotations

from typing import Any

from grpc.aio import ServicerContext

from kit.authn import current_actor
from kit.db import idempotency
from kit.db.session import current_session
from kit.errors import PermissionDenied
from protos.keys.v1 import keys_pb2, keys_pb2_grpc


class KeyServicer(keys_pb2_grpc.KeyServiceServicer):
    """Closes idempotency keys of the schema it runs in."""

    async def CloseKey(  # noqa: N802 - gRPC method name
        self, request: keys_pb2.CloseKeyRequest, context: ServicerContext[Any, Any]
    ) -> keys_pb2.CloseKeyResponse:
        """Only the product itself closes keys: those of its own calls."""
        if not current_actor().is_system:
            raise PermissionDenied(
                "IDEMPOTENCY_KEY_FORBIDDEN", "only the product itself closes its keys"
            )
        answer = await idempotency.close(current_session(), request.key)
        if answer is None:
            return keys_pb2.CloseKeyResponse(applied=False)
        return keys_pb2.CloseKeyResponse(applied=True, response=answer)
