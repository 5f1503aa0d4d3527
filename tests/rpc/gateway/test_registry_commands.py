"""`gongdan outlet|technician|team|exclusion|preference|asset`, through the edge."""

import json
from pathlib import Path

from tests.gateway_server import WholeProduct
from tests.rpc.gateway.test_command_line import Gongdan, gongdan  # noqa: F401 - a fixture


async def test_an_outlet_is_put_suspended_resumed_and_listed(gongdan: Gongdan) -> None:  # noqa: F811
    put = await gongdan(
        "outlet", "put", "ou_cli", "--name", "命令行站", "--mode", "direct", "--brand", "midea",
        "--territory", "110105", "--to", "2099-12-31",
    )  # fmt: skip
    assert put.exit_code == 0, put.output
    suspended = await gongdan("outlet", "suspend", "ou_cli", "--reason", "整改")
    assert "整改" in suspended.stdout
    assert "ou_cli" not in (await gongdan("outlet", "list", "ou_cli", "--open")).stdout
    resumed = await gongdan("outlet", "resume", "ou_cli", "--json")
    profile = json.loads(resumed.stdout)
    assert (profile["revision"], profile["suspended"]) == (3, False)
    assert profile["contract_valid_until"] == "2099-12-31T16:00:00Z"
    assert "命令行站" in (await gongdan("outlet", "list", "ou_cli", "--open")).stdout


async def test_a_team_and_its_members_calendar(gongdan: Gongdan, tmp_path: Path) -> None:  # noqa: F811
    file = tmp_path / "师傅.csv"
    file.write_text(
        "编号,姓名,合作模式,网点,每日单量,工作时间\npe_cli,张师傅,direct,ou_cli,4,1-7 09:00-18:00\n"
    )
    imported = await gongdan("technician", "import", str(file))
    assert "新增 added 1" in imported.stdout, imported.output
    book = tmp_path / "师傅.xlsx"
    exported = await gongdan("technician", "export", str(book), "--of", "ou_cli")
    assert exported.exit_code == 0, exported.output
    again = await gongdan("technician", "import", str(book), "--dry-run", "--json")
    assert json.loads(again.stdout)["unchanged"] == 1

    made = await gongdan("team", "put", "tm_cli", "pe_cli", "--name", "维修组", "--kind", "repair")
    assert made.exit_code == 0, made.output
    assert "pe_cli" in (await gongdan("technician", "list", "--team", "tm_cli")).stdout
    calendar = await gongdan(
        "technician", "calendar", "pe_cli", "--from", "2026-10-09", "--to", "2026-10-10"
    )
    assert "2026-10-10 09:00" in calendar.stdout, calendar.output
    assert "已解散" in (await gongdan("team", "end", "tm_cli")).stdout


async def test_exclusions_and_preferences_are_added_listed_and_ended(gongdan: Gongdan) -> None:  # noqa: F811
    for noun in ("exclusion", "preference"):
        added = await gongdan(
            noun, "add", "--technician", "pe_cli", "--customer", "cu_cli", "--reason", "客户要求",
            "--json",
        )  # fmt: skip
        assert added.exit_code == 0, added.output
        found = json.loads(added.stdout)
        assert "pe_cli" in (await gongdan(noun, "list", "--customer", "cu_cli")).stdout
        ended = await gongdan(noun, "end", found[f"{noun}_id"], "--reason", "已解决")
        assert "已解决" in ended.stdout
        assert "pe_cli" not in (await gongdan(noun, "list", "--customer", "cu_cli")).stdout


