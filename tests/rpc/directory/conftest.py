"""A directory served for real: `directory` is its address, `stub` calls it as the product."""

import base64
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from kit.clock import FixedClock
from protos.directory.v1 import directory_pb2_grpc
from protos.events.v1 import events_pb2
from services.directory.main import mounts
from services.directory.vault import MasterKeyFile
from tests.rpc.conftest import Serve, Served

if TYPE_CHECKING:
    from protos.directory.v1.directory_pb2_grpc import DirectoryServiceAsyncStub

Event = TypeVar("Event", bound=Message)

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def instant(at: datetime) -> Timestamp:
    """An instant on the wire."""
    message = Timestamp()
    message.FromDatetime(at)
    return message


@pytest.fixture(scope="module")
def master_key(tmp_path_factory: pytest.TempPathFactory) -> MasterKeyFile:
    path: Path = tmp_path_factory.mktemp("keys") / "pii.key"
    path.write_bytes(base64.b64encode(secrets.token_bytes(32)) + b"\n")
    return MasterKeyFile(path)


@pytest.fixture(scope="module")
async def directory(serve: Serve, master_key: MasterKeyFile) -> Served:
    return await serve("directory", mounts(FixedClock(NOW), master_key))


@pytest.fixture(scope="module")
def stub(directory: Served) -> "DirectoryServiceAsyncStub":
    return directory.stub(directory_pb2_grpc.DirectoryServiceStub)  # type: ignore[return-value]  # aio


async def events_of(directory: Served, aggregate_id: str, kind: type[Event]) -> list[Event]:
    """What was recorded of one thing, oldest first."""
    answer = await directory.as_().call(
        "events.v1.EventService/ReadEvents", events_pb2.ReadEventsRequest(limit=1000)
    )
    assert isinstance(answer, events_pb2.ReadEventsResponse)
    found = []
    for event in answer.events:
        payload = kind()
        if event.aggregate_id == aggregate_id and event.payload.Unpack(payload):
            found.append(payload)
    return found
