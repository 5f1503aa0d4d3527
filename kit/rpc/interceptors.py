"""What happens around every RPC, so that a servicer's method is only its business.

From the outside in: errors become a status and a trailer; the actor's token is checked; one
transaction is opened, and a mutating call is applied once. Health and reflection are left alone.
"""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

import grpc
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions
from google.protobuf.message import Message
from grpc.aio import ServerInterceptor, ServicerContext

from kit.authn import TOKEN_METADATA_KEY, TokenVerifier, current_actor, set_current_actor
from kit.clock import Clock
from kit.db import idempotency
from kit.db.session import Database
from kit.errors import Internal, InvalidArgument, ServiceError, Unauthenticated
from kit.ids import new_id
from kit.rpc.methods import find_method, response_class
from kit.rpc.wire import STATUS_OF_KIND, to_trailer
from kit.telemetry import logger

if TYPE_CHECKING:  # grpc's classes are generic in their stubs only
    MethodHandler = grpc.RpcMethodHandler[Any, Any]

Handler = Callable[[Any, Any], Awaitable[Any]]

_NOT_OURS: Final = ("/grpc.health.", "/grpc.reflection.")
_log = logger("rpc")


class _UnaryInterceptor(ServerInterceptor):
    """Wraps the unary handlers of our own services."""

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[MethodHandler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> MethodHandler | None:
        """Replace a unary handler by the wrapped one."""
        handler = await continuation(handler_call_details)
        method: str = handler_call_details.method
        if handler is None or handler.unary_unary is None or method.startswith(_NOT_OURS):
            return handler
        wrapped = self.wrap(method, handler.unary_unary)
        return grpc.unary_unary_rpc_method_handler(
            wrapped,
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )

    @abstractmethod
    def wrap(self, method: str, handler: Handler) -> Handler:
        """The handler that does this interceptor's part around another."""


class ErrorInterceptor(_UnaryInterceptor):
    """A ``ServiceError`` becomes its status and trailer; anything else a logged ``Internal``."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def wrap(self, method: str, handler: Handler) -> Handler:
        """Answer errors as the wire wants them."""

        async def call(request: Message, context: ServicerContext[Any, Any]) -> Message:
            try:
                response: Message = await handler(request, context)
                return response
            except ServiceError as error:
                await self._abort(context, error)
            except Exception:  # noqa: BLE001 - the last line of defence; logged with a reference
                reference = new_id("err", self._clock.now())
                _log.exception("rpc_failed", method=method, reference=reference)
                await self._abort(
                    context,
                    Internal("INTERNAL", f"something went wrong on our side ({reference})"),
                )
            raise AssertionError("abort raises")

        return call

    async def _abort(self, context: ServicerContext[Any, Any], error: ServiceError) -> None:
        await context.abort(
            STATUS_OF_KIND[error.kind], str(error), trailing_metadata=(to_trailer(error),)
        )


class ActorInterceptor(_UnaryInterceptor):
    """Checks the signed token and makes its person the current actor."""

    def __init__(self, verifier: TokenVerifier) -> None:
        self._verifier = verifier

    def wrap(self, method: str, handler: Handler) -> Handler:
        """Refuse calls without a valid token (``TOKEN_MISSING``, ``TOKEN_INVALID``)."""

        async def call(request: Message, context: ServicerContext[Any, Any]) -> Message:
            metadata = dict(context.invocation_metadata() or ())
            scheme, _, token = str(metadata.get(TOKEN_METADATA_KEY, "")).partition(" ")
            if scheme.lower() != "bearer" or not token:
                raise Unauthenticated("TOKEN_MISSING", "the call carries no actor token")
            set_current_actor(self._verifier.verify(token))
            response: Message = await handler(request, context)
            return response

        return call


class TransactionInterceptor(_UnaryInterceptor):
    """One RPC, one transaction; a mutating one is applied once.

    A call mutates when its request has an ``idempotency_key``; one whose contract says
    ``NO_SIDE_EFFECTS`` runs read-only. An answer is stored with its effect, and given again to the
    same request with the same key.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def wrap(self, method: str, handler: Handler) -> Handler:
        """Open the transaction the contract asks for, around the handler."""
        descriptor = find_method(method.removeprefix("/"))
        if "idempotency_key" in descriptor.input_type.fields_by_name:
            return self._keyed(method, descriptor, handler)
        read_only = descriptor.GetOptions().idempotency_level == MethodOptions.NO_SIDE_EFFECTS

        async def call(request: Message, context: ServicerContext[Any, Any]) -> Message:
            async with self._database.transaction(read_only=read_only):
                response: Message = await handler(request, context)
                return response

        return call

    def _keyed(self, method: str, descriptor: MethodDescriptor, handler: Handler) -> Handler:
        response_type = response_class(descriptor)

        async def call(request: Message, context: ServicerContext[Any, Any]) -> Message:
            keyed = _keyed_call(method, request)
            async with self._database.transaction() as session:
                stored = await idempotency.claim(session, keyed)
                if stored is not None:
                    return response_type.FromString(stored)
                response: Message = await handler(request, context)
                await idempotency.store(session, keyed, response.SerializeToString())
                return response

        return call


def _keyed_call(method: str, request: Any) -> idempotency.KeyedCall:
    key: str = request.idempotency_key
    if not key or len(key) > 255:
        raise InvalidArgument(
            "IDEMPOTENCY_KEY_MISSING" if not key else "IDEMPOTENCY_KEY_TOO_LONG",
            "a mutating call needs an idempotency key of 1 to 255 characters of the caller's choice",
            field="idempotency_key",
        )
    digest = hashlib.sha256()
    for part in (
        method.encode(),
        current_actor().person_id.encode(),
        request.SerializeToString(deterministic=True),
    ):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return idempotency.KeyedCall(key, method, digest.digest())
