"""Channels to other processes: the actor's token on each call, a deadline, typed errors back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextvars import ContextVar
from typing import Any, Final

import grpc
from google.protobuf.message import Message
from grpc.aio import (
    ClientCallDetails,
    Metadata,
    UnaryStreamClientInterceptor,
    UnaryUnaryClientInterceptor,
)
from opentelemetry.instrumentation.grpc import aio_client_interceptors

from kit.authn import TOKEN_METADATA_KEY, Actor, TokenMinter
from kit.rpc.methods import find_method, request_class, response_class
from kit.rpc.wire import from_rpc_error

#: Seconds a call may take when it names no deadline; longer than a statement may.
DEFAULT_DEADLINE_SECONDS: Final = 8.0

_OPTIONS: Final = (
    ("grpc.max_receive_message_length", 8 * 1024 * 1024),
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 2_000),
)

#: For whom this task calls; set per request by the edge, per activity by the worker.
_acting_for: ContextVar[Actor | None] = ContextVar("acting_for", default=None)


def act_for(actor: Actor) -> None:
    """Make the calls of the current task in this actor's name."""
    _acting_for.set(actor)


class _Tokens:
    """Signs whom calls are made for."""

    def __init__(self, minter: TokenMinter | None, default_actor: Actor | None) -> None:
        self._minter = minter
        self._default_actor = default_actor

    def on(self, details: ClientCallDetails, deadline_seconds: float | None) -> ClientCallDetails:
        """A call with its token, and with a deadline when it names none."""
        metadata = Metadata(*(details.metadata or ()))
        actor = _acting_for.get() or self._default_actor
        if self._minter is not None and actor is not None:
            metadata.add(TOKEN_METADATA_KEY, f"Bearer {self._minter.mint(actor)}")
        return ClientCallDetails(
            details.method,
            details.timeout if details.timeout is not None else deadline_seconds,
            metadata,
            details.credentials,
            details.wait_for_ready,
        )


class _TokenAndErrors(UnaryUnaryClientInterceptor):
    def __init__(self, tokens: _Tokens) -> None:
        self._tokens = tokens

    async def intercept_unary_unary(
        self,
        continuation: Callable[[ClientCallDetails, Any], Awaitable[Any]],
        client_call_details: ClientCallDetails,
        request: Any,
    ) -> Any:
        signed = self._tokens.on(client_call_details, DEFAULT_DEADLINE_SECONDS)
        call = await continuation(signed, request)
        try:
            return await call
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, _name(client_call_details)) from error


class _TokenAndErrorsOfStreams(UnaryStreamClientInterceptor):
    """The same for answers that come as a stream; those end when they end, unless a deadline is
    named."""

    def __init__(self, tokens: _Tokens) -> None:
        self._tokens = tokens

    async def intercept_unary_stream(
        self,
        continuation: Callable[[ClientCallDetails, Any], Awaitable[Any]],
        client_call_details: ClientCallDetails,
        request: Any,
    ) -> AsyncIterator[Any]:
        call = await continuation(self._tokens.on(client_call_details, None), request)
        return self._answers(call, _name(client_call_details))

    async def _answers(self, call: Any, name: str) -> AsyncIterator[Any]:
        try:
            async for answer in call:
                yield answer
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, name) from error


def _name(details: ClientCallDetails) -> str:
    method: str | bytes = details.method  # typed str, bytes in practice
    return (method.decode() if isinstance(method, bytes) else method).removeprefix("/")


def open_channel(
    address: str, minter: TokenMinter | None = None, default_actor: Actor | None = None
) -> grpc.aio.Channel:
    """A channel whose calls carry the current actor's token and raise ``ServiceError``.

    Args:
        address: "host:port".
        minter: signs the tokens; without one, calls carry none.
        default_actor: for whom calls are made where ``act_for`` named nobody.
    """
    tokens = _Tokens(minter, default_actor)
    interceptors = [_TokenAndErrors(tokens), _TokenAndErrorsOfStreams(tokens), *_tracing()]
    return grpc.aio.insecure_channel(address, options=list(_OPTIONS), interceptors=interceptors)


def _tracing() -> list[UnaryUnaryClientInterceptor]:
    interceptors: list[UnaryUnaryClientInterceptor] = aio_client_interceptors()  # type: ignore[no-untyped-call]  # upstream has no types
    return interceptors


class RpcCaller:
    """Calls any RPC by its name, over one channel an area."""

    def __init__(self, channels: dict[str, grpc.aio.Channel]) -> None:
        self._channels = channels

    @classmethod
    def connect(
        cls,
        addresses: dict[str, str],
        minter: TokenMinter | None,
        default_actor: Actor | None = None,
    ) -> RpcCaller:
        """Open (lazily connecting) channels to every area's address; equal addresses share one."""
        by_address = {
            address: open_channel(address, minter, default_actor)
            for address in dict.fromkeys(addresses.values())
        }
        return cls({area: by_address[address] for area, address in addresses.items()})

    def channel(self, area: str) -> grpc.aio.Channel:
        """The channel of a proto area, such as "pricing", for a generated stub."""
        return self._channels[area]

    async def call(
        self, name: str, request: Message, *, deadline_seconds: float | None = None
    ) -> Message:
        """Make one call, such as ``pricing.v1.PricingService/Quote``.

        Raises:
            ServiceError: as the service raised it; ``Unavailable`` when it did not answer.
        """
        method = find_method(name)
        area = method.containing_service.full_name.partition(".")[0]
        multi_callable = self._channels[area].unary_unary(
            f"/{name}",
            request_serializer=request_class(method).SerializeToString,
            response_deserializer=response_class(method).FromString,
        )
        return await multi_callable(request, timeout=deadline_seconds)

    async def close(self) -> None:
        """Close every channel."""
        for channel in set(self._channels.values()):
            await channel.close()
