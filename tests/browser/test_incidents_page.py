"""Operations resolve what stands still, in a browser."""

from playwright.async_api import Page, expect

from tests.browser.test_product_page import address, as_, enter, product
from tests.rpc.conftest import serve, signing
from tests.rpc.gateway.conftest import As
from tests.rpc.gateway.test_incidents import case_id, ended, incident_of

__all__ = ["address", "as_", "case_id", "product", "serve", "signing"]


async def test_operations_look_at_all_of_one_reason_and_move_one(
    page: Page,
    address: str,
    as_: As,
    case_id: str,
) -> None:
    await incident_of(as_(), case_id)
    await enter(page, address, "云运维")
    await page.get_by_role("link", name="异常", exact=True).click()
    await expect(page.get_by_role("link", name="计算报价")).to_be_visible()

    await page.get_by_role("link", name="全部重试").first.click()
    await expect(page.get_by_text("将办理", exact=False).first).to_be_visible()
    await page.get_by_label("原因说明").fill("价目已发布")
    await page.get_by_role("button", name="重试").click()
    await expect(page.get_by_text("已结束")).to_be_visible(timeout=20_000)

    await page.get_by_role("link", name="异常", exact=True).click()
    await page.get_by_role("link", name="计算报价").first.click()
    moving = page.locator("section").filter(has=page.get_by_role("heading", name="跳转"))
    await moving.get_by_label("跳转到").select_option("完成 · done")
    await moving.get_by_label("原因说明").fill("电话报过价了")
    await moving.get_by_role("button", name="跳转").click()
    await expect(page.get_by_text("跳转 ✓")).to_be_visible()
    assert await ended(as_(), case_id)
