"""The servers that the tests use come up without the network."""

from temporalio.api.workflowservice.v1 import GetSystemInfoRequest
from temporalio.testing import WorkflowEnvironment


async def test_dev_server_answers(temporal_dev_server: WorkflowEnvironment) -> None:
    info = await temporal_dev_server.client.workflow_service.get_system_info(GetSystemInfoRequest())
    assert info.server_version


async def test_time_skipping_server_moves_its_clock(time_skipping_env: WorkflowEnvironment) -> None:
    before = await time_skipping_env.get_current_time()
    await time_skipping_env.sleep(48 * 3600)
    after = await time_skipping_env.get_current_time()
    assert (after - before).total_seconds() >= 48 * 3600
