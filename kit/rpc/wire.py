"""How a ``ServiceError`` crosses gRPC: a status for everybody, a trailer for our own clients."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import grpc
from google.protobuf.message import DecodeError

from kit.errors import Internal, Kind, ServiceError, Unavailable, error_of_kind
from protos.common.v1 import error_pb2

TRAILER_KEY: Final = "gongdan-error-bin"

STATUS_OF_KIND: Final[dict[Kind, grpc.StatusCode]] = {
    kind: grpc.StatusCode[kind.value] for kind in Kind
}

_TRANSIENT: Final = {
    grpc.StatusCode.UNAVAILABLE: "SERVICE_UNAVAILABLE",
    grpc.StatusCode.DEADLINE_EXCEEDED: "DEADLINE_EXCEEDED",
    grpc.StatusCode.RESOURCE_EXHAUSTED: "SERVICE_OVERLOADED",
}


def to_trailer(error: ServiceError) -> tuple[str, bytes]:
    """The trailing metadata entry that carries an error."""
    detail = error_pb2.ErrorDetail(
        kind=error.kind.value,
        reason=error.reason,
        message=error.message,
        field=error.field,
        details=error.details,
    )
    return TRAILER_KEY, detail.SerializeToString()


def from_rpc_error(error: grpc.aio.AioRpcError, method: str) -> ServiceError:
    """Restore the error a call failed with; what has no trailer of ours becomes ``Unavailable``
    (the service did not answer) or ``Internal`` (it answered what it should not)."""
    for key, value in _metadata(error):
        if key == TRAILER_KEY and isinstance(value, bytes):
            try:
                detail = error_pb2.ErrorDetail.FromString(value)
                return error_of_kind(
                    Kind(detail.kind),
                    detail.reason,
                    detail.message,
                    field=detail.field,
                    details=dict(detail.details),
                )
            except (DecodeError, ValueError):
                break
    if error.code() in _TRANSIENT:
        return Unavailable(
            _TRANSIENT[error.code()], f"{method} did not answer: {error.details() or error.code()}"
        )
    return Internal("RPC_FAILED", f"{method} failed: {error.code().name} {error.details() or ''}")


def _metadata(error: grpc.aio.AioRpcError) -> Iterable[tuple[str, str | bytes]]:
    return [(key, value) for key, value in error.trailing_metadata() or ()]
