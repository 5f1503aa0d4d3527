"""Pages in a real browser.

browser   session   Debian's Chromium, headless, through Playwright; without Chromium these tests
                    skip with a reason, but in CI they fail.
page      function  an empty page that talks to this machine only and must log no error.
"""

import os
import shutil
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, Route, async_playwright


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        missing = "no Chromium here; install Debian's package chromium"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    async with async_playwright() as playwright:
        # Chromium refuses its sandbox to root, as whom CI runs.
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        await browser.close()


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context(
        viewport={"width": 1440, "height": 1000}, locale="zh-CN", timezone_id="Asia/Shanghai"
    )
    page = await context.new_page()
    strangers: list[str] = []
    errors: list[str] = []

    async def stay_home(route: Route) -> None:
        if urlsplit(route.request.url).hostname == "127.0.0.1":
            await route.continue_()
        else:
            strangers.append(route.request.url)
            await route.abort()

    def note_error(message: ConsoleMessage) -> None:
        if message.type == "error":
            errors.append(message.text)

    await page.route("**/*", stay_home)
    page.on("console", note_error)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    await context.close()
    assert strangers == [], "a page of ours asks nobody else"
    assert errors == []
