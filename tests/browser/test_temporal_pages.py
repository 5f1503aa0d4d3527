"""Temporal's own pages show what a case carries to those who may see it, and to nobody else."""

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator

import pytest
import uvicorn
from playwright.async_api import Browser, Page, expect
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from services.gateway.app import create_app
from services.gateway.cross_origin import CODEC_PATH
from stack import temporal
from stack.ports import free_port
from tests.conftest import NewDatabase
from tests.gateway_server import WholeProduct, whole_product
from tests.http_server import serving
from tests.payloads import KEYS
from tests.rpc.conftest import Serve, Signing, serve, signing  # noqa: F401 - fixtures
from workflows.runtime.shell.converter import converter

expect.set_options(timeout=15_000)  # a busy machine is slow, not wrong

NOTE, SUMMARY = "西门进，按二楼门铃", "家用空调安装 · 王女士家"


@pytest.fixture(scope="module")
async def product(
    tmp_path_factory: pytest.TempPathFactory,
    serve: Serve,  # noqa: F811
    signing: Signing,  # noqa: F811
    new_database: NewDatabase,
    temporal_dev_server: WorkflowEnvironment,
) -> AsyncIterator[WholeProduct]:
    folder = tmp_path_factory.mktemp("gateway")
    async with whole_product(folder, serve, signing, new_database, temporal_dev_server) as product:
        yield product


@pytest.fixture(scope="module")
async def windows(
    product: WholeProduct, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[str, str]]:
    """The addresses of the product and of Temporal's own pages of a case."""
    port, ui_port = free_port(), free_port()
    ui = f"http://127.0.0.1:{ui_port}"
    settings = product.edge.settings.model_copy(update={"temporal_ui_url": ui})
    app = create_app(dataclasses.replace(product.edge, settings=settings))
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, lifespan="off")
    async with serving(uvicorn.Server(config)) as address:
        folder = tmp_path_factory.mktemp("temporal")
        command = temporal.argv(folder, port, ui_port, f"{address}{CODEC_PATH}")
        server = await asyncio.create_subprocess_exec(*command)
        try:
            yield address, await started_case(f"127.0.0.1:{port}", ui)
        finally:
            server.terminate()
            await server.wait()


async def connected(server: str) -> Client:
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(RuntimeError):
                return await Client.connect(server, data_converter=converter(KEYS))
            await asyncio.sleep(0.1)
    raise AssertionError("Temporal did not start")


async def started_case(server: str, ui: str) -> str:
    """A case that carries what not everybody may read."""
    client = await connected(server)
    handle = await client.start_workflow(
        "install",
        {"note": NOTE},
        id="case:ca_01k0000000000000000000000a",
        task_queue="nobody",
        static_summary=SUMMARY,
    )
    return f"{ui}/namespaces/default/workflows/{handle.id}/{handle.result_run_id}/history"


@pytest.fixture
async def window(browser: Browser) -> AsyncIterator[Page]:
    """A page of its own: Temporal's log an error for each refusal, which is what is asked for."""
    context = await browser.new_context(viewport={"width": 1440, "height": 1000}, locale="en")
    yield await context.new_page()
    await context.close()


async def enter(page: Page, address: str, name: str) -> None:
    await page.goto(f"{address}/login")
    await page.get_by_role("button", name=name).click()
    await expect(page.get_by_role("button", name=name)).to_have_count(0)


async def send_my_session(page: Page, address: str) -> None:
    """What docs/payloads.md tells people to set once in Temporal's pages."""
    await page.get_by_role("button", name="Codec Server").click()
    await page.get_by_text("Use my browser setting").click()
    await page.get_by_test_id("data-encoder-endpoint-input").fill(f"{address}{CODEC_PATH}")
    await page.get_by_text("Include cross-origin credentials").click()
    await page.get_by_role("button", name="Apply").click()
    await page.reload()


async def test_operations_read_a_case_in_temporals_pages_once_they_are_logged_in(
    window: Page, windows: tuple[str, str]
) -> None:
    address, case = windows
    await enter(window, address, "云运维")
    await window.goto(case)
    await send_my_session(window, address)
    await expect(window.get_by_text(NOTE).first).to_be_visible()
    await expect(window.get_by_text(SUMMARY).first).to_be_visible()


async def test_without_a_login_a_case_stays_encrypted(
    window: Page, windows: tuple[str, str]
) -> None:
    address, case = windows
    await window.goto(case)
    await send_my_session(window, address)
    await expect(
        window.get_by_role("button", name="Codec Server could not connect")
    ).to_be_visible()
    await expect(window.get_by_text("Workflow Execution Started").first).to_be_visible()
    content = await window.content()
    assert NOTE not in content
    assert SUMMARY not in content


async def test_a_login_without_the_right_reads_nothing_either(
    window: Page, windows: tuple[str, str]
) -> None:
    address, case = windows
    await enter(window, address, "王小美")
    await window.goto(case)
    await send_my_session(window, address)
    await expect(
        window.get_by_role("button", name="Codec Server could not connect")
    ).to_be_visible()
    await expect(window.get_by_text("Workflow Execution Started").first).to_be_visible()
    assert NOTE not in await window.content()
