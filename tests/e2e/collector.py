"""A small OpenTelemetry collector: takes what the processes export, so that a test can read traces."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc


@dataclass(frozen=True)
class Span:
    process: str
    name: str
    trace_id: str


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """Serves OTLP over gRPC on a free port and keeps every span it is given."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self._server = grpc.server(ThreadPoolExecutor(max_workers=2))
        trace_service_pb2_grpc.add_TraceServiceServicer_to_server(  # type: ignore[no-untyped-call]
            self, self._server
        )  # upstream has no types
        self.endpoint = f"http://127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def Export(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC method name
        for of_process in request.resource_spans:
            attributes = {
                pair.key: pair.value.string_value for pair in of_process.resource.attributes
            }
            self.spans += [
                Span(attributes.get("service.name", ""), span.name, span.trace_id.hex())
                for scope in of_process.scope_spans
                for span in scope.spans
            ]
        return trace_service_pb2.ExportTraceServiceResponse()

    def trace(self, trace_id: str) -> list[Span]:
        """Every span of one trace that has arrived."""
        return [span for span in self.spans if span.trace_id == trace_id]

    def stop(self) -> None:
        self._server.stop(1).wait()
