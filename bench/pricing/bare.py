"""The baseline of RPCs: a server that gives the same bytes to whoever asks, and does nothing else."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import grpc
import uvloop

from kit.rpc.server import until_told_to_stop

METHOD: Final = "/bench.Bare/Answer"


async def serve(port: int, reply: bytes) -> None:
    """Answer until told to stop."""

    async def answer(request: bytes, context: grpc.aio.ServicerContext[Any, Any]) -> bytes:
        return reply

    server = grpc.aio.server()
    service, method = METHOD.strip("/").split("/")
    handler: grpc.RpcMethodHandler[Any, Any] = grpc.unary_unary_rpc_method_handler(answer)
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler(service, {method: handler}),)
    )
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await until_told_to_stop()
    await server.stop(1)


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), Path(sys.argv[2]).read_bytes()))
