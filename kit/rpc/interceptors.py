"""What happens around every RPC, so that a servicer's method is only its business.

From the outside in: errors become a status and a trailer; the actor's token is checked; one
transaction is opened, and a mutating call is applied once. An answer may be a stream when the call
has no side effects; requests are single. Health and reflection are left alone.
"""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar

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
from kit.rpc.answers import personal_answers_of
from kit.rpc.methods import find_method, response_class
from kit.rpc.wire import STATUS_OF_KIND, to_trailer
from kit.telemetry import logger

if TYPE_CHECKING:  # grpc's classes are generic in their stubs only
    MethodHandler = grpc.RpcMethodHandler[Any, Any]

Handler = Callable[[Any, Any], Awaitable[Any]]
_Method = TypeVar("_Method", bound=Callable[..., Awaitable[Any]])
StreamHandler = Callable[[Any, Any], AsyncIterator[Any]]

_NOT_OURS: Final = ("/grpc.health.", "/grpc.reflection.")
_COMMITS_ITSELF: Final = "commits_itself"
_log = logger("rpc")


class _Interceptor(ServerInterceptor):
    """Wraps the handlers of our own services, each once."""

    def __init__(self) -> None:
        #: By method: what is wrapped, and what it is wrapped in.
        self._wrapped: dict[str, tuple[MethodHandler, MethodHandler]] = {}

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[MethodHandler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> MethodHandler | None:
        """Replace a handler by the wrapped one."""
        handler = await continuation(handler_call_details)
        method: str = handler_call_details.method
        if handler is None or method.startswith(_NOT_OURS):
            return handler
        known = self._wrapped.get(method)
        if known is None or known[0] is not handler:
            known = self._wrapped[method] = handler, self._wrap(method, handler)
        return known[1]

    def _wrap(self, method: str, handler: MethodHandler) -> MethodHandler:
        serializers = {
            "request_deserializer": handler.request_deserializer,
            "response_serializer": handler.response_serializer,
        }
        if handler.unary_unary is not None:
            wrapped = self.wrap(method, handler.unary_unary)
            return grpc.unary_unary_rpc_method_handler(wrapped, **serializers)
        if handler.unary_stream is not None:
            answers: Any = handler.unary_stream  # an asynchronous iterator, typed as a plain one
            streaming: Any = self.wrap_stream(method, answers)
            return grpc.unary_stream_rpc_method_handler(streaming, **serializers)
        raise TypeError(f"{method} takes a stream of requests; nothing here checks such calls")

    def wrap(self, method: str, handler: Handler) -> Handler:
        """The handler that does this interceptor's part around another."""

        async def call(request: Message, context: ServicerContext[Any, Any]) -> Message:
            async with self.around(method, context):
                response: Message = await handler(request, context)
                return response

        return call

    def wrap_stream(self, method: str, handler: StreamHandler) -> StreamHandler:
        """The same for a handler that answers by a stream."""

        async def call(
            request: Message, context: ServicerContext[Any, Any]
        ) -> AsyncIterator[Message]:
            async with self.around(method, context):
                async for response in handler(request, context):
                    yield response

        return call

    @abstractmethod
    def around(
        self, method: str, context: ServicerContext[Any, Any]
    ) -> AbstractAsyncContextManager[None]:
        """This interceptor's part."""


class ErrorInterceptor(_Interceptor):
    """A ``ServiceError`` becomes its status and trailer; anything else a logged ``Internal``."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    @asynccontextmanager
    async def around(self, method: str, context: ServicerContext[Any, Any]) -> AsyncIterator[None]:
        """Answer errors as the wire wants them."""
        try:
            yield
        except ServiceError as error:
            await self._abort(context, error)
        except Exception:  # noqa: BLE001 - the last line of defence; logged with a reference
            reference = new_id("err", self._clock.now())
            _log.exception("rpc_failed", method=method, reference=reference)
            await self._abort(
                context, Internal("INTERNAL", f"something went wrong on our side ({reference})")
            )

    async def _abort(self, context: ServicerContext[Any, Any], error: ServiceError) -> None:
        await context.abort(
            STATUS_OF_KIND[error.kind], str(error), trailing_metadata=(to_trailer(error),)
        )


class ActorInterceptor(_Interceptor):
    """Checks the signed token and makes its person the current actor; refuses calls without a valid
    one (``TOKEN_MISSING``, ``TOKEN_INVALID``)."""

    def __init__(self, verifier: TokenVerifier) -> None:
        super().__init__()
        self._verifier = verifier

    @asynccontextmanager
    async def around(self, method: str, context: ServicerContext[Any, Any]) -> AsyncIterator[None]:
        """Set the actor."""
        metadata = dict(context.invocation_metadata() or ())
        scheme, _, token = str(metadata.get(TOKEN_METADATA_KEY, "")).partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("TOKEN_MISSING", "the call carries no actor token")
        set_current_actor(self._verifier.verify(token))
        yield


class TransactionInterceptor(_Interceptor):
    """One RPC, one transaction; a mutating one is applied once.

    A call mutates when its request has an ``idempotency_key``; one whose contract says
    ``NO_SIDE_EFFECTS`` runs read-only. An answer is stored with its effect, and given again to the
    same request with the same key.
    """

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database

    def wrap(self, method: str, handler: Handler) -> Handler:
        """Open the transaction the contract asks for, around the handler."""
        descriptor = find_method(method.removeprefix("/"))
        keyed = "idempotency_key" in descriptor.input_type.fields_by_name
        if keyed and not getattr(handler, _COMMITS_ITSELF, False):
            return self._keyed(method, descriptor, handler)
        return super().wrap(method, handler)

    def wrap_stream(self, method: str, handler: StreamHandler) -> StreamHandler:
        """Open a read-only transaction around the whole stream.

        Raises:
            TypeError: the contract does not say that the call has no side effects.
        """
        if not _is_read_only(method):
            raise TypeError(f"{method} answers by a stream and may have side effects")
        return super().wrap_stream(method, handler)

    @asynccontextmanager
    async def around(self, method: str, context: ServicerContext[Any, Any]) -> AsyncIterator[None]:
        """Open the transaction the contract asks for."""
        if _is_read_only(method):
            async with self._database.reading():
                yield
        else:
            async with self._database.transaction():
                yield

    def _keyed(self, method: str, descriptor: MethodDescriptor, handler: Handler) -> Handler:
        response_type = response_class(descriptor)
        personal = personal_answers_of(handler)

        async def call(request: Message, context: ServicerContext[Any, Any]) -> Message:
            keyed = keyed_call(method, request)
            async with self._database.transaction() as session:
                stored = await idempotency.claim(session, keyed)
                if stored is not None:
                    again = response_type.FromString(stored)
                    if personal:
                        await personal.show_personal(again)
                    return again
                response: Message = await handler(request, context)
                kept = personal.without_personal(response) if personal else response
                await idempotency.store(session, keyed, kept.SerializeToString())
                return response

        return call


@cache
def _is_read_only(method: str) -> bool:
    options = find_method(method.removeprefix("/")).GetOptions()
    return options.idempotency_level == MethodOptions.NO_SIDE_EFFECTS


def commits_itself(handler: _Method) -> _Method:
    """Declare that a method shares its commit with other calls: it leaves the transaction around it
    alone, asks for the ``current_database`` and stores its key (``keyed_call``) with its effect."""
    setattr(handler, _COMMITS_ITSELF, True)
    return handler


def keyed_call(method: str, request: Any) -> idempotency.KeyedCall:
    """A mutating call as its idempotency key knows it.

    Raises:
        InvalidArgument: ``IDEMPOTENCY_KEY_MISSING``, ``IDEMPOTENCY_KEY_TOO_LONG``.
    """
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