async def test_an_asset_from_its_registration_to_the_scan_of_its_code(
    gongdan: Gongdan,  # noqa: F811
    product: WholeProduct,
    tmp_path: Path,
) -> None:
    made = await gongdan(
        "asset", "register", "cu_inside", "--id", "as_cli", "--brand", "美的", "--model", "KFR-CLI",
        "--serial", "SN-CLI", "--installed", "2026-03-18",
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    changed = await gongdan("asset", "change", "as_cli", "--name", "客厅空调", "--json")
    assert json.loads(changed.stdout)["serial"] == "SN-CLI"
    given = await gongdan("asset", "warranty", "add", "as_cli", "--months", "12")
    assert "2027-03-17" in given.stdout, given.output
    assert "保内" in (await gongdan("asset", "warranty", "check", "as_cli", "2027-03-17")).stdout
    assert "保外" in (await gongdan("asset", "warranty", "check", "as_cli", "2027-03-18")).stdout

    issued = await gongdan(
        "asset", "code", "issue", "aircon_install", "--asset", "as_cli", "--json"
    )
    code = json.loads(issued.stdout)["scan_code"]
    assert "客厅空调" in (await gongdan("asset", "code", "resolve", code)).stdout
    for name, beginning in (("code.svg", b"<?xml"), ("code.png", b"\x89PNG")):
        drawn = await gongdan("asset", "code", "draw", code, str(tmp_path / name))
        assert drawn.exit_code == 0, drawn.output
        assert (tmp_path / name).read_bytes().startswith(beginning)
    async with product.visitor({"Accept": "text/html"}) as visitor:
        stranger = await visitor.get(f"/s/{code}")
        assert stranger.headers["location"] == f"/login?next=/s/{code}"
        await visitor.post("/login", data={"person_id": "pe_wang", "next": "/"})
        page = await visitor.get(f"/s/{code}")
    assert page.status_code == 303, page.text
    assert page.headers["location"].startswith("/start/aircon_install?customer_id=cu_inside")

    moved = await gongdan("asset", "move", "as_cli", "cu_outside", "--reason", "转卖")
    assert "cu_outside" in moved.stdout
    assert "转卖" in (await gongdan("asset", "moves", "as_cli")).stdout
    retired = await gongdan("asset", "retire", "as_cli", "--reason", "报废")
    assert "报废" in retired.stdout
    gone = await gongdan("asset", "code", "resolve", code)
    assert "SCAN_CODE_UNKNOWN" in gone.stderr


async def test_a_guide_is_a_file_that_was_uploaded(gongdan: Gongdan, tmp_path: Path) -> None:  # noqa: F811
    file = tmp_path / "说明.pdf"
    file.write_bytes(b"%PDF-1.7\n" + bytes(100))
    words = ("--title", "安装说明", "--version", "1.0", "--brand", "美的")
    added = await gongdan("asset", "guide", "add", "KFR-GUIDE", "document", f"@{file}", *words)
    assert added.exit_code == 0, added.output
    assert "安装说明" in (await gongdan("asset", "guide", "list", "KFR-GUIDE")).stdout
    missing = "fl_01jd7q2v9x3k8m4n5p6r7s8t9v.pdf"
    refused = await gongdan("asset", "guide", "add", "KFR-GUIDE", "document", missing, *words)
    assert "FILE_NOT_UPLOADED" in refused.stderr


async def test_open_work_orders_come_in_with_the_place_that_the_directory_knows(
    gongdan: Gongdan,  # noqa: F811
    tmp_path: Path,
) -> None:
    file = tmp_path / "工单.csv"
    file.write_text(
        "单号,阶段,标题,客户,区划,服务项\nCLI-OLD-1,售后,空调不制冷,cu_inside,110105,AC-REPAIR*1\n"
    )
    looked = await gongdan("work-order", "import", str(file), "--dry-run")
    assert "新增 added 1" in looked.stdout, looked.output
    done = await gongdan("work-order", "import", str(file), "--json")
    [work_order_id] = json.loads(done.stdout)["work_order_ids"]
    assert "空调不制冷" in (await gongdan("work-order", "show", work_order_id)).stdout
    again = await gongdan("work-order", "import", str(file))
    assert "以前已导入 imported before 1" in again.stdout
    file.write_text(file.read_text().replace("110105", "999999").replace("OLD-1", "OLD-2"))
    wrong = await gongdan("work-order", "import", str(file))
    assert "区划" in wrong.stdout
    assert "IMPORT_WRONG" in wrong.stderr


async def test_the_page_of_a_work_order_shows_the_asset_and_how_it_is_installed(
    gongdan: Gongdan,  # noqa: F811
    product: WholeProduct,
    tmp_path: Path,
) -> None:
    model = ("--brand", "美的", "--model", "KFR-PAGE")
    await gongdan("asset", "register", "cu_inside", "--id", "as_page", *model)
    scene = "https://example.com/3d/page"
    added = await gongdan(
        "asset", "guide", "add", "KFR-PAGE", "model-3d", scene,
        "--title", "3D安装示意图", "--version", "1.0",
    )  # fmt: skip
    assert added.exit_code == 0, added.output
    file = tmp_path / "工单.csv"
    file.write_text(
        "单号,阶段,标题,客户,区划,服务项,设备\nPAGE-1,安装,装空调,cu_inside,110105,AC,as_page\n"
    )
    done = await gongdan("work-order", "import", str(file), "--json")
    [work_order_id] = json.loads(done.stdout)["work_order_ids"]
    async with product.visitor({"Accept": "text/html"}) as visitor:
        await visitor.post("/login", data={"person_id": "pe_chen", "next": "/"})
        page = await visitor.get(f"/work-orders/{work_order_id}")
    assert page.status_code == 200, page.text
    for said in (f'href="{scene}"', "3D安装示意图", "KFR-PAGE", "保外"):
        assert said in page.text
