"""Traces and structured logs; each main calls ``setup`` once.

Logs are JSON lines on stderr with the trace they belong to. Tokens, secrets and personal data are
never logged: request bodies are not, and keys that sound like secrets are struck out.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Final

import structlog
from opentelemetry import trace
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import DEFAULT_OFF, DEFAULT_ON

from kit.config import Settings

_SECRET_KEY: Final = re.compile(
    r"token|secret|password|authorization|phone|aes_key|corpsecret", re.I
)


def setup(settings: Settings, service_name: str) -> None:
    """Set up logs and traces for this process; spans are exported when an endpoint is set.

    Call it before the process connects to its database.
    """
    _setup_logs(settings.log_level, service_name)
    # Nobody reads spans that are not exported; logs name their trace in any case.
    sampler = DEFAULT_ON if settings.otel_endpoint else DEFAULT_OFF
    resource = Resource.create({SERVICE_NAME: f"gongdan-{service_name}"})
    provider = TracerProvider(sampler, resource)
    trace.set_tracer_provider(provider)
    if settings.otel_endpoint:
        # Imported only when used: together they take half a second to load.
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )
        from opentelemetry.instrumentation.sqlalchemy import (  # noqa: PLC0415
            SQLAlchemyInstrumentor,
        )
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        SQLAlchemyInstrumentor().instrument()  # wraps create_async_engine from here on


def _setup_logs(level: str, service_name: str) -> None:
    def name_service(
        _logger: Any, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        event["service"] = service_name
        return event

    chain: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        name_service,
        _add_trace,
        strike_out_secrets,
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*chain, structlog.processors.JSONRenderer(ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
            foreign_pre_chain=chain,
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(logging.getLevelName(level), logging.INFO))
    # httpx logs whole URLs, and WeCom's carry tokens.
    logging.getLogger("httpx").setLevel(logging.WARNING)


def _add_trace(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = f"{context.trace_id:032x}"
    return event


def strike_out_secrets(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Replace the values of keys that sound like secrets or personal data."""
    for key in event:
        if _SECRET_KEY.search(key):
            event[key] = "***"
    return event


def logger(name: str) -> structlog.typing.FilteringBoundLogger:
    """A structured logger that names its part of the code.

    Modules make theirs when they are imported, before ``setup``: it must not be bound yet, or it
    would keep the set-up of that moment, which strikes out no secrets.
    """
    lazy: structlog.typing.FilteringBoundLogger = structlog.get_logger(part=name)
    return lazy
