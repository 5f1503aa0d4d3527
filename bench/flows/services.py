"""The services that both sides call: they answer at once, so that what is left is the workflow."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import grpc

from kit.rpc.server import until_told_to_stop
from protos.cases.v1 import cases_pb2
from protos.directory.v1 import directory_pb2


async def _people(request: Any, context: Any) -> directory_pb2.ResolveAssigneesResponse:
    return directory_pb2.ResolveAssigneesResponse(person_ids=["pe_bench"])


async def _record(request: Any, context: Any) -> cases_pb2.RecordCaseResponse:
    return cases_pb2.RecordCaseResponse(recorded=True)


async def serve(port: int) -> None:
    server = grpc.aio.server()
    for service, method, answer, request in (
        (
            "directory.v1.DirectoryService",
            "ResolveAssignees",
            _people,
            directory_pb2.ResolveAssigneesRequest,
        ),
        ("cases.v1.CaseService", "RecordCase", _record, cases_pb2.RecordCaseRequest),
    ):
        handler: grpc.RpcMethodHandler[Any, Any] = grpc.unary_unary_rpc_method_handler(
            answer,
            request_deserializer=request.FromString,
            response_serializer=lambda message: message.SerializeToString(),
        )
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(service, {method: handler}),)
        )
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await until_told_to_stop()
    await server.stop(1)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
