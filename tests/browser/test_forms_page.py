"""A form with every kind of field, filled in in a browser, on a desk and on a phone."""

import asyncio
import struct
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import uvicorn
from playwright.async_api import Page, Route, expect
from temporalio.testing import WorkflowEnvironment

from services.gateway.app import create_app
from tests.browser.test_product_page import choose, enter
from tests.conftest import NewDatabase
from tests.gateway_server import WholeProduct, whole_product
from tests.http_server import serving
from tests.rpc.conftest import Serve, Signing, serve, signing  # noqa: F401 - fixtures
from tests.rpc.gateway.play import fresh_key, until

SOURCE = (Path(__file__).parents[1] / "rpc/gateway/every_field.yaml").read_text()


def png() -> bytes:
    """One teal pixel."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixel = zlib.compress(b"\x00\x0f\x6b\x6b")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixel) + chunk(b"IEND", b"")


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
async def case_id(product: WholeProduct) -> str:
    async with product.client() as admin, product.client("pe_wang") as sales:
        published = await admin.post("/api/v1/flows", json={"source": SOURCE}, headers=fresh_key())
        assert published.status_code == 200, published.text
        body = {"flow_code": "every_field", "inputs": {"urgent": False}}
        started = await sales.post("/api/v1/cases", json=body, headers=fresh_key())
        return str(started.json()["case_id"])


async def open_form(page: Page, address: str, case_id: str) -> None:
    await enter(page, address, "王小美")
    await page.goto(f"{address}/?task={case_id}:intake/1")
    await expect(page.get_by_label("需求")).to_be_visible()


async def write_line(page: Page, row: int, what: str, quantity: str, price: str) -> None:
    line = page.locator("[data-rows] tbody tr").nth(row)
    await line.get_by_label("内容").fill(what)
    await line.get_by_label("数量").fill(quantity)
    await line.get_by_label("单价").fill(price)


async def test_a_form_with_every_kind_of_field_is_filled_in(
    page: Page, address: str, product: WholeProduct, case_id: str, tmp_path: Path
) -> None:
    await open_form(page, address, case_id)
    await page.get_by_label("需求").fill("装一台")
    await page.get_by_label("经过").fill("老房子\n六楼")
    await page.get_by_label("楼层").fill("6")
    await page.get_by_label("管长").fill("3.50")
    await page.get_by_label("预算").fill("1,200.50")
    await page.get_by_label("日期").fill("2026-10-05")
    await page.get_by_label("时间", exact=True).fill("2026-10-05T09:30")
    await page.get_by_label("从").fill("2026-10-05T09:00")
    await page.get_by_label("到", exact=True).fill("2026-10-05T11:00")
    # What depends on an answer appears when it is given.
    await expect(page.get_by_label("绳具")).to_be_hidden()
    await choose(page, "高空", "是")
    await page.get_by_label("绳具").fill("R-7")
    await page.get_by_label("级别").select_option("金牌")
    await page.get_by_label("新客").check()
    await page.get_by_label("贵宾").check()
    await page.get_by_label("省").select_option("北京市")
    await page.get_by_label("市", exact=True).select_option("北京市")
    await page.get_by_label("区县").select_option("朝阳区")
    await page.get_by_label("负责人").fill("李")
    await page.get_by_role("option", name="李设计").click()
    for name in ("张师傅", "刘师傅"):
        await page.get_by_label("班组").fill(name)
        await page.get_by_role("option", name=name).click()
    await page.get_by_label("客户").select_option("cu_inside")
    await page.get_by_label("地址").select_option(index=1)
    await page.get_by_label("项目").select_option("AC-INSTALL-STD")
    photo = tmp_path / "现场.png"
    photo.write_bytes(png())
    await page.get_by_label("照片").set_input_files(photo)
    await expect(page.locator("[data-path=photos] img")).to_be_visible()
    await page.get_by_label("合同").set_input_files(photo)
    await expect(page.locator("[data-path=contract] .said")).to_contain_text("这里不收这种文件")
    await page.context.grant_permissions(["geolocation"])
    await page.context.set_geolocation({"longitude": 116.397, "latitude": 39.908})
    await page.get_by_role("button", name="用我的位置").click()
    await expect(page.get_by_label("经度")).to_have_value("116.397000")
    await sign(page)
    await page.get_by_label("序列号").fill("SN00042")
    await page.get_by_label("★★★★", exact=True).check()
    await page.get_by_role("button", name="加一行").click()
    await write_line(page, 0, "铜管", "3", "33.33")
    await page.get_by_role("button", name="加一行").click()
    await page.get_by_role("button", name="加一行").click()
    await page.get_by_role("button", name="删除这一行").nth(1).click()
    await write_line(page, 1, "支架", "1", "0.01")
    # The server computes while the form is being filled in.
    await expect(page.locator("[data-path=total] output")).to_have_text("¥100.00")
    await page.get_by_role("button", name="提交").click()
    await expect(page.locator(".said").first).to_contain_text("登记")

    async with product.client("pe_wang") as sales:

        async def kept() -> dict[str, object] | None:
            case = (await sales.get(f"/api/v1/cases/{case_id}")).json()
            found: dict[str, object] | None = case["data"].get("intake")
            return found

        intake = await until(kept, "the form")
    photos, signed = intake.pop("photos"), intake.pop("signed")
    assert isinstance(photos, list)
    assert len(photos) == 1
    assert str(signed).endswith(".png")
    lines = intake.pop("lines")
    assert isinstance(lines, list)
    assert [line["what"] for line in lines] == ["铜管", "支架"]
    assert {name: intake[name] for name in ("handled_by", "region", "owner", "crew", "tags")} == {
        "handled_by": "pe_wang",
        "region": "110105",
        "owner": "pe_li",
        "crew": ["pe_zhang", "pe_liu"],
        "tags": ["new", "vip"],
    }
    assert intake["place"] == {
        "longitude": "116.397",
        "latitude": "39.908",
        "coordinate_system": "WGS-84",
    }
    assert intake["story"] == "老房子\r\n六楼"
    assert intake["at"] == "2026-10-05T01:30:00Z"


async def sign(page: Page) -> None:
    """Draw something on the canvas."""
    canvas = page.locator("[data-signature] canvas")
    await canvas.scroll_into_view_if_needed()
    box = await canvas.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + 30, box["y"] + 30)
    await page.mouse.down()
    await page.mouse.move(box["x"] + 120, box["y"] + 60, steps=4)
    await page.mouse.up()


async def test_a_form_that_was_sent_is_not_looked_at_any_more(
    page: Page, address: str, case_id: str
) -> None:
    await open_form(page, address, case_id)
    asked, answered = list[str](), asyncio.Event()
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))

    async def answer_late(route: Route) -> None:
        await asyncio.sleep(0.5)  # longer than a change waits before it is looked at
        await route.fulfill(status=204)
        answered.set()

    await page.route("**/acts", answer_late)
    await page.get_by_label("需求").evaluate(
        """field => {
            field.dispatchEvent(new Event("change", { bubbles: true }));
            field.form.noValidate = true;
            field.form.requestSubmit();
        }"""
    )
    async with asyncio.timeout(20):
        await answered.wait()
    assert "/acts" in asked
    assert "/acts/look" not in asked


async def test_a_long_form_fits_on_a_phone(page: Page, address: str, case_id: str) -> None:
    await page.set_viewport_size({"width": 390, "height": 844})
    await open_form(page, address, case_id)
    await page.get_by_role("button", name="加一行").click()
    wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not wide
    await expect(page.get_by_label("内容")).to_be_visible()
