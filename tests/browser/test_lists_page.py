"""Lists, stuck points and one verb for many, in a browser."""

from playwright.async_api import Page, expect

from tests.browser.test_product_page import address, as_, enter, product
from tests.rpc.conftest import serve, signing
from tests.rpc.gateway.conftest import As
from tests.rpc.gateway.play import start, task_of

__all__ = ["address", "as_", "product", "serve", "signing"]


async def test_a_supervisor_finds_what_is_stuck_and_urges_all_of_it(
    page: Page, address: str, as_: As
) -> None:
    cases = [await start(as_) for _ in range(3)]
    for case_id in cases:
        await task_of(as_("pe_wang"), case_id, "intake")
    await enter(page, address, "陈主管")

    await page.goto(f"{address}/flows/aircon_install/stuck")
    await expect(page.locator(".map .hot-4, .map .hot-3").first).to_contain_text("需求登记")
    await page.get_by_role("link", name="需求登记").first.click()
    await expect(page.get_by_label("所在节点")).to_have_value("intake")

    await page.get_by_label("搜索").fill(cases[0])
    await page.get_by_role("button", name="筛选").click()
    await expect(page.locator("tbody tr")).to_have_count(1)
    await page.get_by_role("link", name="清除").click()

    for case_id in cases:
        await page.get_by_label(f"选中 {case_id}").check()
    await page.get_by_label("批量操作").select_option("urge")
    await page.get_by_role("button", name="预览：选中的").click()
    await expect(page.get_by_role("heading", name="批量操作：催办")).to_be_visible()
    await page.get_by_role("button", name="催办 × 3").click()
    await expect(page.get_by_text("已结束")).to_be_visible(timeout=20_000)
    await page.goto(f"{address}/audit?verb=urge")
    await expect(page.locator("tbody tr").first).to_contain_text("陈主管")
    await expect(page.locator("tbody tr").first).to_contain_text("Chrome")
