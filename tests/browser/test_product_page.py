"""The product's pages in a browser: a person signs in, works off the inbox, and sees it move."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
import uvicorn
from playwright.async_api import Browser, Page, expect
from temporalio.testing import WorkflowEnvironment

from services.gateway.app import create_app
from tests.conftest import NewDatabase
from tests.gateway_server import WholeProduct, whole_product
from tests.http_server import serving
from tests.rpc.conftest import Serve, Signing, serve, signing  # noqa: F401 - fixtures
from tests.rpc.gateway.conftest import As
from tests.rpc.gateway.play import act, offer, sell, start, task_of

expect.set_options(timeout=15_000)  # a busy machine is slow, not wrong


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
async def address(product: WholeProduct) -> AsyncIterator[str]:
    config = uvicorn.Config(
        create_app(product.edge), host="127.0.0.1", port=0, log_config=None, lifespan="off"
    )
    async with serving(uvicorn.Server(config)) as address:
        yield address


@pytest.fixture
async def as_(product: WholeProduct) -> AsyncIterator[As]:
    clients: list[httpx.AsyncClient] = []

    def client(person_id: str = "") -> httpx.AsyncClient:
        clients.append(product.client(person_id))
        return clients[-1]

    yield client
    for each in clients:
        await each.aclose()


async def enter(page: Page, address: str, name: str) -> None:
    await page.goto(f"{address}/login")
    await page.get_by_role("button", name=name).click()
    await expect(page).to_have_url(f"{address}/")


async def choose(page: Page, question: str, answer: str) -> None:
    await page.get_by_role("group", name=question).get_by_label(answer, exact=True).check()


async def test_a_salesperson_starts_a_case_and_fills_in_its_first_form(
    page: Page, address: str
) -> None:
    await enter(page, address, "王小美")
    await page.get_by_role("link", name="发起", exact=True).click()
    await page.get_by_role("link", name="空调安装").click()
    await page.get_by_label("客户").select_option("cu_inside")
    await page.get_by_label("安装地址").select_option(index=1)
    await page.get_by_label("省").select_option("北京市")
    await page.get_by_label("市", exact=True).select_option("北京市")
    await page.get_by_label("区县").select_option("朝阳区")
    await page.get_by_role("button", name="发起").click()
    await expect(page).to_have_url(re.compile(r"/cases/ca_"))
    await expect(page.locator(".map .active")).to_contain_text("需求登记")
    await expect(page.locator(".map .active")).to_contain_text("等 王小美")
    await page.get_by_label("客户需求").fill("客厅装一台挂机")
    await page.get_by_label("楼层").fill("15")
    await choose(page, "是否高空作业", "是")
    await page.get_by_label("预算").fill("800")
    await page.get_by_role("button", name="提交").click()
    await expect(page.locator(".said")).to_contain_text("需求登记")
    # The page follows the case by itself: the next node lights up without a reload.
    await expect(page.locator(".map .active")).to_contain_text("量房确认")


async def test_the_page_moves_when_somebody_else_acts(
    page: Page,
    address: str,
    as_: As,
) -> None:
    case_id = await start(as_)
    await task_of(as_("pe_wang"), case_id, "intake")
    await enter(page, address, "陈主管")
    await page.goto(f"{address}/cases/{case_id}")
    await expect(page.locator(".map .active")).to_contain_text("需求登记")
    needs = {
        "needs": "一台",
        "item_code": "AC-INSTALL-STD",
        "quantity": 1,
        "floor": 2,
        "work_at_height": False,
    }
    await act(as_("pe_wang"), case_id, "intake", "complete", **needs)
    await expect(page.locator(".map .active")).to_contain_text("等 李设计")


async def test_the_customer_opens_the_reasons_of_the_price_and_agrees(
    page: Page, address: str, as_: As
) -> None:
    case_id = await sell(as_)
    await enter(page, address, "林**")
    await page.goto(f"{address}/?task={case_id}:confirm_quote/1")
    await expect(page.locator("tfoot")).to_contain_text("¥288.00")
    await page.get_by_text("为什么").click()
    await expect(page.locator("details.why")).to_contain_text("× 20%")
    await page.get_by_role("button", name="同意").click()
    await expect(page.locator(".said")).to_contain_text("方案确认")


async def test_the_technician_sees_the_whole_earning_before_accepting(
    page: Page, address: str, as_: As
) -> None:
    case_id = await sell(as_)
    order = await offer(as_, case_id)
    technician_id = order["offer"]["technician_id"]
    await task_of(as_(technician_id), case_id, "install")
    await enter(page, address, "张师傅" if technician_id == "pe_zhang" else "刘师傅")
    await page.goto(f"{address}/?task={case_id}:install/1/offer/1")
    await expect(page.locator(".big")).to_have_text("¥120.96")
    shares = await page.locator("tbody td.number").all_inner_texts()
    assert sum(round(float(share.rstrip("%")) * 100) for share in shares) == 10_000
    await page.get_by_role("button", name="接单").click()
    await expect(page.locator(".said")).to_be_visible()


async def test_what_was_typed_survives_a_refusal(browser: Browser, address: str, as_: As) -> None:
    # A page of its own: the browser logs the refusal's 422 as an error, which it is not.
    page = await browser.new_page(locale="zh-CN")
    case_id = await start(as_)
    await task_of(as_("pe_wang"), case_id, "intake")
    await enter(page, address, "王小美")
    await page.goto(f"{address}/?task={case_id}:intake/1")
    await page.get_by_label("客户需求").fill("三台，尽快")
    await page.get_by_label("预算").fill("很多")
    await page.get_by_label("楼层").fill("3")
    await choose(page, "是否高空作业", "否")
    await page.get_by_role("button", name="提交").click()
    await expect(page.locator(".field.wrong")).to_contain_text("预算")
    await expect(page.get_by_label("客户需求")).to_have_value("三台，尽快")
    await page.close()


async def test_every_page_works_by_keyboard_and_on_a_phone(page: Page, address: str) -> None:
    await page.goto(f"{address}/login")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.tagName") in ("A", "BUTTON")
    await page.set_viewport_size({"width": 390, "height": 844})
    await enter(page, address, "陈主管")
    for path in ("/", "/cases", "/work-orders"):
        await page.goto(f"{address}{path}")
        wide = await page.evaluate("document.querySelector('main').scrollWidth > innerWidth")
        assert not wide, path
