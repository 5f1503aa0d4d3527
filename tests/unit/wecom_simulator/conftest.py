from collections.abc import AsyncIterator

import pytest

from tests.wecom_server import WecomServer, wecom_server


@pytest.fixture(scope="session")
async def shared_wecom() -> AsyncIterator[WecomServer]:
    async with wecom_server() as server:
        yield server


@pytest.fixture
async def wecom(shared_wecom: WecomServer) -> WecomServer:
    """A company as new; its clock alone goes on."""
    await shared_wecom.admin("reset")
    return shared_wecom
