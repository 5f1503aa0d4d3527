"""Refusals as RFC 9457 problem details: what is wrong, where, and whether to try again."""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from kit.clock import Clock
from kit.errors import Internal, InvalidArgument, Kind, ServiceError
from kit.ids import new_id
from kit.telemetry import logger
from services.gateway.requests import request_id_of

MEDIA_TYPE: Final = "application/problem+json"

STATUS_OF_KIND: Final[dict[Kind, HTTPStatus]] = {
    Kind.INVALID_ARGUMENT: HTTPStatus.UNPROCESSABLE_ENTITY,
    Kind.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    Kind.PERMISSION_DENIED: HTTPStatus.FORBIDDEN,
    Kind.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Kind.ALREADY_EXISTS: HTTPStatus.CONFLICT,
    Kind.FAILED_PRECONDITION: HTTPStatus.CONFLICT,
    Kind.ABORTED: HTTPStatus.CONFLICT,
    Kind.RESOURCE_EXHAUSTED: HTTPStatus.TOO_MANY_REQUESTS,
    Kind.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    Kind.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
}

SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "reason", "request_id", "retryable"],
    "properties": {
        "type": {"type": "string", "example": "urn:gongdan:reason:PRICING_TIER_MISSING"},
        "title": {"type": "string", "example": "Unprocessable Entity"},
        "status": {"type": "integer", "example": 422},
        "detail": {"type": "string", "description": "What is wrong and what to do."},
        "instance": {"type": "string", "description": "The path that was asked."},
        "reason": {"type": "string", "description": "Stable; programs branch on it."},
        "field": {"type": "string", "description": "The path of the field at fault."},
        "details": {"type": "object", "additionalProperties": {"type": "string"}},
        "request_id": {"type": "string"},
        "retryable": {"type": "boolean", "description": "The same request may succeed later."},
    },
}

_log = logger("problems")


#: How a page shows a refusal to somebody who looks with a browser.
AsPage = Callable[[Request, ServiceError, HTTPStatus], Response]


def handle_problems(app: FastAPI, clock: Clock, as_page: AsPage) -> None:
    """Answer every refusal and every defect of the app: programs get problem details, people a page."""

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, ServiceError)
        if _wants_page(request):
            return as_page(request, error, STATUS_OF_KIND[error.kind])
        return to_response(request, error)

    async def malformed(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return to_response(request, _from_validation(error))

    async def no_route(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        status = HTTPStatus(error.status_code)
        reason = re.sub(r"\W", "_", status.phrase).upper()
        return _respond(request, status, reason, str(error.detail), headers=error.headers)

    async def defect(request: Request, error: Exception) -> Response:
        reference = new_id("err", clock.now())
        _log.error("request_failed", reference=reference, path=request.url.path, exc_info=error)
        return await refused(
            request, Internal("INTERNAL", f"something went wrong on our side ({reference})")
        )

    app.add_exception_handler(ServiceError, refused)
    app.add_exception_handler(RequestValidationError, malformed)
    app.add_exception_handler(HTTPException, no_route)
    app.add_exception_handler(Exception, defect)


def _wants_page(request: Request) -> bool:
    programs = ("/api/", "/callbacks/")
    accepts = "text/html" in request.headers.get("Accept", "")
    return accepts and not request.url.path.startswith(programs)


def to_response(request: Request, error: ServiceError) -> Response:
    """One refusal as a response."""
    headers = {}
    if error.kind is Kind.UNAUTHENTICATED:
        headers["WWW-Authenticate"] = "Bearer"
    if error.retryable:
        headers["Retry-After"] = "1"
    more: dict[str, Any] = {"field": error.field} if error.field else {}
    if error.details:
        more["details"] = error.details
    return _respond(
        request,
        STATUS_OF_KIND[error.kind],
        error.reason,
        error.message,
        retryable=error.retryable,
        headers=headers,
        **more,
    )


def _from_validation(error: RequestValidationError) -> InvalidArgument:
    """The first finding by its path, all of them in the details."""
    findings = {
        ".".join(str(part) for part in finding["loc"][1:]) or "body": str(finding["msg"])
        for finding in error.errors()
    }
    field, message = next(iter(findings.items()))
    return InvalidArgument("FIELD_MALFORMED", message, field=field, details=findings)


def _respond(
    request: Request,
    status: HTTPStatus,
    reason: str,
    detail: str,
    *,
    retryable: bool = False,
    headers: Any = None,
    **more: Any,
) -> Response:
    problem = {
        "type": f"urn:gongdan:reason:{reason}",
        "title": status.phrase,
        "status": int(status),
        "detail": detail,
        "instance": request.url.path,
        "reason": reason,
        **more,
        "request_id": request_id_of(request),
        "retryable": retryable,
    }
    return JSONResponse(problem, status, headers, MEDIA_TYPE)
