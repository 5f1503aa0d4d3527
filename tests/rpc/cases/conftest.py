"""The read model behind its interceptors, on a database of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kit.clock import FixedClock
from tests.rpc.cases.telling import CLERK, NOW, cases_for
from tests.rpc.conftest import Serve, Served
from workflows.serving import mounts

if TYPE_CHECKING:
    from protos.cases.v1.cases_pb2_grpc import CaseServiceAsyncStub


@pytest.fixture(scope="module")
async def served(serve: Serve) -> Served:
    return await serve("flows", mounts(FixedClock(NOW)))


@pytest.fixture(scope="module")
def system(served: Served) -> CaseServiceAsyncStub:
    return cases_for(served)


@pytest.fixture(scope="module")
def clerk(served: Served) -> CaseServiceAsyncStub:
    return cases_for(served, CLERK)
