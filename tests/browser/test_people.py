"""People and each other's user tasks, in a browser."""

import re

from playwright.async_api import Page, expect

from tests.browser.test_product_page import address, as_, enter, product
from tests.rpc.conftest import serve, signing
from tests.rpc.gateway.conftest import As
from tests.rpc.gateway.play import NEEDS, act, start, task_of

__all__ = ["address", "as_", "product", "serve", "signing"]


async def open_more(page: Page, choice: str) -> None:
    """Open one of the verbs beside the form."""
    await page.get_by_text("更多操作").first.click()
    await page.locator("summary").filter(has_text=re.compile(f"^{choice}$")).first.click()


async def choose_person(page: Page, name: str) -> None:
    """Look for a person and take the one who is found."""
    search = page.locator("details.choice[open]").get_by_role("searchbox")
    await search.fill(name)
    await page.locator("details.choice[open] .found button").first.click()
    await expect(page.locator("details.choice[open] .chosen .chip")).to_contain_text(name)


async def test_a_task_is_delegated_and_comes_back(
    page: Page,
    address: str,
    as_: As,
) -> None:
    case_id = await start(as_)
    await task_of(as_("pe_wang"), case_id, "intake")
    await enter(page, address, "王小美")
    await page.goto(f"{address}/?task={case_id}:intake/1")
    await open_more(page, "委派")
    await choose_person(page, "周")
    await page.locator("details.choice[open]").get_by_role("button", name="委派").click()
    await expect(page.locator(".said").first).to_contain_text("委派")

    await task_of(as_("pe_zhou"), case_id, "intake")
    await act(as_("pe_zhou"), case_id, "intake", "complete", **NEEDS)
    await task_of(as_("pe_wang"), case_id, "intake")
    await page.goto(f"{address}/cases/{case_id}")
    # What the delegate filled in stands in the form; the final word is one press away.
    await expect(page.get_by_label("客户需求")).to_have_value(NEEDS["needs"])
    await page.get_by_role("button", name="提交").click()
    await expect(page.locator(".map .active")).to_contain_text("量房确认")


async def test_a_starter_takes_back_what_went_on_too_early(
    page: Page,
    address: str,
    as_: As,
) -> None:
    case_id = await start(as_)
    await act(as_("pe_wang"), case_id, "intake", "complete", **NEEDS)
    await task_of(as_("pe_li"), case_id, "measure")
    await enter(page, address, "王小美")
    await page.goto(f"{address}/cases/{case_id}")
    await page.locator("summary", has_text="拿回：需求登记").click()
    form = page.locator("details.choice[open] form")
    await form.get_by_label("说明").fill("漏填了楼层")
    await form.get_by_role("button", name="拿回").click()
    await expect(page.locator(".map .active")).to_contain_text("需求登记")
    await expect(page.locator(".timeline")).to_contain_text("漏填了楼层")
    await page.get_by_role("link", name="待办").first.click()
    await page.get_by_role("link", name="已办").click()
    await expect(page.locator("table")).to_contain_text(case_id)
