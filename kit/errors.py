"""The one typed error that crosses every boundary.

    ServiceError                      kind        gRPC status           HTTP
    ├─ InvalidArgument                a field is wrong, nothing changed INVALID_ARGUMENT     422
    ├─ Unauthenticated                no valid actor token              UNAUTHENTICATED      401
    ├─ PermissionDenied               the actor may not                 PERMISSION_DENIED    403
    ├─ NotFound                       no such thing                     NOT_FOUND            404
    ├─ AlreadyExists                  the name or number is taken       ALREADY_EXISTS       409
    ├─ FailedPrecondition             the state forbids it              FAILED_PRECONDITION  409
    ├─ Aborted                        a concurrent duplicate: try again ABORTED              409
    ├─ ResourceExhausted              over a limit                      RESOURCE_EXHAUSTED   429
    ├─ Unavailable                    a dependency is down: try again   UNAVAILABLE          503
    └─ Internal                       our own defect                    INTERNAL             500

Domain code raises these; it knows neither gRPC nor HTTP. ``kit.rpc`` carries kind, reason, field
and details in a trailer and restores the same class on the client; the gateway turns it into RFC
9457 problem details. ``reason`` is stable and is what flows branch on; only reasons that somebody
handles get a name of their own, all of them documented in ``docs/errors.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar, Final


class Kind(StrEnum):
    """How a caller should take an error; each maps to one gRPC status and one HTTP status."""

    INVALID_ARGUMENT = "INVALID_ARGUMENT"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    PERMISSION_DENIED = "PERMISSION_DENIED"
    NOT_FOUND = "NOT_FOUND"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    FAILED_PRECONDITION = "FAILED_PRECONDITION"
    ABORTED = "ABORTED"
    RESOURCE_EXHAUSTED = "RESOURCE_EXHAUSTED"
    UNAVAILABLE = "UNAVAILABLE"
    INTERNAL = "INTERNAL"


RETRYABLE: Final = frozenset({Kind.ABORTED, Kind.UNAVAILABLE, Kind.RESOURCE_EXHAUSTED})


class ServiceError(Exception):
    """A refusal with a place and a reason. Raise one of its subclasses.

    Args:
        reason: stable, documented, ``AREA_WHAT`` in capitals; flows and clients branch on it.
        message: what is wrong and what to do, in English, for people.
        field: the request field at fault, as a path (``lines[2].quantity``), or empty.
        details: further facts as strings, for programs (``{"minimum": "1"}``).
    """

    kind: ClassVar[Kind] = Kind.INTERNAL

    def __init__(
        self,
        reason: str,
        message: str,
        *,
        field: str = "",
        details: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.field = field
        self.details: dict[str, str] = dict(details or {})

    def __str__(self) -> str:
        where = f" (field {self.field})" if self.field else ""
        return f"{self.reason}: {self.message}{where}"

    @property
    def retryable(self) -> bool:
        """True when the same call may succeed later without being changed."""
        return self.kind in RETRYABLE


class InvalidArgument(ServiceError):
    """A field of the request is wrong; nothing was changed."""

    kind = Kind.INVALID_ARGUMENT


class Unauthenticated(ServiceError):
    """The call carries no valid actor token."""

    kind = Kind.UNAUTHENTICATED


class PermissionDenied(ServiceError):
    """The actor is known and may not do this."""

    kind = Kind.PERMISSION_DENIED


class NotFound(ServiceError):
    """There is no such thing, or the actor may not know of it."""

    kind = Kind.NOT_FOUND


class AlreadyExists(ServiceError):
    """The name, number or key is taken by something else."""

    kind = Kind.ALREADY_EXISTS


class FailedPrecondition(ServiceError):
    """The present state forbids it; the message names the state."""

    kind = Kind.FAILED_PRECONDITION


class Aborted(ServiceError):
    """The same call is being served right now; try again shortly."""

    kind = Kind.ABORTED


class ResourceExhausted(ServiceError):
    """A limit is reached; try again later."""

    kind = Kind.RESOURCE_EXHAUSTED


class Unavailable(ServiceError):
    """Something this call needs is down; try again later."""

    kind = Kind.UNAVAILABLE


class Internal(ServiceError):
    """A defect of ours; the reference in the message finds it in the logs."""

    kind = Kind.INTERNAL


_BY_KIND: Final[dict[Kind, type[ServiceError]]] = {
    cls.kind: cls
    for cls in (
        InvalidArgument,
        Unauthenticated,
        PermissionDenied,
        NotFound,
        AlreadyExists,
        FailedPrecondition,
        Aborted,
        ResourceExhausted,
        Unavailable,
        Internal,
    )
}


def error_of_kind(
    kind: Kind,
    reason: str,
    message: str,
    *,
    field: str = "",
    details: Mapping[str, str] | None = None,
) -> ServiceError:
    """Restore the error that was carried over a boundary as its parts."""
    return _BY_KIND[kind](reason, message, field=field, details=details)
